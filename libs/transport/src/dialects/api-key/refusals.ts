// `{code, error, details?}`: the status as a number, its phrase, and one text.

import { STATUS_CODES } from 'node:http';

import type { Schema } from '#transport/openapi/model.js';
import type { Around, Refusal } from '#transport/plain/dialect.js';
import type { No, Reason } from '#transport/plain/no.js';

const statuses = {
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
} as const satisfies Record<Reason, number>;

export function refusalOf({ reason, message, fields }: No, { notices }: Around): Refusal {
  const status = statuses[reason];
  const named = [...fields.map((one) => `${one.field} ${one.message}`.trim()), ...notices];
  return {
    status,
    body: {
      code: status,
      error: STATUS_CODES[status] ?? 'Error',
      details: named.length === 0 ? message : named.join('; '),
    },
  };
}

export const refusalSchema: Schema = {
  type: 'object',
  properties: {
    code: { type: 'integer', description: 'The status, once more.' },
    error: { type: 'string', description: 'The phrase of the status.' },
    details: { type: 'string', description: 'What is wrong, for people.' },
  },
  required: ['code', 'error'],
};
