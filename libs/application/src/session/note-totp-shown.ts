// Who confirms an app in a session has shown a code in it. Without this the session would be worth nothing from the
// moment on in which its user has a second factor. What it tells has no room for another token: the present one stays.

import type { Application } from '#application/application.js';
import type { Done } from '#application/caller.js';
import { acceptAgain } from '#application/execute.js';
import { ownSession } from '#application/session/own-session.js';
import { instanceStream } from '#application/surroundings.js';
import type { UserCommand } from '#application/users.js';
import type { Instant } from '#domain/ids.js';
import { noteTotp } from '#domain/session/decide.js';

/**
 * The second of two appends. Where it fails, the app is confirmed all the same, and so it is told: a code that is
 * checked in the session makes up for it.
 */
export function noteTotpShown(
  application: Application,
  command: UserCommand,
  { repeated, details }: Pick<Done<unknown>, 'repeated' | 'details'>,
): Promise<void> {
  const at = repeated === true ? details.changeDate : null;
  return append(application, command, at).catch(application.parts.onTrouble);
}

async function append(application: Application, command: UserCommand, at: Instant | null): Promise<void> {
  const session = await ownSession(application, command);
  if (session === null) return;
  const { state: instance } = await application.instance.streams.get(instanceStream);
  if (instance.status === 'unknown') return;
  await application.sessions.commands.execute<never, null>({
    stream: application.sessionStream(session.sessionId),
    by: command.by,
    resourceOwner: instance.instanceId,
    decide: (state) => noteTotp(state, at),
    recall: acceptAgain,
  });
}
