import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { base32Decode, base32Encode } from '#secrets/base32.js';

const seed = Buffer.from('12345678901234567890');
const encodedSeed = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';

describe('base32', () => {
  it.each([
    ['', ''],
    ['f', 'MY'],
    ['fo', 'MZXQ'],
    ['foo', 'MZXW6'],
    ['foob', 'MZXW6YQ'],
    ['fooba', 'MZXW6YTB'],
    ['foobar', 'MZXW6YTBOI'],
  ])('of "%s" is %s: RFC 4648 section 10, without padding', (text, encoded) => {
    expect(base32Encode(Buffer.from(text))).toBe(encoded);
  });

  it('is read back as the same bytes, however it is dressed', () => {
    const dressed = fc.tuple(
      fc.uint8Array({ minLength: 16, maxLength: 64 }),
      fc.boolean(),
      fc.boolean(),
      fc.boolean(),
    );
    fc.assert(
      fc.property(dressed, ([bytes, small, grouped, padded]) => {
        const bare = base32Encode(bytes);
        const padding = padded ? '='.repeat((8 - (bare.length % 8)) % 8) : '';
        const whole = (small ? bare.toLowerCase() : bare) + padding;
        const typed = grouped ? whole.replaceAll(/(.{4})/g, '$1 ') : whole;
        expect(base32Decode(typed)).toEqual({ kind: 'seed', bytes: Buffer.from(bytes) });
      }),
    );
  });

  it('has one spelling: text that is read as a seed is what that seed is written as', () => {
    const text = fc.string({
      unit: fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'),
      minLength: 24,
      maxLength: 110,
    });
    fc.assert(
      fc.property(text, (typed) => {
        const decoded = base32Decode(typed);
        expect(decoded.kind === 'seed' ? base32Encode(decoded.bytes) : typed).toBe(typed);
      }),
    );
  });
});

describe('an imported seed', () => {
  it('is read in groups, in lower case and with tabs', () => {
    expect(base32Decode(' gezd gnbv gy3t qojq\tGEZD GNBV GY3T QOJQ\n')).toEqual({
      kind: 'seed',
      bytes: seed,
    });
  });

  it.each([
    ['is empty', '', 'too-short'],
    ['has 120 bits', base32Encode(Buffer.alloc(15, 7)), 'too-short'],
    ['has 65 bytes', base32Encode(Buffer.alloc(65, 7)), 'too-long'],
    ['has 257 characters', 'A'.repeat(257), 'too-long'],
    ['has a zero', encodedSeed.replace('G', '0'), 'not-base32'],
    ['has a one', encodedSeed.replace('G', '1'), 'not-base32'],
    ['has an eight', encodedSeed.replace('G', '8'), 'not-base32'],
    ['has a dash', encodedSeed.replace('G', '-'), 'not-base32'],
    ['has a letter that only becomes one in upper case', encodedSeed.replace('G', '\u017f'), 'not-base32'],
    ['has a length that no bytes have', `${encodedSeed}A`, 'not-base32'],
    ['has another length that no bytes have', `${encodedSeed}AAA`, 'not-base32'],
    ['has bits left over that are not zero', `${encodedSeed}AB`, 'not-base32'],
    ['has padding where there is nothing to pad', `${encodedSeed}=`, 'not-base32'],
    ['has too little padding', `${encodedSeed}MY=====`, 'not-base32'],
    ['has padding in the middle', `GEZDGNBV=${encodedSeed}`, 'not-base32'],
    [
      'has whole padding in the middle',
      base32Encode(Buffer.alloc(16, 7)).replace(/^../, '$&======'),
      'not-base32',
    ],
    ['has nothing but padding', '========', 'not-base32'],
  ])('is refused if it %s', (_how, typed, reason) => {
    expect(base32Decode(typed)).toEqual({ kind: 'refused', reason });
  });

  it('may come with blanks in up to 256 characters', () => {
    expect(base32Decode(encodedSeed.padEnd(256))).toEqual({ kind: 'seed', bytes: seed });
    expect(base32Decode(encodedSeed.padEnd(257))).toEqual({ kind: 'refused', reason: 'too-long' });
  });

  it.each([16, 20, 32, 64])('may have %i bytes', (length) => {
    const bytes = Buffer.alloc(length, 0xa5);
    expect(base32Decode(base32Encode(bytes))).toEqual({ kind: 'seed', bytes });
  });
});
