// `{error, message, code, details?}`: the phrase of the status, and the status as a number.

import { STATUS_CODES } from 'node:http';

import type { Schema } from '#transport/openapi/model.js';
import type { Around, Refusal } from '#transport/plain/dialect.js';
import { type No, type Reason, usualStatuses } from '#transport/plain/no.js';

const statuses: Readonly<Record<Reason, number>> = {
  ...usualStatuses,
  // What is there or not is a state of the user, not of the path.
  'not-found': 409,
};

/** Where the status has a sentence of its own, what is wrong stands in the details. */
const sentences: Readonly<Record<number, string>> = {
  400: 'The request contains what is not valid or not well-formed',
  409: 'The request conflicts with the state of the user',
};

export function refusalOf({ reason, message, fields }: No, { notices }: Around): Refusal {
  const code = statuses[reason];
  const error = STATUS_CODES[code] ?? 'Error';
  const sentence = sentences[code];
  const said = notices.length === 0 ? {} : { details: notices.join('; ') };
  if (sentence === undefined) return { status: code, body: { error, message, code, ...said } };
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
      description: 'What is wrong, by fields where it is in them; or what policies say that refused.',
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
