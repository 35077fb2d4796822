import { describe, expect, it } from '@jest/globals';

import { waitAfter } from '#delivery-hook/backoff.js';

describe('the wait after failures', () => {
  it.each([
    [1, 500, 1_000],
    [2, 1_000, 2_000],
    [5, 8_000, 16_000],
    [10, 256_000, 512_000],
    [11, 300_000, 600_000],
    [1_000_000, 300_000, 600_000],
  ])('doubles with each, ten minutes at most, half of it by chance: %i', (failures, least, most) => {
    expect([waitAfter(failures, 0), waitAfter(failures, 1)]).toEqual([least, most]);
  });
});
