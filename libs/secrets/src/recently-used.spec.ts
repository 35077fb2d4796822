import { describe, expect, it } from '@jest/globals';

import { RecentlyUsed } from '#secrets/recently-used.js';

describe('a bounded cache', () => {
  it('never holds more than it may, and at least half of it', () => {
    const cache = new RecentlyUsed<number>(10);
    const sizes = Array.from({ length: 100 }, (_, index) => {
      cache.set(`n${index}`, index);
      return cache.size;
    });
    expect(Math.max(...sizes)).toBe(10);
    expect(Math.min(...sizes.slice(10))).toBeGreaterThanOrEqual(5);
  });

  it.each([2, 3, 11])('holds no more than %i, whether it is even or odd', (entriesMax) => {
    const cache = new RecentlyUsed<number>(entriesMax);
    const sizes = Array.from({ length: 100 }, (_, index) => {
      cache.set(`n${index}`, index);
      return cache.size;
    });
    expect(Math.max(...sizes)).toBe(entriesMax - (entriesMax % 2));
  });

  it('forgets nothing for a new value of what it has', () => {
    const cache = new RecentlyUsed<number>(2);
    cache.set('a', 1);
    cache.set('b', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
  });

  it('keeps what is asked for, and forgets what is not', () => {
    const cache = new RecentlyUsed<number>(10);
    cache.set('asked', 1);
    cache.set('not', 2);
    for (let index = 0; index < 100; index += 1) {
      cache.set(`n${index}`, index);
      expect(cache.get('asked')).toBe(1);
    }
    expect(cache.get('not')).toBeUndefined();
  });

  it('keeps one value of each name, and counts it once', () => {
    const cache = new RecentlyUsed<number>(4);
    for (const value of [1, 2, 3]) cache.set('a', value);
    cache.set('b', 1);
    cache.set('c', 1);
    cache.set('a', 4);
    expect(cache.get('a')).toBe(4);
    expect(cache.size).toBe(3);
  });

  it('forgets at once what is deleted, in either generation', () => {
    const cache = new RecentlyUsed<number>(4);
    for (const name of ['a', 'b', 'c']) cache.set(name, 1);
    cache.delete('a');
    cache.delete('c');
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual([undefined, 1, undefined]);
  });

  it.each([0, 1, 2.5, Number.NaN])('has no room for %d entries', (entriesMax) => {
    expect(() => new RecentlyUsed(entriesMax)).toThrow(
      new RangeError('a cache has room for 2 entries at least'),
    );
  });
});
