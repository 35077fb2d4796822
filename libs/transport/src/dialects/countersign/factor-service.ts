// Several authenticator apps a user, by their ids. What registers one is in `factor-registrations.ts`.

import { ResetAttempts } from '#application/attempts/reset-attempts.js';
import { ResetFactors } from '#application/attempts/reset-factors.js';
import { RemoveFactors } from '#application/totp/remove-factors.js';
import { RemoveTotp } from '#application/totp/remove-totp.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { ResyncTotp } from '#application/totp/resync-totp.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import type { Instant, TotpId } from '#domain/ids.js';
import type { Factors } from '#read-models/queries/factors.js';
import { registrations } from '#transport/dialects/countersign/factor-registrations.js';
import { detailsOf, inDetails, momentOf } from '#transport/dialects/countersign/messages.js';
import { addressOf, askingOf, isOneself, type Parts } from '#transport/dialects/countersign/parts.js';
import { hashesOfProof, proofIn, proofOf, refusedProof } from '#transport/dialects/countersign/proofs.js';
import { isProofWanted, proofMessage } from '#transport/dialects/countersign/signed-proofs.js';
import { deviceMessage } from '#transport/dialects/countersign/totp-messages.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';
import { proofIsGiven } from '#transport/step-up.js';

const changing = { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' } as const;
const resetting = { of: 'user', permission: 'user.factor.reset', self: false, userId: 'userId' } as const;

type Methods = MethodTable<typeof FactorService>;

export const factorService = (parts: Parts): readonly Implemented[] =>
  implement(FactorService, {
    ...registrations(parts),
    ...checks(parts),
    ...upkeep(parts),
    ...removals(parts),
    ...resets(parts),
    ...lists(parts),
  });

const checks = ({ run }: Parts): Methods => ({
  verifyTotp: {
    access: { of: 'user', permission: 'user.factor.verify', self: true, userId: 'userId' },
    guesses: true,
    shows: isProofWanted,
    run: async (request, call) => {
      const { code, purpose = null, proofAudience = null } = request;
      const totpId = (request.totpId ?? null) as TotpId | null;
      return told(
        await run(new VerifyTotp({ ...addressOf(request, call), code, totpId, purpose, proofAudience })),
        (done) => ({
          ...inDetails(done),
          totpId: done.answer.totpId,
          recoveryCodesLeft: done.answer.codesLeft,
          ...proofMessage(request, done),
        }),
      );
    },
  },
  resyncTotp: {
    access: changing,
    stepUp: 'factors',
    // Two codes of the app itself, one after the other, are more than any proof.
    proof: ({ firstCode }) => ({ code: firstCode }),
    guesses: true,
    run: async (request, call) => {
      const { firstCode, secondCode } = request;
      const totpId = request.totpId as TotpId;
      const resync = { ...addressOf(request, call), totpId, firstCode, secondCode };
      return told(await run(new ResyncTotp(resync)), inDetails);
    },
  },
});

const upkeep = (parts: Parts): Methods => ({
  renameTotp: {
    access: changing,
    run: async (request, call) => {
      const { name = null } = request;
      const totpId = request.totpId as TotpId;
      return told(await parts.run(new RenameTotp({ ...addressOf(request, call), totpId, name })), inDetails);
    },
  },
  removeTotp: {
    access: changing,
    stepUp: 'factors',
    proof: proofIn,
    guesses: true,
    hashes: hashesOfProof,
    run: async (request, call) => {
      const refusal = refusedProof(request);
      if (refusal !== null) return refused(refusal);
      const { endOtherSessions } = request;
      const totpId = request.totpId as TotpId;
      // Whoever brings a proof that is not needed wants it looked at.
      const byAdministrator = !proofIsGiven(request) && !isOneself(parts, call, request);
      const proof = proofOf(request);
      const removal = { ...addressOf(request, call), totpId, ...proof, byAdministrator, endOtherSessions };
      return told(await parts.run(new RemoveTotp(removal)), inDetails);
    },
  },
});

const removals = ({ run }: Parts): Methods => ({
  removeFactors: {
    access: changing,
    stepUp: 'factors',
    proof: proofIn,
    guesses: true,
    hashes: hashesOfProof,
    run: async (request, call) => {
      const refusal = refusedProof(request);
      if (refusal !== null) return refused(refusal);
      const { endOtherSessions } = request;
      const removal = { ...addressOf(request, call), ...proofOf(request), endOtherSessions };
      return told(await run(new RemoveFactors(removal)), inDetails);
    },
  },
});

const resets = ({ run }: Parts): Methods => ({
  resetFactors: {
    access: resetting,
    run: async (request, call) => {
      const { reason } = request;
      return told(await run(new ResetFactors({ ...addressOf(request, call), reason })), inDetails);
    },
  },
  resetAttempts: {
    access: resetting,
    run: async (request, call) => {
      const { reason } = request;
      return told(await run(new ResetAttempts({ ...addressOf(request, call), reason })), inDetails);
    },
  },
});

const lists = (parts: Parts): Methods => ({
  listFactors: {
    access: { of: 'user', permission: 'user.read', self: true, userId: 'userId' },
    run: async (request, call) => {
      const { organizationId, userId } = addressOf(request, call);
      const asking = askingOf(call);
      const known = await parts.queries.userDetails(organizationId, userId, asking);
      if (known.kind === 'rejected') return known;
      // Read after the details: a change between the two is told, although its sequence is not yet.
      const found = await parts.queries.listFactors(organizationId, userId, asking);
      if (found.kind === 'rejected') return found;
      const told = factorsMessage(found.answer, parts.application.parts.clock());
      return answered({ details: detailsOf(known.answer), ...told });
    },
  },
});

function factorsMessage({ devices, attemptsLeft, nextAttemptAt, recoveryCodes }: Factors, now: Instant) {
  // Where no app is ready, only recovery codes are left to be compared.
  const next = nextAttemptAt ?? recoveryCodes.nextAttemptAt;
  return {
    totpDevices: devices.map(deviceMessage),
    recoveryCodesLeft: recoveryCodes.codesLeft,
    attemptsLeft,
    nextAttemptAt: momentOf(next > now ? next : null),
  };
}
