// Who calls, for requests that are about oneself: they name nobody, and the commands behind them do. A token knows the
// stream of its user, and not always the id.

import type { Application } from '#application/application.js';
import { sealerOf } from '#application/session/sessions.js';
import type { UserId } from '#domain/ids.js';
import type { LivingUser } from '#domain/user/state.js';
import type { Oneself, ReadFor } from '#transport/call.js';
import type { Principal } from '#transport/implementation.js';

export const readFor = (application: Application, principal: Principal): ReadFor => ({
  organizationId: principal.organizationId,
  self: () => oneself(application, principal),
});

async function oneself(application: Application, principal: Principal): Promise<Oneself | null> {
  const { user } = (await application.accounts.streams.current(principal.userStream)).state;
  // Nobody, or somebody who is gone, is of no kind.
  if (!('kind' in user)) return null;
  const userId = principal.userId ?? (await openedId(application, principal, user));
  const sessionId = principal.via === 'session' ? principal.sessionId : null;
  return userId === null ? null : { userId, kind: user.kind, sessionId };
}

/** An id that was brought along stands sealed with its user. */
async function openedId(
  application: Application,
  { userStream, organizationId }: Principal,
  { userId }: LivingUser,
): Promise<UserId | null> {
  const sealing = await sealerOf(application, { userStream, organizationId });
  if (sealing.kind === 'rejected' || userId === null) return null;
  return sealing.sealer.openText('user-id', userId) as UserId;
}
