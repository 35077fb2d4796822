import { randomBytesFromPool } from '#secrets/random-pool.js';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 48 bits of time, 80 of chance, in Crockford's base32: 26 characters that sort by time. */
export function ulid(now: number, chance: Uint8Array = randomBytesFromPool(10)): string {
  let text = '';
  for (let place = 45; place >= 0; place -= 5) text += crockford[Math.floor(now / 2 ** place) % 32];
  let bits = 0;
  let bitCount = 0;
  for (const byte of chance) {
    bits = (bits << 8) | byte;
    for (bitCount += 8; bitCount >= 5; bitCount -= 5) text += crockford[(bits >>> (bitCount - 5)) & 31];
    bits &= 31;
  }
  return text;
}
