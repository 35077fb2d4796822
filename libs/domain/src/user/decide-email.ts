// A user's email address and the code that proves it. A code takes a few wrong guesses and is void then;
// a void code is refused uncompared and without an event, so that nobody can grow a log by guessing.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { Account } from '#domain/account/state.js';
import { type Accepted, accept, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { LoginKey, Sealed } from '#domain/ids.js';
import {
  type EmailCode,
  emailCodeAdded,
  type HumanRefusal,
  livingHuman,
  type OfUser,
  type UsableRefusal,
  usable,
} from '#domain/user/decide.js';
import type { UserEvent } from '#domain/user/events.js';
import type { EmailVerification, Human } from '#domain/user/state.js';

/** Six characters of 32 make a billion codes: five guesses at each leave no hope, and allow for typing errors. */
export const emailGuessesMax = 5;

export type RequestEmailCodeRefusal =
  | UsableRefusal
  | HumanRefusal
  /** There is nothing left to prove. */
  | { readonly code: 'email-already-verified' };

export type EmailCodeRefusal =
  | RequestEmailCodeRefusal
  /** None was made for the present address. */
  | { readonly code: 'email-code-not-found' }
  /** Its time is over; a new one may be asked for. */
  | { readonly code: 'email-code-expired' }
  /** Too many wrong guesses were made at it; a new one may be asked for. */
  | { readonly code: 'email-code-exhausted' };

export type VerifyEmailRefusal =
  | EmailCodeRefusal
  /** It is another one; at no guesses left the code is void. */
  | { readonly code: 'email-code-wrong'; readonly guessesLeft: number };

export interface ChangeEmail extends OfUser {
  readonly email: Sealed;
  readonly emailKey: LoginKey;
  readonly verified: boolean;
  /** Left aside when the address is verified. */
  readonly code: EmailCode | null;
}

/** An address of the same key is the same mailbox in another spelling, and stays verified. */
export function changeEmail(account: Account, command: ChangeEmail): Decision<UserEvent, HumanRefusal> {
  const human = livingHuman(account, command.organizationId);
  if (human.kind === 'rejected') return reject(human.refusal);
  const { email, emailKey, code } = command;
  const wasVerified = isVerified(human) && human.emailKey === emailKey;
  const verified = command.verified || wasVerified;
  const events: UserEvent[] = [];
  if (human.email !== email) events.push({ type: 'user.human.email.changed', email, emailKey, verified });
  else if (verified && !wasVerified) events.push({ type: 'user.human.email.verified' });
  if (code !== null && !verified) events.push(emailCodeAdded(code));
  return accept(...events);
}

export function requestEmailCode(
  account: Account,
  { organizationId, code, expiresAt }: OfUser & EmailCode,
  circumstances: Circumstances,
): Decision<UserEvent, RequestEmailCodeRefusal> {
  const verification = unverified(account, { organizationId }, circumstances);
  if (verification.kind === 'rejected') return reject(verification.refusal);
  return accept(emailCodeAdded({ code, expiresAt }));
}

/** The code that a guess is to be compared with, or why a guess would not be looked at. */
export function emailCodeToCompare(
  account: Account,
  command: OfUser,
  circumstances: Circumstances,
): Accepted<Sealed> | Rejected<EmailCodeRefusal> {
  const awaited = awaitedCode(account, command, circumstances);
  return awaited.kind === 'rejected' ? awaited : { kind: 'accepted', answer: awaited.answer.code };
}

export function verifyEmail(
  account: Account,
  { organizationId, guess }: OfUser & { readonly guess: 'right' | 'wrong' },
  circumstances: Circumstances,
): Decision<UserEvent, VerifyEmailRefusal> {
  const awaited = awaitedCode(account, { organizationId }, circumstances);
  if (awaited.kind === 'rejected') return reject(awaited.refusal);
  if (guess === 'right') return accept({ type: 'user.human.email.verified' });
  const guessesLeft = emailGuessesMax - awaited.answer.failures - 1;
  return reject({ code: 'email-code-wrong', guessesLeft }, { type: 'user.human.email.verification.failed' });
}

type AwaitedCode = Extract<EmailVerification, { status: 'awaiting-code' }>;

function awaitedCode(
  account: Account,
  command: OfUser,
  circumstances: Circumstances,
): Accepted<AwaitedCode> | Rejected<EmailCodeRefusal> {
  const verification = unverified(account, command, circumstances);
  if (verification.kind === 'rejected') return verification;
  const awaited = verification.answer;
  if (awaited.status === 'unverified') return refused('email-code-not-found');
  if (circumstances.now >= awaited.expiresAt) return refused('email-code-expired');
  if (awaited.failures >= emailGuessesMax) return refused('email-code-exhausted');
  return { kind: 'accepted', answer: awaited };
}

type Unverified = Exclude<EmailVerification, { status: 'verified' }>;

function unverified(
  account: Account,
  { organizationId }: OfUser,
  circumstances: Circumstances,
): Accepted<Unverified> | Rejected<RequestEmailCodeRefusal> {
  const unusable = usable(account, organizationId, circumstances);
  if (unusable !== null) return unusable;
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return human;
  const { emailVerification } = human;
  return emailVerification.status === 'verified'
    ? refused('email-already-verified')
    : { kind: 'accepted', answer: emailVerification };
}

const isVerified = ({ emailVerification }: Human) => emailVerification.status === 'verified';

const refused = <Code extends string>(code: Code) => ({ kind: 'rejected', refusal: { code } }) as const;
