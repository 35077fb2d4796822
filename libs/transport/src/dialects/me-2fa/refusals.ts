// `{error: {code, message, requestId, details?, notices?}}`: what cannot be read is 400, and what can be and is wrong is 422.

import type { Schema } from '#transport/openapi/model.js';
import type { Around, Refusal } from '#transport/plain/dialect.js';
import type { No, Reason } from '#transport/plain/no.js';
import { noticesSchema, withNotices } from '#transport/plain/notices.js';

const said = {
  malformed: [400, 'bad_request'],
  unauthenticated: [401, 'unauthenticated'],
  forbidden: [403, 'forbidden'],
  'organization-malformed': [400, 'bad_request'],
  'organization-missing': [400, 'bad_request'],
  'organization-other': [403, 'forbidden'],
  machine: [403, 'not_a_person'],
  'step-up': [403, 'step_up_required'],
  'wrong-code': [422, 'invalid_code'],
  'code-already-used': [422, 'code_already_used'],
  'malformed-code': [400, 'malformed_code'],
  'code-required': [400, 'code_required'],
  'too-many-attempts': [429, 'too_many_attempts'],
  'factor-disabled': [403, 'two_factor_disabled'],
  // What is there or not is a state of the user, not of the path.
  'not-found': [409, 'two_factor_not_set_up'],
  'already-enrolled': [409, 'two_factor_already_enabled'],
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

export function refusalOf(
  { reason, message, fields, policyCode }: No,
  { requestId, notices }: Around,
): Refusal {
  const [status, code] = said[reason];
  const details = fields.length === 0 ? {} : { details: fields.map((one) => ({ ...one })) };
  const error = { code: policyCode ?? code, message, requestId, ...details };
  return { status, body: { error: withNotices(error, notices) } };
}

export const refusalSchema: Schema = {
  type: 'object',
  properties: {
    error: {
      type: 'object',
      properties: {
        code: { type: 'string', description: 'For programs, such as `invalid_code`.' },
        message: { type: 'string', description: 'For people.' },
        requestId: { type: 'string', description: 'As `X-Request-Id` and the lines of the log have it.' },
        details: {
          type: 'array',
          items: {
            type: 'object',
            properties: { field: { type: 'string' }, message: { type: 'string' } },
            required: ['field', 'message'],
          },
        },
        notices: noticesSchema,
      },
      required: ['code', 'message', 'requestId'],
    },
  },
  required: ['error'],
};
