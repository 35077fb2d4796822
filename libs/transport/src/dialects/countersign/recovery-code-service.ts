import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { hashesOfCodes } from '#application/recovery-codes/made.js';
import { RemoveRecoveryCodes } from '#application/recovery-codes/remove-recovery-codes.js';
import { VerifyRecoveryCode } from '#application/recovery-codes/verify-recovery-code.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { detailsOf, inDetails } from '#transport/dialects/countersign/messages.js';
import { addressOf, askingOf, isOneself, type Parts } from '#transport/dialects/countersign/parts.js';
import { hashesOfProof, proofIn, proofOf, refusedProof } from '#transport/dialects/countersign/proofs.js';
import { isProofWanted, proofMessage } from '#transport/dialects/countersign/signed-proofs.js';
import {
  answered,
  type Implemented,
  implement,
  type MethodTable,
  refused,
  told,
} from '#transport/implementation.js';

const changing = { of: 'user', permission: 'user.credential.write', self: true, userId: 'userId' } as const;

/** As many as an organization says that says nothing; what one says is not looked up for the sake of a limit. */
const codesByDefault = 10;

type Methods = MethodTable<typeof RecoveryCodeService>;

export const recoveryCodeService = (parts: Parts): readonly Implemented[] =>
  implement(RecoveryCodeService, { ...changes(parts), ...checks(parts), ...counts(parts) });

const changes = (parts: Parts): Methods => ({
  generateRecoveryCodes: {
    access: changing,
    stepUp: 'recoveryCodes',
    proof: proofIn,
    guesses: true,
    hashes: (request) => hashesOfCodes(request.count ?? codesByDefault) + hashesOfProof(request),
    fields: { withPending: 'for_registration' },
    run: async (request, call) => {
      const refusal = refusedProof(request);
      if (refusal !== null) return refused(refusal);
      const { count = null, forRegistration: withPending, endOtherSessions } = request;
      const proof = proofOf(request);
      const wanted = { ...addressOf(request, call), count, withPending, ...proof, endOtherSessions };
      return told(
        await parts.run(new GenerateRecoveryCodes(wanted)),
        ({ details, answer, repeated = false }) => ({
          details: detailsOf(details),
          // Of a repeat they are left out: they were shown before.
          recoveryCodes: [...(answer.codes ?? [])],
          secretAlreadyShown: repeated,
        }),
      );
    },
  },
  removeRecoveryCodes: {
    access: changing,
    stepUp: 'recoveryCodes',
    proof: proofIn,
    guesses: true,
    hashes: hashesOfProof,
    run: async (request, call) => {
      const refusal = refusedProof(request);
      if (refusal !== null) return refused(refusal);
      const { endOtherSessions } = request;
      const byAdministrator = !isOneself(parts, call, request);
      const proof = proofOf(request);
      const removal = { ...addressOf(request, call), ...proof, byAdministrator, endOtherSessions };
      return told(await parts.run(new RemoveRecoveryCodes(removal)), inDetails);
    },
  },
});

const checks = ({ run }: Parts): Methods => ({
  verifyRecoveryCode: {
    access: { of: 'user', permission: 'user.factor.verify', self: true, userId: 'userId' },
    guesses: true,
    hashes: () => 1,
    shows: isProofWanted,
    run: async (request, call) => {
      const { code, proofAudience = null } = request;
      return told(
        await run(new VerifyRecoveryCode({ ...addressOf(request, call), code, proofAudience })),
        (done) => ({
          ...inDetails(done),
          recoveryCodesLeft: done.answer.codesLeft,
          ...proofMessage(request, done),
        }),
      );
    },
  },
});

const counts = (parts: Parts): Methods => ({
  getRemainingRecoveryCodes: {
    access: { of: 'user', permission: 'user.read', self: true, userId: 'userId' },
    run: async (request, call) => {
      const { organizationId, userId } = addressOf(request, call);
      const asking = askingOf(call);
      const known = await parts.queries.userDetails(organizationId, userId, asking);
      if (known.kind === 'rejected') return known;
      const found = await parts.queries.recoveryCodesLeft(organizationId, userId, asking);
      if (found.kind === 'rejected') return found;
      return answered({ details: detailsOf(known.answer), recoveryCodesLeft: found.answer.codesLeft });
    },
  },
});
