import { expect, it } from '@jest/globals';

import { PauseBudget } from '#read-models/pause-budget.js';

it('a second of pauses is to be had in any ten, and what is refused costs nothing', () => {
  const budget = new PauseBudget();
  const asked = [
    [620, 0],
    [400, 100],
    [380, 200],
    [1, 9_999],
    [620, 10_000],
    [1, 10_001],
    [1, 10_199],
    [380, 10_200],
  ] as const;
  const taken = asked.map(([milliseconds, now]) => budget.take(milliseconds, now));
  expect(taken).toEqual([true, false, true, false, true, false, false, true]);
});
