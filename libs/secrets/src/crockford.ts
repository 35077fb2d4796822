// Crockford's base32: what people have to read and type. It has no I, L, O and U.

import { randomBytesFromPool } from '#secrets/random-pool.js';

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Five bits a character: 32 divides 256, so that no character is likelier than another. */
export function randomCrockford(length: number): string {
  let text = '';
  for (const byte of randomBytesFromPool(length)) text += alphabet[byte & 31];
  return text;
}
