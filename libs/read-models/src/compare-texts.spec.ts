import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compareTexts } from '#read-models/compare-texts.js';

const character = fc.constantFrom('a', 'b', 'ä', '\ud7ff', '\ue000', '\uffff', '😀', '\u{10ffff}');
const text = fc.oneof(
  fc.string({ unit: character, maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 6 }),
);

describe('the order of texts', () => {
  it('is that of their bytes in UTF-8', () => {
    fc.assert(
      fc.property(text, text, (one, other) => {
        const bytes = Buffer.compare(Buffer.from(one), Buffer.from(other));
        expect(Math.sign(compareTexts(one, other))).toBe(bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});
