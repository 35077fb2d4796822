import { describe, expect, it } from '@jest/globals';

import { Slices, sortedInSlices } from '#application/queries/slices.js';

const endless = () => new AbortController().signal;

/** A sequence without order, the same each time. */
const numbers = (count: number): number[] =>
  Array.from({ length: count }, (_, index) => (index * 7_919) % 1_000);

describe('work in slices', () => {
  it.each([0, 1, 511, 512, 513, 1_024, 1_537, 5_000])('sorts %i items as a sort does', async (count) => {
    const items = numbers(count).map((key, place) => ({ key, place }));
    const compare = (one: { key: number }, other: { key: number }) => one.key - other.key;
    expect(await sortedInSlices(items, compare, new Slices(endless()))).toEqual(items.toSorted(compare));
  });

  it('lets others have a turn while it sorts', async () => {
    let turns = 0;
    const counting = setInterval(() => {
      turns += 1;
    }, 0);
    await sortedInSlices(numbers(300_000), (one, other) => one - other, new Slices(endless()));
    clearInterval(counting);
    expect(turns).toBeGreaterThan(2);
  });

  it('is done by one at a time in each turn, however many work', async () => {
    const busy = (milliseconds: number) => {
      for (const until = performance.now() + milliseconds; performance.now() < until; );
    };
    let [inThisTurn, most] = [0, 0];
    const one = async () => {
      const slices = new Slices(endless());
      for (let piece = 0; piece < 3; piece += 1) {
        busy(5);
        await slices.pause();
        inThisTurn += 1;
        most = Math.max(most, inThisTurn);
      }
    };
    const between = () => {
      inThisTurn = 0;
      turn = setImmediate(between);
    };
    let turn = setImmediate(between);
    await Promise.all(Array.from({ length: 8 }, one));
    clearImmediate(turn);
    expect(most).toBe(1);
  });

  it('ends with the reason of who left', async () => {
    const left = new AbortController();
    const sorting = sortedInSlices(numbers(300_000), (one, other) => one - other, new Slices(left.signal));
    left.abort(new Error('nobody waits'));
    await expect(sorting).rejects.toThrow('nobody waits');
  });
});
