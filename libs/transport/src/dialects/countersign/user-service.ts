import { EraseUser } from '#application/user/erase-user.js';
import { UserService } from '#contract/countersign/v1/user_service_pb.js';
import { inDetails } from '#transport/dialects/countersign/messages.js';
import { addressOf, type Parts } from '#transport/dialects/countersign/parts.js';
import { type Implemented, implement, told } from '#transport/implementation.js';

export const userService = ({ run }: Parts): readonly Implemented[] =>
  implement(UserService, {
    eraseUser: {
      access: { of: 'user', permission: 'user.erase', self: false, userId: 'userId', reachesGone: true },
      run: async (request, call) => told(await run(new EraseUser(addressOf(request, call))), inDetails),
    },
  });
