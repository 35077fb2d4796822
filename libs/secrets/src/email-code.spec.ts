import { describe, expect, it } from '@jest/globals';

import { newEmailCode, sameCode } from '#secrets/email-code.js';

describe('a code in a mail', () => {
  it('has six characters, none of which is an I, L, O or U, and all others occur', () => {
    const codes = Array.from({ length: 2_000 }, newEmailCode);
    expect(codes.filter((code) => !/^[0-9A-HJKMNP-TV-Z]{6}$/.test(code))).toEqual([]);
    expect(new Set(codes.join('')).size).toBe(32);
    expect(new Set(codes).size).toBeGreaterThan(1_990);
  });

  it.each(['0K1ABZ', '0k1abz', ' 0K1-ABZ ', 'OKIABZ', 'oklabz', '０Ｋ１ＡＢＺ'])(
    'is right when typed as "%s"',
    (typed) => {
      expect(sameCode(typed, '0K1ABZ')).toBe(true);
    },
  );

  it.each(['', '0K1AB', '0K1ABZ0', '0K1ABY', '1K1ABZ', '0K1AB\u00dc', '0K1ABU', 'x'.repeat(1_000)])(
    'is wrong when typed as "%s"',
    (typed) => {
      expect(sameCode(typed, '0K1ABZ')).toBe(false);
    },
  );

  it('that cannot be one is not even right when the same was sent', () => {
    expect(sameCode('', '')).toBe(false);
    expect(sameCode('UUUUUU', 'UUUUUU')).toBe(false);
  });

  it('is compared as it was made: how long that takes would tell something if it were read first', () => {
    expect(sameCode('0K1ABZ', '0k1abz')).toBe(false);
    expect(sameCode('0K1ABZ', '0K1-ABZ')).toBe(false);
  });
});
