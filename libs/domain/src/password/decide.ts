// A user's password. Guesses at it have their own budget, and so have those at a code that sets it anew.

import type { Circumstances } from '#domain/account/circumstances.js';
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

export interface NewPassword {
  readonly hash: Sealed;
  readonly changeRequired: boolean;
  /** Null for one that came as a hash. */
  readonly traits: PasswordTraits | null;
}

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

/** What the present password has to be compared with, by a user who wants another one. */
export function passwordToChange(
  account: Account,
  command: OfUser,
  circumstances: Circumstances,
): { readonly kind: 'target'; readonly hash: Sealed } | Rejected<ChangePasswordRefusal> {
  const target = passwordTarget(account, command, circumstances);
  if (target.kind === 'rejected') return target;
  const human = livingHuman(account, command.organizationId);
  if (human.kind === 'rejected') return human;
  return target.hash === null ? refused('password-not-set') : { kind: 'target', hash: target.hash };
}

/** A wrong present password is counted whatever the new one is worth. */
export function changePassword(
  account: Account,
  { organizationId, matches, password }: VerifyPassword & { readonly password: NewPassword },
  circumstances: Circumstances,
): Decision<PasswordEvent, ChangePasswordRefusal> {
  const target = passwordToChange(account, { organizationId }, circumstances);
  if (target.kind === 'rejected') return reject(target.refusal);
  if (!matches) return countFailure(account, circumstances);
  const refused = refusedByRules(password.traits, circumstances.settings);
  if (refused !== null) return reject(refused.refusal, succeeded);
  return accept(succeeded, passwordChanged(password, 'changed'));
}

export function requestPasswordCode(
  account: Account,
  { organizationId, code, expiresAt }: OfUser & EmailCode,
  circumstances: Circumstances,
): Decision<PasswordEvent, RequestPasswordCodeRefusal> {
  const refused = unreachable(account, { organizationId }, circumstances);
  if (refused !== null) return reject(refused.refusal);
  return accept({ type: 'user.human.password.code.added', code, expiresAt });
}

/** The code that a guess is to be compared with, or why a guess would not be looked at. */
export function passwordCodeToCompare(
  account: Account,
  command: OfUser,
  circumstances: Circumstances,
): Accepted<Sealed> | Rejected<PasswordCodeRefusal> {
  const awaited = awaitedCode(account, command, circumstances);
  return awaited.kind === 'rejected' ? awaited : { kind: 'accepted', answer: awaited.answer.code };
}

/** A new password that the rules refuse leaves the code as it was, so that another one can be given with it. */
export function resetPassword(
  account: Account,
  {
    organizationId,
    guess,
    password,
  }: OfUser & { readonly guess: 'right' | 'wrong'; readonly password: NewPassword },
  circumstances: Circumstances,
): Decision<PasswordEvent, ResetPasswordRefusal> {
  const awaited = awaitedCode(account, { organizationId }, circumstances);
  if (awaited.kind === 'rejected') return reject(awaited.refusal);
  if (guess === 'wrong') {
    const guessesLeft = passwordCodeGuessesMax - awaited.answer.failures - 1;
    const failed: PasswordEvent = { type: 'user.human.password.code.check.failed' };
    return reject({ code: 'password-code-wrong', guessesLeft }, failed);
  }
  const refused = refusedByRules(password.traits, circumstances.settings);
  if (refused !== null) return reject(refused.refusal);
  return accept(passwordChanged(password, 'reset'));
}

export const passwordChanged = (
  { hash, changeRequired }: Omit<NewPassword, 'traits'>,
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
  if (code.failures >= passwordCodeGuessesMax) return refused('password-code-exhausted');
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

const succeeded: PasswordEvent = { type: 'user.human.password.check.succeeded' };

const refused = <Code extends string>(code: Code) => ({ kind: 'rejected', refusal: { code } }) as const;
