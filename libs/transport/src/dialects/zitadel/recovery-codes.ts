import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { hashesOfCodes } from '#application/recovery-codes/made.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { detailsOf, inDetails } from '#transport/dialects/zitadel/messages.js';
import { addressOf, isOneself, type Parts } from '#transport/dialects/zitadel/parts.js';
import { type MethodTable, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' } as const;

export function recoveryCodes(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    generateRecoveryCodes: {
      access,
      stepUp: 'recoveryCodes',
      hashes: ({ count }) => hashesOfCodes(count),
      run: async (request, call) => {
        const { count } = request;
        return told(
          await run(new GenerateRecoveryCodes({ ...addressOf(request, call), count })),
          ({ details, answer: { codes } }) => ({
            details: detailsOf(details),
            // Of a repeat they are left out: they were shown before.
            recoveryCodes: [...(codes ?? [])],
          }),
        );
      },
    },
    removeRecoveryCodes: {
      access,
      stepUp: 'recoveryCodes',
      run: async (request, call) => {
        const byAdministrator = !isOneself(parts, call, request);
        return told(
          await run(new RemoveRecoveryCodes({ ...addressOf(request, call), byAdministrator })),
          inDetails,
        );
      },
    },
  };
}
