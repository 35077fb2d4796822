// Erasing: the stream says so first, then the key goes, and with it all that was sealed. Cut short between the
// two, it is taken up again at the next start.

import type { Application } from '#application/application.js';
import { acceptAgain } from '#application/execute.js';
import { releaseNames } from '#application/login-name/reserve.js';
import { ownershipWithoutUser } from '#application/owners.js';
import type { UserCommand } from '#application/users.js';
import type { LoginKey } from '#domain/ids.js';
import { erase } from '#domain/user/decide.js';
import { loginKeysOf } from '#domain/user/decide-names.js';

export async function eraseUser(application: Application, { organizationId, userId, by }: UserCommand) {
  const stream = application.userStream(userId);
  let keys: readonly LoginKey[] = [];
  const outcome = await application.accounts.commands.execute({
    stream,
    by,
    resourceOwner: organizationId,
    decide: async (account) => {
      keys = loginKeysOf(account.user);
      return erase(account, { organizationId }, await ownershipWithoutUser(application, userId));
    },
    recall: acceptAgain,
  });
  if (outcome.kind === 'rejected') return outcome;
  await application.parts.secrets.keys.erase(stream);
  await releaseNames(application, { organizationId, userId, by, keys });
  return outcome;
}
