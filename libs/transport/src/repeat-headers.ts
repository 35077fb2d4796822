// What comes with the answer of a call that is sent again.

import type { DescMessage, DescMethodUnary } from '@bufbuild/protobuf';

import type { AnswerHeaders } from '#transport/call.js';

/** Of whatever is shown once. A repeat leaves it out, and some of the messages are not ours to say so in. */
const shownOnce = new Set([
  'secret',
  'uri',
  'recoveryCodes',
  'token',
  'sessionToken',
  'emailCode',
  'verificationCode',
  'code',
  'proof',
]);

export function repeatHeadersOf({ output }: DescMethodUnary, isAskedFor: boolean): AnswerHeaders {
  const replayed = { 'idempotent-replayed': 'true' };
  return isAskedFor && showsOnce(output)
    ? { ...replayed, 'x-countersign-secret-already-shown': 'true' }
    : replayed;
}

/** Itself, or each of whom it tells: deeper nothing is shown. */
const showsOnce = ({ fields }: DescMessage): boolean =>
  [...fields, ...fields.flatMap(({ message }) => message?.fields ?? [])].some(({ localName }) =>
    shownOnce.has(localName),
  );
