import type { SessionId } from '#domain/ids.js';
import type { UserSessionsEvent } from '#domain/user-sessions/events.js';
import type { UserSessionsState } from '#domain/user-sessions/state.js';

/** A session of the user, and the generation that it notes. */
export interface BegunSession {
  readonly sessionId: SessionId;
  readonly generation: number;
}

/** None of what ends all sessions of a user has ended this one. */
export const goesOn = ({ generation, kept }: UserSessionsState, session: BegunSession): boolean =>
  session.generation === generation || session.sessionId === kept;

/** All but the given one; but what is over stays over. */
export const sessionsEnded = (
  sessions: UserSessionsState,
  except: BegunSession | null,
): UserSessionsEvent => ({
  type: 'user.sessions.ended',
  except: except !== null && goesOn(sessions, except) ? except.sessionId : null,
});
