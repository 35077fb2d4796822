// `{error, message, code, details?}`: the phrase of the status, and the status as a number.

import { STATUS_CODES } from 'node:http';

import type { Schema } from '#transport/openapi/model.js';
import type { Refusal } from '#transport/plain/dialect.js';
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
  // What is there or not is a state of the user, not of the path.
  'not-found': 409,
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

/** Where the status has a sentence of its own, what is wrong stands in the details. */
const sentences: Readonly<Record<number, string>> = {
  400: 'The request contains what is not valid or not well-formed',
  409: 'The request conflicts with the state of the user',
};

export function refusalOf({ reason, message, fields }: No): Refusal {
  const code = statuses[reason];
  const error = STATUS_CODES[code] ?? 'Error';
  const sentence = sentences[code];
  if (sentence === undefined) return { status: code, body: { error, message, code } };
  const details = fields.length === 0 ? message : fields.map((one) => ({ ...one }));
  return { status: code, body: { error, message: sentence, code, details } };
}

export const refusalSchema: Schema = {
  type: 'object',
  properties: {
    error: { type: 'string', description: 'The phrase of the status.' },
    message: { type: 'string', description: 'For people.' },
    code: { type: 'integer', description: 'The status, once more.' },
    details: {
      description: 'What is wrong, by fields where it is in them.',
      type: ['string', 'array'],
      items: {
        type: 'object',
        properties: { field: { type: 'string' }, message: { type: 'string' } },
        required: ['field', 'message'],
      },
    },
  },
  required: ['error', 'message', 'code'],
};
