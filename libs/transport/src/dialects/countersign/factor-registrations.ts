import { hashesOfCodes } from '#application/recovery-codes/made.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import type { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import type { TotpId } from '#domain/ids.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { detailsOf, momentOf } from '#transport/dialects/countersign/messages.js';
import { addressOf, type Parts } from '#transport/dialects/countersign/parts.js';
import {
  type ChosenParameters,
  chosenParameters,
  parameterFields,
  parametersMessage,
  parameterViolations,
  qrOf,
} from '#transport/dialects/countersign/totp-messages.js';
import { invalid, unknownValue } from '#transport/dialects/countersign/violations.js';
import { type MethodTable, refused, told } from '#transport/implementation.js';

const access = { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' } as const;

/** Who knows a secret could bring an app that counts, without ever having shown a code of it. */
const neverOneself = { ...access, self: false } as const;

type Methods = Required<
  Pick<
    MethodTable<typeof FactorService>,
    'startTotpRegistration' | 'verifyTotpRegistration' | 'registerTotpSeed'
  >
>;

export const registrations = (parts: Parts): Methods => ({
  startTotpRegistration: starting(parts),
  verifyTotpRegistration: confirming(parts),
  registerTotpSeed: importing(parts),
});

const starting = ({ run }: Parts): Methods['startTotpRegistration'] => ({
  access,
  stepUp: 'factors',
  enrols: true,
  hashes: ({ recoveryCodes = 0 }) => hashesOfCodes(recoveryCodes),
  fields: parameterFields,
  run: async (request, call) => {
    const qr = qrOf(request.qr);
    if (qr === undefined) return refused(invalid([unknownValue('qr')]));
    const violations = parameterViolations(request.parameters, 'parameters');
    if (violations.length > 0) return refused(invalid(violations));
    const { name = null, onlyNew, recoveryCodes = null } = request;
    const chosen = { name, qr, onlyNew, recoveryCodes, ...chosenParameters(request.parameters) };
    return told(
      await run(new StartTotpRegistration({ ...addressOf(request, call), ...chosen })),
      ({ details, answer, repeated = false }) => ({
        details: detailsOf(details),
        totpId: answer.totpId,
        // Of a repeat all of these are left out: they were shown before.
        secret: answer.secret ?? '',
        uri: answer.uri ?? '',
        qr: answer.qr ?? '',
        recoveryCodes: [...(answer.recoveryCodes ?? [])],
        parameters: parametersMessage(answer.parameters),
        expiresAt: momentOf(answer.expiresAt),
        secretAlreadyShown: repeated,
      }),
    );
  },
});

const confirming = ({ run }: Parts): Methods['verifyTotpRegistration'] => ({
  access,
  stepUp: 'factors',
  enrols: true,
  guesses: true,
  hashes: ({ recoveryCodes = 0 }) => hashesOfCodes(recoveryCodes),
  shows: ({ recoveryCodes }) => recoveryCodes !== undefined,
  run: async (request, call) => {
    const { code, endOtherSessions, recoveryCodes = null } = request;
    const totpId = (request.totpId ?? null) as TotpId | null;
    const verified = { ...addressOf(request, call), code, totpId, endOtherSessions, recoveryCodes };
    return told(await run(new VerifyTotpRegistration(verified)), ({ details, answer, repeated = false }) => ({
      details: detailsOf(details),
      totpId: answer.totpId,
      recoveryCodes: [...(answer.recoveryCodes ?? [])],
      secretAlreadyShown: repeated && recoveryCodes !== null,
    }));
  },
});

const importing = (parts: Parts): Methods['registerTotpSeed'] => ({
  access: neverOneself,
  stepUp: 'factors',
  fields: parameterFields,
  run: async (request, call) => {
    const violations = parameterViolations(request.parameters, 'parameters');
    if (violations.length > 0) return refused(invalid(violations));
    const { settings } = await parts.application.surroundings.of(call.organizationId);
    const { name = null, secret, endOtherSessions } = request;
    const parameters = filledUp(chosenParameters(request.parameters), settings.totpParameters);
    const seed = { ...addressOf(request, call), name, secret, ...parameters, endOtherSessions };
    return told(await parts.run(new RegisterTotpSeed(seed)), ({ details, answer }) => ({
      details: detailsOf(details),
      totpId: answer.totpId,
    }));
  },
});

const filledUp = (chosen: ChosenParameters, otherwise: TotpParameters): TotpParameters => ({
  algorithm: chosen.algorithm ?? otherwise.algorithm,
  digits: chosen.digits ?? otherwise.digits,
  periodSeconds: chosen.periodSeconds ?? otherwise.periodSeconds,
});
