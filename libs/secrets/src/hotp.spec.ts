import { createHmac } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { hotpCodes } from '#secrets/hotp.js';
import { keepingWhatIsWiped } from '#secrets/testing/wiped.js';

const key = Buffer.from('12345678901234567890');

/** RFC 4226 section 5.3, with a counter of eight bytes at once. */
function reference(counter: number): number {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(counter));
  const mac = createHmac('sha1', key).update(bytes).digest();
  return (mac.readUInt32BE((mac.at(-1) ?? 0) & 0x0f) & 0x7fff_ffff) % 1_000_000;
}

describe('codes by counter', () => {
  it.each([0, 2 ** 32 - 2, 2 ** 33 - 1, 2 ** 40, Number.MAX_SAFE_INTEGER - 3])(
    'are those of all eight bytes of it: from %i on',
    (from) => {
      const counters = [from, from + 1, from + 2];
      expect(hotpCodes({ key, algorithm: 'SHA1', digits: 6 }, from, 3)).toEqual(counters.map(reference));
    },
  );

  it.each([
    ['SHA1', 64],
    ['SHA256', 64],
    ['SHA512', 128],
  ] as const)('with %s, take keys of 16 to %i bytes', (algorithm, most) => {
    const codesWith = (bytes: number) =>
      hotpCodes({ key: Buffer.alloc(bytes, 7), algorithm, digits: 6 }, 1, 2);
    const refusal = new RangeError(`a key must have 16 to ${most} bytes`);
    expect(codesWith(16)).toHaveLength(2);
    expect(codesWith(most)).toHaveLength(2);
    expect(() => codesWith(15)).toThrow(refusal);
    expect(() => codesWith(most + 1)).toThrow(refusal);
  });

  it('leave nothing of the key where they were computed', () => {
    const { wiped } = keepingWhatIsWiped(() => hotpCodes({ key, algorithm: 'SHA1', digits: 6 }, 1, 1));
    const last = wiped.slice(-2);
    expect(last.map(({ held }) => /[1-9a-f]/.test(held))).toEqual([true, true]);
    // The block of the hash, and a counter; the block, and a digest.
    expect(last.map(({ left }) => left)).toEqual(['00'.repeat(64 + 8), '00'.repeat(64 + 20)]);
  });
});
