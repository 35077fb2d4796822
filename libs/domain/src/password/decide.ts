// A user's password. Guesses at it have their own budget, and so have those at a code that sets it anew.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { type Accepted, accept, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Sealed } from '#domain/ids.js';
import {
  type PasswordBoundRefusal,
  type PasswordWrong,
  passwordBound,
  passwordWrong,
} from '#domain/password/bounds.js';
import type { PasswordChange, PasswordEvent } from '#domain/password/events.js';
import { type PasswordRuleRefusal, type PasswordTraits, refusedByRules } from '#domain/password/rules.js';
import { evolvePassword, type PasswordCode } from '#domain/password/state.js';
import {
  type EmailCode,
  type HumanRefusal,
  livingHuman,
  type OfUser,
  type UsableRefusal,
  usable,
} from '#domain/user/decide.js';

/** Six characters of 32 make a billion codes: five guesses at each leave no hope, and allow for typing errors. */
export const passwordCodeGuessesMax = 5;

export type PasswordTargetRefusal = UsableRefusal | PasswordBoundRefusal;

export type VerifyPasswordRefusal = PasswordTargetRefusal | PasswordWrong;

export type SetPasswordRefusal = HumanRefusal | PasswordRuleRefusal;

export type ChangePasswordRefusal =
  | VerifyPasswordRefusal
  | SetPasswordRefusal
  /** The user has no password that could be changed; it is set by code or by an administrator. */
  | { readonly code: 'password-not-set' };

export type RequestPasswordCodeRefusal = UsableRefusal | HumanRefusal;

export type PasswordCodeRefusal =
  | RequestPasswordCodeRefusal
  /** None was made since the password was set last. */
  | { readonly code: 'password-code-not-found' }
  /** Its time is over; a new one may be asked for. */
  | { readonly code: 'password-code-expired' }
  /** Too many wrong guesses were made at it; a new one may be asked for. */
  | { readonly code: 'password-code-exhausted' };

export type ResetPasswordRefusal =
  | PasswordCodeRefusal
  | PasswordRuleRefusal
  /** It is another one; at no guesses left the code is void. */
  | { readonly code: 'password-code-wrong'; readonly guessesLeft: number };

export type PasswordRefusal = ChangePasswordRefusal | ResetPasswordRefusal;

/** What a guess has to be compared with. */
export interface PasswordTarget {
  readonly kind: 'target';
  /** Null where there is no password; a comparison is then made all the same, so that it takes as long. */
  readonly hash: Sealed | null;
}

/** What somebody wants as a password from now on. */
export interface WantedPassword {
  /** Null for one that came as a hash. */
  readonly traits: PasswordTraits | null;
  readonly changeRequired: boolean;
}

export type NewPassword = WantedPassword & { readonly hash: Sealed };

/** With what was shown for it: the present password, or a code. Nothing is hashed for a wrong one. */
export type ProvenPassword =
  | ({ readonly guess: 'right' } & NewPassword)
  | ({ readonly guess: 'wrong' } & WantedPassword);

export interface VerifyPassword extends OfUser {
  /** Whether the password is the one whose hash `passwordTarget` named. */
  readonly matches: boolean;
  /** Of the same password, where its hash is not made as hashes are made now. */
  readonly rehashed?: Sealed | null;
}

/** Why a guess would not be looked at: it costs nothing and leaves no trace. */
export function passwordTarget(
  account: Account,
  { organizationId }: OfUser,
  circumstances: Circumstances,
): PasswordTarget | Rejected<PasswordTargetRefusal> {
  const refused = usable(account, organizationId, circumstances);
  if (refused !== null) return refused;
  const { current, inARow } = account.password;
  const refusal = passwordBound(inARow, circumstances);
  if (refusal !== null) return { kind: 'rejected', refusal };
  return { kind: 'target', hash: current?.hash ?? null };
}

/** A user without a password is answered as one whose password is another. */
export function verifyPassword(
  account: Account,
  { organizationId, matches, rehashed = null }: VerifyPassword,
  circumstances: Circumstances,
): Decision<PasswordEvent, VerifyPasswordRefusal> {
  const target = passwordTarget(account, { organizationId }, circumstances);
  if (target.kind === 'rejected') return reject(target.refusal);
  if (!matches) return countFailure(account, circumstances);
  if (target.hash === null) throw new TypeError('a password matches that is not there');
  if (rehashed === null) return accept(succeeded);
  return accept(succeeded, { type: 'user.human.password.hash.updated', hash: rehashed });
}

/** By an administrator, who need not know the present one. */
export function setPassword(
  account: Account,
  { organizationId, password }: OfUser & { readonly password: NewPassword },
  { settings }: Circumstances,
): Decision<PasswordEvent, SetPasswordRefusal> {
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return reject(human.refusal);
  const refused = refusedByRules(password.traits, settings);
  if (refused !== null) return reject(refused.refusal);
  return accept(passwordChanged(password, 'set'));
}

/** With which somebody begins who is just added. */
export function withFirstPassword<Refusal>(
  added: Decision<AccountEvent, Refusal>,
  password: NewPassword | null,
  { settings }: Circumstances,
): Decision<AccountEvent, Refusal | PasswordRuleRefusal> {
  const { events, outcome } = added;
  if (outcome.kind === 'rejected' || password === null) return added;
  const refused = refusedByRules(password.traits, settings);
  return refused === null ? accept(...events, passwordChanged(password, 'set')) : reject(refused.refusal);
}

