import { describe, expect, it } from '@jest/globals';

import { randomBytesFromPool } from '#secrets/random-pool.js';

describe('random bytes from the pool', () => {
  it('are as many as were asked for, also where the pool has to be refilled', () => {
    const lengths = Array.from({ length: 3_000 }, (_, index) => index % 40);
    expect(lengths.map((length) => randomBytesFromPool(length).length)).toEqual(lengths);
    expect(randomBytesFromPool(8_192)).toHaveLength(8_192);
  });

  it('are never the same twice', () => {
    const portions = Array.from({ length: 100_000 }, () => randomBytesFromPool(12).toString('latin1'));
    expect(new Set(portions).size).toBe(portions.length);
  });

  it('take every value about equally often', () => {
    const counts = new Array<number>(256).fill(0);
    const bytes = Array.from({ length: 8_000 }, () => [...randomBytesFromPool(32)]).flat();
    for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
    // 1,000 each on average; six standard deviations are 190, and all 256 stay within by 1 − 5e-7.
    expect(Math.min(...counts)).toBeGreaterThan(810);
    expect(Math.max(...counts)).toBeLessThan(1_190);
  });

  it('belong to who asked: writing into them changes no later portion', () => {
    const first = randomBytesFromPool(32);
    first.fill(0);
    expect(randomBytesFromPool(32).equals(first)).toBe(false);
  });

  it.each([-1, 1.5, Number.NaN, 8_193])('are not given %d at a time', (length) => {
    expect(() => randomBytesFromPool(length)).toThrow(new RangeError('a portion is 0 to 8192 bytes'));
  });
});
