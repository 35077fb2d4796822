// What a session is worth now. Every path asks here, and nowhere else: of the session's stream and of its user's.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { Account } from '#domain/account/state.js';
import type { Instant, SessionId } from '#domain/ids.js';
import { runningSession } from '#domain/session/decide.js';
import type { ActiveSession, CheckedUser, SessionState } from '#domain/session/state.js';
import { usable } from '#domain/user/decide.js';
import { goesOn } from '#domain/user-sessions/decide.js';

export type Assurance =
  | {
      readonly level: 'none';
      /** `session`: it is over, or its user may not do anything. */
      readonly missing: 'session' | 'user' | 'password' | 'second-factor';
    }
  /** The organization requires a second factor, and the user has none: one may be enrolled, and nothing else done. */
  | { readonly level: 'may-enrol' }
  | {
      readonly level: 'authenticated';
      readonly passwordAt: Instant;
      /** Of the second factor; null where none was checked. */
      readonly factorAt: Instant | null;
    };

export interface Session {
  readonly sessionId: SessionId;
  readonly state: SessionState;
}

const missing = (what: Extract<Assurance, { level: 'none' }>['missing']): Assurance => ({
  level: 'none',
  missing: what,
});

/**
 * @param account of the user that the session names
 * @param circumstances of that user's organization
 */
export function assuranceOf(
  { sessionId, state }: Session,
  account: Account,
  circumstances: Circumstances,
): Assurance {
  const running = runningSession(state, circumstances);
  if (running.kind === 'rejected') return missing('session');
  const { session } = running;
  const { user } = session;
  if (user === null) return missing('user');
  if (!isStillTheUser({ sessionId, user }, account, circumstances)) return missing('session');
  if (session.passwordAt === null) return missing('password');
  const factorAt = secondFactorAt(session);
  if (hasSecondFactor(account))
    return factorAt === null ? missing('second-factor') : authenticated(session.passwordAt, factorAt);
  if (circumstances.settings.secondFactorRequired) return { level: 'may-enrol' };
  return authenticated(session.passwordAt, factorAt);
}

/** Ready to be used, or disabled and in need of being bound anew: neither is passed over. */
export const hasSecondFactor = ({ totp, recoveryCodes }: Account): boolean =>
  totp.devices.length > 0 || recoveryCodes.codes.length > 0;

function isStillTheUser(
  { sessionId, user }: { readonly sessionId: SessionId; readonly user: CheckedUser },
  account: Account,
  circumstances: Circumstances,
): boolean {
  const { organizationId, generation } = user;
  return (
    usable(account, organizationId, circumstances) === null &&
    goesOn(account.sessions, { sessionId, generation })
  );
}

function secondFactorAt({ totpAt, recoveryCodeAt }: ActiveSession): Instant | null {
  if (totpAt === null || recoveryCodeAt === null) return totpAt ?? recoveryCodeAt;
  return Math.max(totpAt, recoveryCodeAt);
}

const authenticated = (passwordAt: Instant, factorAt: Instant | null): Assurance => ({
  level: 'authenticated',
  passwordAt,
  factorAt,
});
