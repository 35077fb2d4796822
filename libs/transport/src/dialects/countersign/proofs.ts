// A proof comes in two fields, of which only one is looked at: both at once would leave one out of account, and a
// recovery code that its owner believes spent would not be.

import type { InvalidInput } from '#application/violations.js';
import { invalid } from '#transport/dialects/countersign/violations.js';

interface Given {
  readonly code?: string | undefined;
  readonly recoveryCode?: string | undefined;
}

export interface Proof {
  readonly code: string | null;
  readonly recoveryCode: string | null;
}

export const proofOf = ({ code, recoveryCode }: Given): Proof => ({
  code: code ?? null,
  recoveryCode: recoveryCode ?? null,
});

/** Where a message has room for a proof. */
export const proofIn = ({ code, recoveryCode }: Given): Given => ({ code, recoveryCode });

export const proofGiven = ({ code, recoveryCode }: Given): boolean =>
  code !== undefined || recoveryCode !== undefined;

export const refusedProof = ({ code, recoveryCode }: Given): InvalidInput | null =>
  code !== undefined && recoveryCode !== undefined
    ? invalid([{ field: 'recovery_code', rule: 'one-of', message: 'must not come together with a code' }])
    : null;

/** How many slow hashes it takes. */
export const hashesOfProof = ({ recoveryCode }: Given): number => (recoveryCode === undefined ? 0 : 1);
