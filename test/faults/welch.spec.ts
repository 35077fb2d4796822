import { expect, it } from '@jest/globals';

import { Chance } from '#test/faults/chance.js';
import { welchT } from '#test/faults/welch.js';

it("Welch's t is that of a sample worked out by hand", () => {
  // Means 3 and 6, variances 2.5 and 10: (3 - 6) / sqrt(2.5 / 5 + 10 / 5).
  expect(welchT([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])).toBeCloseTo(-1.897_366_596, 8);
});

it('finds a difference of a tenth of the spread in ten thousand values, and none where there is none', () => {
  const chance = new Chance(1);
  const values = (shift: number) => Array.from({ length: 10_000 }, () => chance.below(1_000) + shift);
  expect(Math.abs(welchT(values(0), values(0)))).toBeLessThan(3);
  expect(welchT(values(0), values(29))).toBeLessThan(-4.5);
});
