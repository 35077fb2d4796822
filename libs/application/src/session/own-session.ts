import type { Application } from '#application/application.js';
import { userStreamOf } from '#application/user/user-stream.js';
import type { UserCommand } from '#application/users.js';
import type { BegunSession } from '#domain/user-sessions/decide.js';

/** The session that calls, where it is one of the user that the command is about. */
export async function ownSession(
  application: Application,
  { userId, by: { session: sessionId = null } }: UserCommand,
): Promise<BegunSession | null> {
  if (sessionId === null) return null;
  const { state } = await application.sessions.streams.current(application.sessionStream(sessionId));
  const user = state.status === 'active' ? state.user : null;
  if (user === null || userStreamOf(user) !== application.userStream(userId)) return null;
  return { sessionId, generation: user.generation };
}
