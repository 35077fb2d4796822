// A seed from elsewhere, as it was typed or exported.

import type { Secrets } from '#application/parts.js';
import type { InvalidInput } from '#application/violations.js';

const messages = {
  'not-base32': 'must be base32: the letters A to Z and the digits 2 to 7',
  'too-short': 'must be at least 16 bytes, which are 26 characters',
  'too-long': 'must be at most 64 bytes, which are 103 characters',
} as const;

/** The bytes of a seed in base32, or what is wrong with the field that it was sent in. */
export function readSeed(
  text: string,
  field: string,
  { base32Decode }: Pick<Secrets, 'base32Decode'>,
): Buffer | InvalidInput {
  const decoded = base32Decode(text);
  if (decoded.kind === 'seed') return decoded.bytes;
  const { reason } = decoded;
  return { code: 'invalid-input', violations: [{ field, rule: reason, message: messages[reason] }] };
}
