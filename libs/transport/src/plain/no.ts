// Why a plain call is refused: a few reasons, which each dialect has its own statuses and words for. Refusals of calls are
// brought to one of them by their codes, and where a code is not named here, by the status that it has on every wire.

import type { Answered, StatusCode } from '#transport/call.js';
import type { CallRefusal } from '#transport/refusals.js';
import { sayings } from '#transport/status-table.js';

export type Reason =
  /** A body, a header or a path that is not what is asked for. */
  | 'malformed'
  | 'unauthenticated'
  | 'forbidden'
  /** The organization that was named is not the one of the credential. */
  | 'organization-malformed'
  | 'organization-missing'
  | 'organization-other'
  /** Machines have no factors to enrol. */
  | 'machine'
  /** A factor, or a scope, is missing that the call takes. */
  | 'step-up'
  | 'wrong-code'
  | 'code-already-used'
  /** Not compared: no factor shows such a code. */
  | 'malformed-code'
  | 'code-required'
  | 'too-many-attempts'
  | 'factor-disabled'
  | 'not-found'
  | 'already-enrolled'
  | 'factors-max'
  /** It was told once, to an earlier call under the same idempotency key. */
  | 'already-shown'
  | 'conflict'
  | 'rate-limited'
  | 'no-such-path'
  | 'no-such-method'
  | 'body-too-large'
  | 'unsupported-type'
  | 'unavailable'
  | 'timeout'
  | 'internal';

/** Where a dialect has none of its own. */
export const usualStatuses: Readonly<Record<Reason, number>> = {
  malformed: 400,
  unauthenticated: 401,
  forbidden: 403,
  'organization-malformed': 400,
  'organization-missing': 400,
  'organization-other': 403,
  machine: 403,
  'step-up': 403,
  'wrong-code': 400,
  'code-already-used': 400,
  'malformed-code': 400,
  'code-required': 400,
  'too-many-attempts': 429,
  'factor-disabled': 403,
  'not-found': 404,
  'already-enrolled': 409,
  'factors-max': 409,
  'already-shown': 409,
  conflict: 409,
  'rate-limited': 429,
  'no-such-path': 404,
  'no-such-method': 405,
  'body-too-large': 413,
  'unsupported-type': 415,
  unavailable: 503,
  timeout: 504,
  internal: 500,
};

export interface FieldNo {
  /** Empty for the body as a whole. */
  readonly field: string;
  readonly message: string;
}

export interface No {
  readonly kind: 'no';
  readonly reason: Reason;
  /** For people. */
  readonly message: string;
  readonly fields: readonly FieldNo[];
  readonly retryAfterSeconds: number | null;
  readonly attemptsLeft: number | null;
  /** `@code` of the policy that refused; null where none did, or none has one. */
  readonly policyCode: string | null;
  /** The code of a call's refusal; null for what is refused around it. */
  readonly refusal: CallRefusal['code'] | null;
}

export const no = (reason: Reason, message: string, fields: readonly FieldNo[] = []): No => ({
  kind: 'no',
  reason,
  message,
  fields,
  retryAfterSeconds: null,
  attemptsLeft: null,
  policyCode: null,
  refusal: null,
});

export function noOf({ refusal, status, headers }: Extract<Answered, { readonly kind: 'refused' }>): No {
  const retryAfter = headers['retry-after'];
  return {
    kind: 'no',
    reason: (refusal && reasons[refusal.code]) ?? reasonsByStatus[status.code],
    message: refusal === undefined ? status.message : sayings[refusal.code].text,
    fields: refusal === undefined ? [] : fieldsOf(refusal),
    retryAfterSeconds: retryAfter === undefined ? null : Number(retryAfter),
    refusal: refusal?.code ?? null,
    attemptsLeft: refusal !== undefined && 'attemptsLeft' in refusal ? refusal.attemptsLeft : null,
    policyCode: refusal === undefined ? null : policyCodeOf(refusal),
  };
}

function policyCodeOf(refusal: CallRefusal): string | null {
  if (refusal.code !== 'policy-denied') return null;
  return refusal.notices.find(({ code }) => code !== null)?.code ?? null;
}

function fieldsOf(refusal: CallRefusal): readonly FieldNo[] {
  if (refusal.code !== 'invalid-input') return [];
  return refusal.violations.map(({ field, message }) => ({ field, message }));
}

const reasons: { readonly [Code in CallRefusal['code']]?: Reason } = {
  'attempts-delayed': 'too-many-attempts',
  'authentication-required': 'step-up',
  'code-already-used': 'code-already-used',
  'enrolment-required': 'step-up',
  'idempotency-key-reused': 'conflict',
  'malformed-code': 'malformed-code',
  'malformed-recovery-code': 'malformed-code',
  'organization-not-active': 'forbidden',
  'proof-required': 'code-required',
  'quota-exhausted': 'forbidden',
  'rate-limited': 'rate-limited',
  'recovery-codes-not-found': 'wrong-code',
  'scope-required': 'step-up',
  'second-factor-required': 'step-up',
  'step-up-required': 'step-up',
  'totp-already-ready': 'already-enrolled',
  'totp-devices-max': 'factors-max',
  'totp-disabled': 'factor-disabled',
  'totp-exhausted': 'too-many-attempts',
  'totp-not-found': 'not-found',
  'totp-not-ready': 'not-found',
  'totp-registration-expired': 'not-found',
  'totp-registration-not-found': 'not-found',
  'user-inactive': 'forbidden',
  'user-locked': 'forbidden',
  'wrong-code': 'wrong-code',
  'wrong-recovery-code': 'wrong-code',
};

const reasonsByStatus = {
  1: 'unavailable',
  2: 'internal',
  3: 'malformed',
  4: 'timeout',
  5: 'not-found',
  6: 'conflict',
  7: 'forbidden',
  8: 'too-many-attempts',
  9: 'conflict',
  10: 'conflict',
  11: 'malformed',
  12: 'no-such-path',
  13: 'internal',
  14: 'unavailable',
  15: 'internal',
  16: 'unauthenticated',
} as const satisfies Record<StatusCode, Reason>;