/** What the present password has to be compared with; it is not, where the new one would be refused. */
export function passwordToChange(
  account: Account,
  { organizationId, password }: OfUser & { readonly password: WantedPassword },
  circumstances: Circumstances,
): { readonly kind: 'target'; readonly hash: Sealed } | Rejected<ChangePasswordRefusal> {
  const target = passwordTarget(account, { organizationId }, circumstances);
  if (target.kind === 'rejected') return target;
  const human = livingHuman(account, organizationId);
  if (human.kind === 'rejected') return human;
  if (target.hash === null) return refused('password-not-set');
  return refusedByRules(password.traits, circumstances.settings) ?? { kind: 'target', hash: target.hash };
}

/** A right present password counts as one in the append that changes it. */
export function changePassword(
  account: Account,
  { organizationId, password }: OfUser & { readonly password: ProvenPassword },
  circumstances: Circumstances,
): Decision<PasswordEvent, ChangePasswordRefusal> {
  const target = passwordToChange(account, { organizationId, password }, circumstances);
  if (target.kind === 'rejected') return reject(target.refusal);
  if (password.guess === 'wrong') return countFailure(account, circumstances);
  return accept(succeeded, passwordChanged(password, 'changed'));
}

export function requestPasswordCode(
  account: Account,
  { organizationId, code, expiresAt, send }: OfUser & EmailCode & { readonly send: boolean },
  circumstances: Circumstances,
): Decision<PasswordEvent, RequestPasswordCodeRefusal> {
  const refused = unreachable(account, { organizationId }, circumstances);
  if (refused !== null) return reject(refused.refusal);
  return accept({ type: 'user.human.password.code.added', code, expiresAt, send });
}

/** The code that a guess is to be compared with; it is not, where the new password would be refused. */
export function passwordCodeToCompare(
  account: Account,
  { organizationId, password }: OfUser & { readonly password: WantedPassword },
  circumstances: Circumstances,
): Accepted<Sealed> | Rejected<PasswordCodeRefusal | PasswordRuleRefusal> {
  const awaited = awaitedCode(account, { organizationId }, circumstances);
  if (awaited.kind === 'rejected') return awaited;
  const { code } = awaited.answer;
  return refusedByRules(password.traits, circumstances.settings) ?? { kind: 'accepted', answer: code };
}

export function resetPassword(
  account: Account,
  { organizationId, password }: OfUser & { readonly password: ProvenPassword },
  circumstances: Circumstances,
): Decision<PasswordEvent, ResetPasswordRefusal> {
  const awaited = passwordCodeToCompare(account, { organizationId, password }, circumstances);
  if (awaited.kind === 'rejected') return reject(awaited.refusal);
  if (password.guess === 'right') return accept(passwordChanged(password, 'reset'));
  const { code } = evolvePassword(account.password, codeFailed, circumstances.now);
  return reject({ code: 'password-code-wrong', guessesLeft: passwordCodeGuessesLeft(code) }, codeFailed);
}

/** None where there is no code. */
export const passwordCodeGuessesLeft = (code: PasswordCode | null): number =>
  Math.max(0, passwordCodeGuessesMax - (code?.failures ?? passwordCodeGuessesMax));

export const passwordChanged = (
  { hash, changeRequired }: Pick<NewPassword, 'hash' | 'changeRequired'>,
  how: PasswordChange,
): PasswordEvent => ({ type: 'user.human.password.changed', hash, changeRequired, how });

function countFailure(
  { password }: Account,
  circumstances: Circumstances,
): Decision<PasswordEvent, PasswordWrong, never> {
  const failed = { type: 'user.human.password.check.failed' } as const;
  const { inARow } = evolvePassword(password, failed, circumstances.now);
  return reject(passwordWrong(inARow, circumstances), failed);
}

function awaitedCode(
  account: Account,
  command: OfUser,
  circumstances: Circumstances,
): Accepted<PasswordCode> | Rejected<PasswordCodeRefusal> {
  const unreached = unreachable(account, command, circumstances);
  if (unreached !== null) return unreached;
  const { code } = account.password;
  if (code === null) return refused('password-code-not-found');
  if (circumstances.now >= code.expiresAt) return refused('password-code-expired');
  if (passwordCodeGuessesLeft(code) === 0) return refused('password-code-exhausted');
  return { kind: 'accepted', answer: code };
}

function unreachable(
  account: Account,
  { organizationId }: OfUser,
  circumstances: Circumstances,
): Rejected<RequestPasswordCodeRefusal> | null {
  const unusable = usable(account, organizationId, circumstances);
  if (unusable !== null) return unusable;
  const human = livingHuman(account, organizationId);
  return human.kind === 'rejected' ? human : null;
}

const codeFailed = { type: 'user.human.password.code.check.failed' } as const;
const succeeded: PasswordEvent = { type: 'user.human.password.check.succeeded' };

const refused = <Code extends string>(code: Code) => ({ kind: 'rejected', refusal: { code } }) as const;
