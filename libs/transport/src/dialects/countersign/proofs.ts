// A proof comes in two fields, of which only one is looked at: both at once would leave one out of account, and a
// recovery code that its owner believes spent would not be.

import type { CallerProof } from '#application/caller.js';
import type { InvalidInput } from '#application/violations.js';
import { invalid } from '#transport/dialects/countersign/violations.js';
import type { ProofGiven } from '#transport/implementation.js';

export const proofOf = ({ code, recoveryCode }: ProofGiven): CallerProof => ({
  code: code ?? null,
  recoveryCode: recoveryCode ?? null,
});

/** Where a message has room for a proof. */
export const proofIn = ({ code, recoveryCode }: ProofGiven): ProofGiven => ({ code, recoveryCode });

export const refusedProof = ({ code, recoveryCode }: ProofGiven): InvalidInput | null =>
  code !== undefined && recoveryCode !== undefined
    ? invalid([{ field: 'recovery_code', rule: 'one-of', message: 'must not come together with a code' }])
    : null;

/** How many slow hashes it takes. */
export const hashesOfProof = ({ recoveryCode }: ProofGiven): number => (recoveryCode === undefined ? 0 : 1);
