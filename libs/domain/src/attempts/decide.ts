import type { Account } from '#domain/account/state.js';
import type { AttemptsEvent } from '#domain/attempts/events.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, Sealed } from '#domain/ids.js';
import { type KnownRefusal, known } from '#domain/user/decide.js';

/** Too many failures in a row, of whatever factor: this guess was not compared, and costs nothing. */
export interface AttemptsDelayed {
  readonly code: 'attempts-delayed';
  readonly nextAttemptAt: Instant;
  /** Null where failures only ever delay. */
  readonly attemptsLeft: number | null;
}

export type AttemptsRefusal = KnownRefusal;

export interface Reset {
  readonly organizationId: OrganizationId;
  readonly reason: Sealed;
}

/** Recorded even where there is nothing to reset: it is an administrator's deed, and has a reason. */
export function resetAttempts(
  account: Account,
  { organizationId, reason }: Reset,
): Decision<AttemptsEvent, AttemptsRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  return accept({ type: 'user.mfa.attempts.reset', reason });
}

export function resetFactors(
  account: Account,
  { organizationId, reason }: Reset,
): Decision<AttemptsEvent, AttemptsRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  return accept({ type: 'user.mfa.reset', reason });
}
