import { randomBytes } from 'node:crypto';

const crockford = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** 48 bits of time, 80 of chance, in Crockford's base32: 26 characters that sort by time. */
export function ulid(now: number, chance: Uint8Array = randomBytes(10)): string {
  const time = BigInt(now).toString(16).padStart(12, '0');
  let rest = BigInt(`0x${time}${Buffer.from(chance).toString('hex')}`);
  let text = '';
  for (let place = 0; place < 26; place += 1) {
    text = crockford[Number(rest & 31n)] + text;
    rest >>= 5n;
  }
  return text;
}
