// `{code, message, details?, notices?}`, with codes for programs.

import type { JsonObject } from '@bufbuild/protobuf';

import type { Schema } from '#transport/openapi/model.js';
import type { Around, Refusal } from '#transport/plain/dialect.js';
import type { No, Reason } from '#transport/plain/no.js';
import { noticesSchema, withNotices } from '#transport/plain/notices.js';

const said = {
  malformed: [400, 'invalid_request'],
  unauthenticated: [401, 'unauthenticated'],
  forbidden: [403, 'permission_denied'],
  'organization-malformed': [400, 'invalid_tenant_id'],
  'organization-missing': [400, 'missing_tenant_id'],
  'organization-other': [403, 'tenant_mismatch'],
  machine: [403, 'not_a_person'],
  'step-up': [403, 'step_up_required'],
  'wrong-code': [400, 'invalid_code'],
  'code-already-used': [400, 'code_already_used'],
  'malformed-code': [400, 'invalid_code'],
  'code-required': [400, 'code_required'],
  'too-many-attempts': [429, 'too_many_attempts'],
  'factor-disabled': [403, 'totp_disabled'],
  'not-found': [404, 'not_found'],
  'already-enrolled': [409, 'totp_already_enrolled'],
  'factors-max': [409, 'too_many_factors'],
  'already-shown': [409, 'already_shown'],
  conflict: [409, 'conflict'],
  'rate-limited': [429, 'rate_limited'],
  'no-such-path': [404, 'not_found'],
  'no-such-method': [405, 'method_not_allowed'],
  'body-too-large': [413, 'body_too_large'],
  'unsupported-type': [415, 'unsupported_media_type'],
  unavailable: [503, 'unavailable'],
  timeout: [504, 'timeout'],
  internal: [500, 'internal'],
} as const satisfies Record<Reason, readonly [status: number, code: string]>;

export function refusalOf(refused: No, { notices }: Around): Refusal {
  const [status, code] = said[refused.reason];
  const details = detailsOf(refused);
  return {
    status,
    body: withNotices(
      {
        code: codeOf(refused) ?? code,
        message: refused.message,
        ...(Object.keys(details).length === 0 ? {} : { details }),
      },
      notices,
    ),
  };
}

/** What is told apart besides: what the organization itself has decided, or used up. */
function codeOf({ refusal, policyCode }: No): string | null {
  if (refusal === 'policy-denied') return policyCode ?? 'policy_denied';
  return refusal === 'quota-exhausted' ? 'quota_exhausted' : null;
}

function detailsOf({ fields, retryAfterSeconds, attemptsLeft }: No): JsonObject {
  return {
    ...(fields.length === 0 ? {} : { fields: fields.map((one) => ({ ...one })) }),
    ...(retryAfterSeconds === null ? {} : { retry_after_seconds: retryAfterSeconds }),
    ...(attemptsLeft === null ? {} : { attempts_left: attemptsLeft }),
  };
}

export const refusalSchema: Schema = {
  type: 'object',
  properties: {
    code: {
      type: 'string',
      description:
        'For programs, such as `tenant_mismatch`; where a policy refused that has one, its `@code`.',
    },
    message: { type: 'string', description: 'For people.' },
    details: {
      type: 'object',
      description: '`fields`, `retry_after_seconds` and `attempts_left`, where there is something to say.',
      properties: {
        fields: {
          type: 'array',
          items: {
            type: 'object',
            properties: { field: { type: 'string' }, message: { type: 'string' } },
            required: ['field', 'message'],
          },
        },
        retry_after_seconds: { type: 'integer' },
        attempts_left: { type: 'integer' },
      },
    },
    notices: noticesSchema,
  },
  required: ['code', 'message'],
};
