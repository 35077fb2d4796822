import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { canonicalDigits, canonicalRecoveryCode } from '#secrets/canonical-code.js';

describe('the digits of a typed code', () => {
  it.each([
    ['as shown', '012345', '012345'],
    ['with a space in the middle', '012 345', '012345'],
    ['with a dash in the middle', '012-345', '012345'],
    ['with full-width digits', '０１２３４５', '012345'],
    ['with full-width digits, space and dash', '０１　２３－４５', '012345'],
    ['with what a Japanese keyboard gives for a dash', '０１２ー３４５', '012345'],
    ['with a no-break space, a thin space and a figure dash', '0\u00a01\u20092\u2012345', '012345'],
    ['with a minus sign and an em dash', '01\u221223\u201445', '012345'],
    ['with a line end and a tab', '\t012345\r\n', '012345'],
    ['with a byte order mark and a zero-width space', '\ufeff012\u200b345', '012345'],
    ['with a soft hyphen and marks of direction', '\u202a012\u00ad345\u202c', '012345'],
    ['in a mathematical font', '𝟎𝟏𝟐𝟑𝟒𝟓', '012345'],
    ['with eight digits', '9428 7082', '94287082'],
  ])('are read %s', (_how, typed, digits) => {
    expect(canonicalDigits(typed)).toBe(digits);
  });

  it.each([
    ['nothing', ''],
    ['nothing but ornaments', ' - \u2014'],
    ['letters', '01234a'],
    ['letters that look like digits', 'O12345'],
    ['digits of other scripts', '٠١٢٣٤٥'],
    ['Devanagari digits', '०१२३४५'],
    ['a decimal point', '0123.45'],
    ['a plus sign', '+012345'],
    ['a fraction', '½12345'],
    ['a keycap', '1\ufe0f\u20e32345'],
    ['a null character', '01234\u00005'],
  ])('are not found in %s', (_what, typed) => {
    expect(canonicalDigits(typed)).toBeNull();
  });

  it('are not looked for in more than 64 characters', () => {
    expect(canonicalDigits(`012345${' '.repeat(58)}`)).toBe('012345');
    expect(canonicalDigits(`012345${' '.repeat(59)}`)).toBeNull();
  });

  it('are the same again when they are read once more, and are ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 70 }), (typed) => {
        const digits = canonicalDigits(typed);
        expect(digits ?? '0').toMatch(/^[0-9]+$/);
        expect(digits === null ? null : canonicalDigits(digits)).toBe(digits);
      }),
    );
  });

  it('come out of any dressing, leading zeros included', () => {
    const ornament = fc.constantFrom(
      '',
      ' ',
      '-',
      '\u00a0',
      '\u2003',
      '\u3000',
      '\u2010',
      '\u2015',
      '\ufe63',
      '\u200b',
    );
    const figure = fc.tuple(fc.nat(9), fc.constantFrom(0x30, 0xff10, 0x1d7ce, 0x1d7f6), ornament);
    fc.assert(
      fc.property(fc.array(figure, { minLength: 6, maxLength: 8 }), (figures) => {
        const typed = figures
          .map(([digit, zero, after]) => String.fromCodePoint(zero + digit) + after)
          .join('');
        expect(canonicalDigits(typed)).toBe(figures.map(([digit]) => digit).join(''));
      }),
    );
  });
});

describe('a typed recovery code', () => {
  const read = { selector: '7K', rest: 'ABCDEFGH012345' };

  it.each([
    ['as shown', '7KAB-CDEF-GH01-2345'],
    ['in one word', '7KABCDEFGH012345'],
    ['in lower case', '7kab-cdef-gh01-2345'],
    ['with spaces', ' 7KAB CDEF GH01 2345 '],
    ['with dashes of a word processor', '7KAB\u2013CDEF\u2013GH01\u20132345'],
    ['with the letter O for a zero', '7KAB-CDEF-GHO1-2345'],
    ['with a small o for a zero', '7kab-cdef-gho1-2345'],
    ['with the letter I for a one', '7KAB-CDEF-GH0I-2345'],
    ['with a small L for a one', '7kab-cdef-gh0l-2345'],
    ['in full width', '７ＫＡＢ－ＣＤＥＦ－ＧＨ０１－２３４５'],
  ])('is read %s', (_how, typed) => {
    expect(canonicalRecoveryCode(typed)).toEqual(read);
  });

  it.each([
    ['nothing', ''],
    ['a character less', '7KAB-CDEF-GH01-234'],
    ['a character more', '7KAB-CDEF-GH01-23456'],
    ['a U, which no code has', '7KAB-CDEF-GH01-234U'],
    ['a letter whose upper case is an I', '7KAB-CDEF-GH0\u0131-2345'],
    ['a letter whose upper case is two', '7KAB-CDEF-GH01-23\u00df'],
    ['a Cyrillic A', '7K\u0410B-CDEF-GH01-2345'],
    ['a full stop', '7KAB.CDEF.GH01.2345'],
    ['65 characters', `7KAB-CDEF-GH01-2345${' '.repeat(46)}`],
  ])('is not found in %s', (_what, typed) => {
    expect(canonicalRecoveryCode(typed)).toBeNull();
  });
});
