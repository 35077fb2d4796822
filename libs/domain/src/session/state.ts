import type { Instant, OrganizationId, Sealed } from '#domain/ids.js';
import type { SealedOf, SessionEvent } from '#domain/session/events.js';

export type SessionState =
  | { readonly status: 'unknown' }
  | ActiveSession
  | { readonly status: 'terminated'; readonly user: CheckedUser | null };

/** Not terminated; whether it has expired, or its user's sessions were ended, is not known here. */
export interface ActiveSession {
  readonly status: 'active';
  readonly createdAt: Instant;
  readonly user: CheckedUser | null;
  readonly passwordAt: Instant | null;
  readonly totpAt: Instant | null;
  readonly recoveryCodeAt: Instant | null;
  /** Null before the first, and nothing opens it. */
  readonly tokenHash: string | null;
  readonly metadata: SealedOf | null;
  /** By its own lifetime; null where it has none. */
  readonly expiresAt: Instant | null;
}

export interface CheckedUser {
  /** What follows `user-` in the name of the user's stream. */
  readonly user: string;
  readonly userId: Sealed;
  readonly organizationId: OrganizationId;
  readonly generation: number;
  readonly checkedAt: Instant;
}

export const noSession: SessionState = { status: 'unknown' };

const nothingYet = {
  user: null,
  passwordAt: null,
  totpAt: null,
  recoveryCodeAt: null,
  tokenHash: null,
  metadata: null,
  expiresAt: null,
} as const;

export function evolveSession(state: SessionState, event: SessionEvent, at: Instant): SessionState {
  if (event.type === 'session.added') return { status: 'active', createdAt: at, ...nothingYet };
  if (state.status !== 'active') return state;
  if (event.type === 'session.terminated') return { status: 'terminated', user: state.user };
  return { ...state, ...changedBy(event, at) };
}

type Change = Exclude<SessionEvent, { type: 'session.added' | 'session.terminated' }>;

function changedBy(event: Change, at: Instant): Partial<ActiveSession> {
  switch (event.type) {
    case 'session.user.checked': {
      const { user, userId, organizationId, generation } = event;
      return { user: { user, userId, organizationId, generation, checkedAt: event.at ?? at } };
    }
    case 'session.password.checked':
      return { passwordAt: event.at ?? at };
    case 'session.totp.checked':
      return { totpAt: event.at ?? at };
    case 'session.recoveryCode.checked':
      return { recoveryCodeAt: event.at ?? at };
    case 'session.token.set':
      return { tokenHash: event.hash };
    case 'session.metadata.set':
      return { metadata: event.metadata };
    case 'session.lifetime.set':
      return { expiresAt: at + event.lifetimeSeconds * 1_000 };
  }
}
