import type { Command } from '@nestjs/cqrs';

import type { Outcome } from '#application/caller.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { inDetails } from '#transport/dialects/zitadel/messages.js';
import { type Addressed, addressOf, type Parts } from '#transport/dialects/zitadel/parts.js';
import { type Call, type MethodTable, told } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

type Change = new (address: Addressed) => Command<Outcome<null, CallRefusal>>;

/** Nobody does this to oneself by being oneself. */
export function lifecycle({ run }: Parts): MethodTable<typeof UserService> {
  const changing = (Change: Change) =>
    ({
      access: { of: 'user', permission: 'user.write', self: false, userId: 'userId' },
      run: async (request: { readonly userId: string }, call: Call) =>
        told(await run(new Change(addressOf(request, call))), inDetails),
    }) as const;
  return {
    deactivateUser: changing(DeactivateUser),
    reactivateUser: changing(ReactivateUser),
    lockUser: changing(LockUser),
    unlockUser: changing(UnlockUser),
    deleteUser: {
      access: { of: 'user', permission: 'user.delete', self: false, userId: 'userId', reachesGone: true },
      run: async (request, call) => told(await run(new RemoveUser(addressOf(request, call))), inDetails),
    },
  };
}
