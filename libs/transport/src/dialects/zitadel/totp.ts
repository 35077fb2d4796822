// ZITADEL knows one TOTP a user. Here it is the one that these calls made, which is the one without a name:
// whatever is named was made by countersign.v1.FactorService, and is not touched from here. Of several without a
// name it is the first that is ready, else the first of all.

import { RemoveTotp } from '#application/totp/remove-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import type { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { TotpId, UserId } from '#domain/ids.js';
import type { EnrolledTotp, PendingTotp, TotpState } from '#domain/totp/state.js';
import { detailsOf, inDetails } from '#transport/dialects/zitadel/messages.js';
import { addressOf, isOneself, type Parts } from '#transport/dialects/zitadel/parts.js';
import { type MethodTable, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' } as const;

export function totp(parts: Parts): MethodTable<typeof UserService> {
  const { run } = parts;
  return {
    registerTOTP: {
      access,
      stepUp: 'factors',
      enrols: true,
      run: async (request, call) =>
        told(
          await run(new StartTotpRegistration({ ...addressOf(request, call), onlyUnnamed: true })),
          ({ details, answer: { uri, secret } }) => ({
            details: detailsOf(details),
            // Of a repeat both are left out: they were shown before.
            uri: uri ?? '',
            secret: secret ?? '',
          }),
        ),
    },
    verifyTOTPRegistration: {
      access,
      stepUp: 'factors',
      enrols: true,
      guesses: true,
      run: async (request, call) => {
        const { pending, enrolled } = await unnamed(parts, request);
        const totpId = idOf(pending ?? enrolled, parts);
        const { code } = request;
        return told(
          await run(new VerifyTotpRegistration({ ...addressOf(request, call), code, totpId })),
          inDetails,
        );
      },
    },
    removeTOTP: {
      access,
      stepUp: 'factors',
      // Whoever removes an own one has to bring a proof, which this request has no field for: headers have.
      run: async (request, call) => {
        const { pending, enrolled } = await unnamed(parts, request);
        const totpId = idOf(enrolled ?? pending, parts);
        const byAdministrator = !isOneself(parts, call, request);
        return told(
          await run(new RemoveTotp({ ...addressOf(request, call), totpId, byAdministrator })),
          inDetails,
        );
      },
    },
  };
}

interface Unnamed {
  readonly pending: PendingTotp | null;
  readonly enrolled: EnrolledTotp | null;
}

async function unnamed({ application }: Parts, { userId }: { readonly userId: string }): Promise<Unnamed> {
  const loaded = application.accounts.streams.current(application.userStream(userId as UserId));
  return unnamedIn((loaded instanceof Promise ? await loaded : loaded).state.totp);
}

function unnamedIn({ devices, pending }: TotpState): Unnamed {
  const candidates = devices.filter(({ name }) => name === null);
  const ready = candidates.find(({ status }) => status === 'ready');
  return {
    pending: pending?.name === null ? pending : null,
    enrolled: ready ?? candidates[0] ?? null,
  };
}

/** Of none, an id that no device has: the command then knows whether it is a repeat, or finds nothing. */
const idOf = (device: PendingTotp | EnrolledTotp | null, { application }: Parts): TotpId =>
  device?.totpId ?? (application.parts.secrets.newId() as TotpId);
