// Which sessions of a user are over, without a list of them: each notes the generation that it was begun in, and
// whatever ends all of them begins the next. No clock has a say in it.

import type { AccountEvent } from '#domain/account/events.js';
import type { SessionId } from '#domain/ids.js';
import type { UserSessionsEvent } from '#domain/user-sessions/events.js';

export interface UserSessionsState {
  readonly generation: number;
  /** Of an earlier generation, and goes on all the same. */
  readonly kept: SessionId | null;
}

export const noSessions: UserSessionsState = { generation: 0, kept: null };

export function evolveUserSessions(state: UserSessionsState, event: AccountEvent): UserSessionsState {
  switch (event.type) {
    case 'user.sessions.ended':
      return { generation: state.generation + 1, kept: event.except };
    case 'user.locked':
    case 'user.deactivated':
    case 'user.removed':
    case 'user.erased':
    // What was shown in a session was shown of factors that are gone, perhaps by whoever has them now.
    case 'user.mfa.reset':
      return { generation: state.generation + 1, kept: null };
    default:
      // What other nouns tell changes nothing here; an event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, UserSessionsEvent>;
      return state;
  }
}
