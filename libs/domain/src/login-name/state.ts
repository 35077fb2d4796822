import type { FailuresInARow } from '#domain/attempts/bounds.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';

export type LoginNameState = Holding & {
  /** Passwords given for the name while nobody had it, since it was claimed last. */
  readonly wrongPasswords: FailuresInARow | null;
};

type Holding =
  | { readonly status: 'free' }
  | {
      readonly status: 'claimed';
      readonly userId: UserId;
      readonly organizationId: OrganizationId;
      readonly since: Instant;
    }
  | { readonly status: 'confirmed'; readonly userId: UserId; readonly organizationId: OrganizationId };

export const freeLoginName: LoginNameState = { status: 'free', wrongPasswords: null };

export function evolveLoginName(state: LoginNameState, event: LoginNameEvent, at: Instant): LoginNameState {
  switch (event.type) {
    case 'login.claimed': {
      const { userId, organizationId } = event;
      return { status: 'claimed', userId, organizationId, since: at, wrongPasswords: null };
    }
    case 'login.confirmed':
      return state.status === 'claimed' && state.userId === event.userId ? confirmed(state) : state;
    case 'login.released':
      return isHeldBy(state, event.userId) ? freeLoginName : state;
    case 'login.password.check.failed': {
      const failures = (state.wrongPasswords?.failures ?? 0) + 1;
      return { ...state, wrongPasswords: { failures, lastAt: at } };
    }
  }
}

type Claimed = Extract<LoginNameState, { status: 'claimed' }>;

function confirmed({ userId, organizationId, wrongPasswords }: Claimed): LoginNameState {
  return { status: 'confirmed', userId, organizationId, wrongPasswords };
}

export const isHeldBy = (state: LoginNameState, userId: UserId): boolean =>
  state.status !== 'free' && state.userId === userId;
