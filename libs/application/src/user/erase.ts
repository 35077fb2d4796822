// Erasing: the stream says so first, then the key goes, and with it all that was sealed. Cut short between the
// two, it is taken up again at the next start.

import type { Application } from '#application/application.js';
import type { UserCommand } from '#application/users.js';
import { erase } from '#domain/user/decide.js';

export async function eraseUser(application: Application, { organizationId, userId, by }: UserCommand) {
  const stream = application.userStream(userId);
  const outcome = await application.accounts.commands.execute({
    stream,
    by,
    resourceOwner: organizationId,
    decide: (account) => erase(account, { organizationId }),
  });
  if (outcome.kind === 'accepted') await application.parts.secrets.keys.erase(stream);
  return outcome;
}
