// What a refused guess is told when it is sent again: the events of the first time say what was wrong with it,
// the present state how many guesses are left.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { attemptsLeft, delayedUntil, nextTotpAttemptAt } from '#domain/attempts/bounds.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type PasswordWrong, passwordWrong } from '#domain/password/bounds.js';
import { passwordCodeGuessesLeft, type ResetPasswordRefusal } from '#domain/password/decide.js';
import type { RecoveryGuessRefusal } from '#domain/recovery-codes/decide.js';
import type { TotpEvent } from '#domain/totp/events.js';
import type { FailedGuessRefusal } from '#domain/totp/guess.js';
import type { ReadyTotp } from '#domain/totp/state.js';
import { emailGuessesMax, type VerifyEmailRefusal } from '#domain/user/decide-email.js';
import { isAlive } from '#domain/user/state.js';

type Recalled =
  | ClaimRefusal
  | FailedGuessRefusal
  | RecoveryGuessRefusal
  | VerifyEmailRefusal
  | PasswordWrong
  | ResetPasswordRefusal;

interface Present {
  /** Its name was somebody else's before it could be confirmed. */
  readonly undone: boolean;
  readonly account: Account;
  readonly circumstances: Circumstances;
}

/** Null where what was done was accepted. */
export function refusalIn(
  events: readonly AccountEvent[],
  { undone, account, circumstances }: Present,
): Recalled | null {
  if (undone) return { code: 'login-name-taken' };
  for (const event of events) {
    switch (event.type) {
      case 'user.human.mfa.otp.check.failed':
        return failedGuess(event, account, circumstances);
      case 'user.human.mfa.recoverycode.check.failed':
        return {
          code: 'wrong-recovery-code',
          nextAttemptAt: delayedUntil(account.attempts, circumstances) ?? circumstances.now,
        };
      case 'user.human.email.verification.failed':
        return { code: 'email-code-wrong', guessesLeft: emailGuessesLeft(account) };
      case 'user.human.password.check.failed':
        return passwordWrong(account.password.inARow, circumstances);
      case 'user.human.password.code.check.failed':
        return { code: 'password-code-wrong', guessesLeft: passwordCodeGuessesLeft(account.password.code) };
    }
  }
  return null;
}

type Failed = Extract<TotpEvent, { type: 'user.human.mfa.otp.check.failed' }>;

/** The likely cause of a wrong first code was told, and not written down. */
function failedGuess(
  { totpIds, reason }: Failed,
  { totp, attempts }: Account,
  circumstances: Circumstances,
): FailedGuessRefusal {
  const isEnrolment = totp.pending !== null && totpIds.includes(totp.pending.totpId);
  const enabled = totp.devices.filter(
    (device): device is ReadyTotp => device.status === 'ready' && totpIds.includes(device.totpId),
  );
  const told = {
    attemptsLeft: attemptsLeft(attempts, isEnrolment ? null : enabled, circumstances),
    nextAttemptAt: isEnrolment || enabled.length > 0 ? nextTotpAttemptAt(attempts, circumstances) : null,
  };
  return reason === 'used'
    ? { code: 'code-already-used', ...told }
    : { code: 'wrong-code', ...told, hint: null };
}

function emailGuessesLeft({ user }: Account): number {
  if (!isAlive(user) || user.kind !== 'human' || user.emailVerification.status !== 'awaiting-code') return 0;
  return Math.max(0, emailGuessesMax - user.emailVerification.failures);
}

/** What a call that was accepted cannot have been accepted without. */
export function eventOf<Type extends AccountEvent['type']>(
  events: readonly AccountEvent[],
  type: Type,
): Extract<AccountEvent, { readonly type: Type }> {
  const found = events.find((event) => event.type === type);
  if (found === undefined) throw new TypeError(`a call is repeated that left no ${type}`);
  return found as Extract<AccountEvent, { readonly type: Type }>;
}
