import { describe, expect, it } from '@jest/globals';

import { canonicalRecoveryCode } from '#secrets/canonical-code.js';
import { newRecoveryCodes } from '#secrets/recovery-codes.js';

describe('a set of recovery codes', () => {
  it.each([1, 10, 50])('has as many as were asked for: %i', (count) => {
    expect(newRecoveryCodes(count)).toHaveLength(count);
  });

  it.each([0, -1, 51, 1.5, Number.NaN])('of %d codes is a bug', (count) => {
    expect(() => newRecoveryCodes(count)).toThrow(new RangeError('a set has 1 to 50 codes'));
  });

  it('has a selector for each that no other has', () => {
    // Without care, two of fifty would share one of 1,024 selectors in seven sets of ten.
    const sets = Array.from({ length: 100 }, () => newRecoveryCodes(50));
    expect(sets.map((set) => new Set(set.map(({ selector }) => selector)).size)).toEqual(
      new Array(100).fill(50),
    );
  });

  it('shows each in four groups of four, and is found again by what is typed', () => {
    const codes = Array.from({ length: 40 }, () => newRecoveryCodes(50)).flat();
    expect(
      codes.filter(({ text }) => !/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/.test(text)),
    ).toEqual([]);
    expect(codes.map(({ text }) => canonicalRecoveryCode(text.toLowerCase()))).toEqual(
      codes.map(({ selector, rest }) => ({ selector, rest })),
    );
  });

  it('has 70 random bits in each: all characters in all places', () => {
    const codes = Array.from({ length: 40 }, () => newRecoveryCodes(50)).flat();
    const places = Array.from(
      { length: 14 },
      (_, place) => new Set(codes.map(({ rest }) => rest[place])).size,
    );
    expect(places).toEqual(new Array(14).fill(32));
    expect(new Set(codes.map(({ rest }) => rest)).size).toBe(codes.length);
  });
});
