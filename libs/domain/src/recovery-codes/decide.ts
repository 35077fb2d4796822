import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { delayedUntil } from '#domain/attempts/bounds.js';
import type { AttemptsDelayed } from '#domain/attempts/decide.js';
import { evolveAttempts } from '#domain/attempts/state.js';
import { accept, acceptWith, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Instant, OrganizationId } from '#domain/ids.js';
import type { RecoveryCodesEvent, StoredRecoveryCode } from '#domain/recovery-codes/events.js';
import { pendingAt } from '#domain/totp/state.js';
import { type KnownRefusal, known, type UsableRefusal, usable } from '#domain/user/decide.js';

/** A set that people can still keep on one sheet. */
export const recoveryCodesMax = 50;

/** Few enough that their owner should make new ones. */
export const fewCodesLeft = 3;

/** The user has no recovery code that could be used. */
interface RecoveryCodesNotFound {
  readonly code: 'recovery-codes-not-found';
}

export type GenerateRefusal =
  | UsableRefusal
  /** There is no enrolment under way that the codes could wait for. */
  | { readonly code: 'totp-registration-not-found' };

export type RecoveryTargetRefusal = UsableRefusal | RecoveryCodesNotFound | AttemptsDelayed;

export type RecoveryGuessRefusal =
  | RecoveryTargetRefusal
  /** No unspent code is this one; how many are left is told only to those who know one. */
  | { readonly code: 'wrong-recovery-code'; readonly nextAttemptAt: Instant };

export interface GenerateRecoveryCodes {
  readonly organizationId: OrganizationId;
  readonly codes: readonly StoredRecoveryCode[];
  /** They wait for the confirmation of the enrolment that is under way. */
  readonly withPending: boolean;
}

export interface RecoveryGuess {
  readonly organizationId: OrganizationId;
  readonly selector: string;
  /** Whether the code is the one whose hash `recoveryTarget` named. */
  readonly matches: boolean;
}

export interface RecoveryTarget {
  readonly kind: 'target';
  /** Null when no code has the selector; a comparison is then made all the same, so that it takes as long. */
  readonly hash: string | null;
}

export interface CodeSpent {
  readonly codesLeft: number;
  readonly notice: 'few-left' | null;
}

export function generateRecoveryCodes(
  account: Account,
  { organizationId, codes, withPending }: GenerateRecoveryCodes,
  circumstances: Circumstances,
): Decision<RecoveryCodesEvent, GenerateRefusal> {
  if (codes.length < 1 || codes.length > recoveryCodesMax) {
    throw new TypeError(`a set of ${codes.length} recovery codes`);
  }
  if (new Set(codes.map(({ selector }) => selector)).size < codes.length) {
    throw new TypeError('two recovery codes have the same selector');
  }
  const refused = usable(account, organizationId, circumstances);
  if (refused !== null) return reject(refused.refusal);
  const pending = withPending ? pendingAt(account.totp, circumstances.now) : null;
  if (withPending && pending === null) return reject({ code: 'totp-registration-not-found' });
  return accept({
    type: 'user.human.mfa.recoverycode.added',
    codes,
    pendingWith: pending === null ? null : pending.totpId,
  });
}

/** What a guess has to be compared with, or why it is refused uncompared and leaves no trace. */
export function recoveryTarget(
  account: Account,
  { organizationId, selector }: Omit<RecoveryGuess, 'matches'>,
  circumstances: Circumstances,
): RecoveryTarget | Rejected<RecoveryTargetRefusal> {
  const refused = usable(account, organizationId, circumstances);
  if (refused !== null) return refused;
  const { codes } = account.recoveryCodes;
  if (codes.length === 0) return { kind: 'rejected', refusal: { code: 'recovery-codes-not-found' } };
  const nextAttemptAt = delayedUntil(account.attempts, circumstances);
  if (nextAttemptAt !== null) {
    return { kind: 'rejected', refusal: { code: 'attempts-delayed', nextAttemptAt, attemptsLeft: null } };
  }
  return { kind: 'target', hash: codes.find((code) => code.selector === selector)?.hash ?? null };
}

export function verifyRecoveryCode(
  account: Account,
  guess: RecoveryGuess,
  circumstances: Circumstances,
): Decision<RecoveryCodesEvent, RecoveryGuessRefusal, CodeSpent> {
  const target = recoveryTarget(account, guess, circumstances);
  if (target.kind === 'rejected') return reject(target.refusal);
  if (!guess.matches) return countFailure(account, circumstances);
  if (target.hash === null) throw new TypeError('a recovery code matches that is not there');
  const codesLeft = account.recoveryCodes.codes.length - 1;
  return acceptWith(codeSpent(codesLeft), {
    type: 'user.human.mfa.recoverycode.check.succeeded',
    selector: guess.selector,
  });
}

export const codeSpent = (codesLeft: number): CodeSpent => ({
  codesLeft,
  notice: codesLeft <= fewCodesLeft ? 'few-left' : null,
});

export function removeRecoveryCodes(
  account: Account,
  { organizationId }: { readonly organizationId: OrganizationId },
): Decision<RecoveryCodesEvent, KnownRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  const { codes, pending } = account.recoveryCodes;
  return codes.length === 0 && pending === null
    ? accept()
    : accept({ type: 'user.human.mfa.recoverycode.removed' });
}

function countFailure(
  account: Account,
  circumstances: Circumstances,
): Decision<RecoveryCodesEvent, RecoveryGuessRefusal, never> {
  const failed: AccountEvent & RecoveryCodesEvent = { type: 'user.human.mfa.recoverycode.check.failed' };
  const attempts = evolveAttempts(account.attempts, failed, circumstances.now);
  const nextAttemptAt = delayedUntil(attempts, circumstances) ?? circumstances.now;
  return reject({ code: 'wrong-recovery-code', nextAttemptAt }, failed);
}
