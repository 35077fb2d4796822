// `{code, error, details?}`: the status as a number, its phrase, and one text.

import { STATUS_CODES } from 'node:http';

import type { Schema } from '#transport/openapi/model.js';
import type { Around, Refusal } from '#transport/plain/dialect.js';
import { type No, usualStatuses } from '#transport/plain/no.js';

export function refusalOf({ reason, message, fields }: No, { notices }: Around): Refusal {
  const status = usualStatuses[reason];
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
