import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { LoginNameEvent } from '#domain/login-name/events.js';

export type LoginNameState =
  | { readonly status: 'free' }
  | {
      readonly status: 'claimed';
      readonly userId: UserId;
      readonly organizationId: OrganizationId;
      readonly since: Instant;
    }
  | { readonly status: 'confirmed'; readonly userId: UserId; readonly organizationId: OrganizationId };

export const freeLoginName: LoginNameState = { status: 'free' };

export function evolveLoginName(state: LoginNameState, event: LoginNameEvent, at: Instant): LoginNameState {
  switch (event.type) {
    case 'login.claimed': {
      const { userId, organizationId } = event;
      return { status: 'claimed', userId, organizationId, since: at };
    }
    case 'login.confirmed':
      return state.status === 'claimed' && state.userId === event.userId
        ? { status: 'confirmed', userId: state.userId, organizationId: state.organizationId }
        : state;
    case 'login.released':
      return isHeldBy(state, event.userId) ? freeLoginName : state;
  }
}

export const isHeldBy = (state: LoginNameState, userId: UserId): boolean =>
  state.status !== 'free' && state.userId === userId;
