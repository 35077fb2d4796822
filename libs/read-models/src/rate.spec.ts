import { describe, expect, it } from '@jest/globals';

import { Rate } from '#read-models/rate.js';

describe('a rate', () => {
  function rated(...adds: readonly (readonly [number, number])[]): (at: number) => number {
    let now = 0;
    const rate = new Rate(() => now);
    for (const [at, count] of adds) {
      now = at;
      rate.add(count);
    }
    return (at) => {
      now = at;
      return rate.perSecond();
    };
  }

  it('is of the time since the first, while that is short', () => {
    const perSecond = rated([1_000, 300], [1_250, 500]);
    expect([perSecond(1_400), perSecond(1_500)]).toEqual([1_200, 1_600]);
  });

  it('is of the last five seconds later, and nothing once nothing came for as long', () => {
    const perSecond = rated([0, 90_000], [10_000, 500], [12_000, 500]);
    expect([perSecond(13_000), perSecond(16_000), perSecond(18_000)]).toEqual([200, 100, 0]);
  });

  it('is nothing before anything came', () => {
    expect(rated()(1_000)).toBe(0);
  });
});
