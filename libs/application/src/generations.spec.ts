import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Generations } from '#application/generations.js';

describe('what is kept at hand', () => {
  let kept: Generations<number>;
  const fill = (from: number, to: number) => {
    for (let value = from; value < to; value += 1) kept.set(`filler ${value}`, value);
  };
  beforeEach(() => {
    kept = new Generations<number>(10);
  });

  it('is what was last said of it, wherever it was said', () => {
    kept.set('a', 1);
    fill(0, 6);
    kept.set('a', 2);
    expect(kept.get('a')).toBe(2);
    fill(6, 9);
    expect(kept.get('a')).toBe(2);
    expect(kept.get('b')).toBeUndefined();
  });

  it('is at least half of what there is room for, and never more than that', () => {
    fill(0, 1_000);
    expect(kept.size).toBeLessThanOrEqual(10);
    const last = Array.from({ length: 5 }, (_, index) => kept.get(`filler ${995 + index}`));
    expect(last).toEqual([995, 996, 997, 998, 999]);
  });

  it('stays as long as it is asked for', () => {
    kept.set('a', 1);
    const answers = Array.from({ length: 25 }, (_, round) => {
      fill(4 * round, 4 * round + 4);
      return kept.get('a');
    });
    expect(new Set(answers)).toEqual(new Set([1]));
  });

  it('goes when nobody asked for it for so long', () => {
    kept.set('a', 1);
    fill(0, 10);
    expect(kept.get('a')).toBeUndefined();
  });

  it('does not come back after it was deleted, though an older one was kept as well', () => {
    kept.set('a', 1);
    fill(0, 5);
    kept.set('a', 2);
    kept.delete('a');
    expect(kept.get('a')).toBeUndefined();
  });

  it('is what a plain map says or nothing, over whatever happens, and within its bound', () => {
    const step = fc.tuple(fc.constantFrom('get', 'set', 'delete'), fc.nat({ max: 12 }), fc.nat());
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.array(step, { maxLength: 60 }), (entriesMax, steps) => {
        const plain = new Map<string, number>();
        const bounded = new Generations<number>(entriesMax);
        const act = {
          get: (key: string) => [undefined, plain.get(key)].includes(bounded.get(key)),
          set: (key: string, value: number) => [plain.set(key, value), bounded.set(key, value)].length > 0,
          delete: (key: string) => [plain.delete(key), bounded.delete(key)].length > 0,
        };
        const wrong = steps.filter(
          ([what, key, value]) =>
            !act[what as keyof typeof act](String(key), value) || bounded.size > entriesMax,
        );
        expect(wrong).toEqual([]);
      }),
    );
  });
});
