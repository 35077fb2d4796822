import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { defaultRateLimits, type Limit } from '#access/rate-limits.js';
import { type Taken, TokenBuckets } from '#access/token-buckets.js';

const seed = Number(process.env.COUNTERSIGN_TEST_SEED ?? 20_260_101);

/** Ten a second, one each 100 ms, and five at once. */
const tenASecond: Limit = { perSecond: 10, burst: 5 };

function bucketsOf(limit: Limit = tenASecond, keysMax = 100) {
  const time = { now: 1_000_000 };
  const buckets = new TokenBuckets({ limit, keysMax, clock: () => time.now });
  return { time, buckets, take: (key: string, cost?: number) => buckets.take(key, cost) };
}

const times = <Result>(count: number, act: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => act(index));

const allowedOf = (taken: readonly { readonly allowed: boolean }[]) => taken.map(({ allowed }) => allowed);

describe('a bucket', () => {
  it('gives its burst at once, and then no more', () => {
    const { take } = bucketsOf();
    expect(allowedOf(times(6, () => take('a')))).toEqual([true, true, true, true, true, false]);
  });

  it('tells what is left, when it will be full, and when to ask again', () => {
    const { take } = bucketsOf();
    const asked = { limitPerSecond: 10, retryAfterMs: 0 };
    expect(take('a')).toEqual({ ...asked, allowed: true, remaining: 4, fullAtMs: 1_000_100 });
    expect(take('a', 4)).toEqual({ ...asked, allowed: true, remaining: 0, fullAtMs: 1_000_500 });
    const no = { ...asked, allowed: false, remaining: 0, fullAtMs: 1_000_500 };
    expect(take('a')).toEqual({ ...no, retryAfterMs: 100 });
    expect(take('a', 3)).toEqual({ ...no, retryAfterMs: 300 });
  });

  it('refills with time, up to its burst', () => {
    const { take, time } = bucketsOf();
    take('a', 5);
    time.now += 99;
    expect(take('a').allowed).toBe(false);
    time.now += 1;
    expect(take('a')).toMatchObject({ allowed: true, remaining: 0 });
    time.now += 3_600_000;
    expect(take('a')).toMatchObject({ allowed: true, remaining: 4 });
  });

  it('keeps what is less than a token', () => {
    const { take, time } = bucketsOf();
    take('a', 5);
    const taken = times(4, () => {
      time.now += 50;
      return take('a');
    });
    expect(allowedOf(taken)).toEqual([false, true, false, true]);
  });

  it('is not emptied by what it refuses', () => {
    const { take } = bucketsOf();
    take('a', 3);
    expect(take('a', 3)).toMatchObject({ allowed: false, remaining: 2 });
    expect(take('a', 2).allowed).toBe(true);
  });

  it('is wholly taken by what costs more than it holds', () => {
    const { take, time } = bucketsOf();
    expect(take('a', 50)).toMatchObject({ allowed: true, remaining: 0 });
    time.now += 400;
    expect(take('a', 50)).toMatchObject({ allowed: false, retryAfterMs: 100 });
  });

  it('is the key’s own', () => {
    const { take } = bucketsOf();
    take('a', 5);
    expect(take('a').allowed).toBe(false);
    expect(take('b')).toMatchObject({ allowed: true, remaining: 4 });
  });

  it('can be looked at, which takes nothing', () => {
    const { buckets, take } = bucketsOf();
    expect(allowedOf(times(20, () => buckets.look('a')))).not.toContain(false);
    take('a', 5);
    expect(buckets.look('a')).toMatchObject({ allowed: false, retryAfterMs: 100 });
  });

  it('is not remembered for a look', () => {
    const { buckets } = bucketsOf();
    times(50, (index) => buckets.look(`new-${index}`));
    expect(buckets.size).toBe(0);
  });

  it.each([-1, Number.NaN])('has no price of %p', (cost) => {
    expect(() => bucketsOf().take('a', cost)).toThrow(TypeError);
  });

  it.each([
    [{ perSecond: 0, burst: 1 }, 1],
    [{ perSecond: Number.NaN, burst: 1 }, 1],
    [{ perSecond: Number.POSITIVE_INFINITY, burst: 1 }, 1],
    [{ perSecond: 1, burst: 0.5 }, 1],
    [{ perSecond: 1, burst: Number.POSITIVE_INFINITY }, 1],
    [{ perSecond: 1, burst: 1 }, 0],
  ])('is not made of %j for %p keys', (limit, keysMax) => {
    expect(() => bucketsOf(limit, keysMax)).toThrow(TypeError);
  });
});

describe('a clock', () => {
  it('that leaps back neither fills a bucket nor closes it for the time of the leap', () => {
    const { take, time } = bucketsOf();
    take('a', 5);
    time.now -= 3_600_000;
    expect(take('a')).toMatchObject({ allowed: false, retryAfterMs: 100 });
    time.now += 100;
    expect(take('a').allowed).toBe(true);
  });
});

describe('whatever is asked, and however fast', () => {
  const limits = fc.record({
    perSecond: fc.double({ min: 0.1, max: 5_000, noNaN: true }),
    burst: fc.double({ min: 1, max: 5_000, noNaN: true }),
  });
  const asks = fc.array(fc.record({ cost: fc.integer({ min: 0, max: 50 }), waitMs: fc.nat(500) }), {
    minLength: 1,
    maxLength: 60,
  });

  it('no more is given than the burst and what was refilled', () => {
    fc.assert(
      fc.property(limits, asks, (limit, steps) => {
        const { take, time } = bucketsOf(limit);
        const start = time.now;
        const given = steps.map(({ cost, waitMs }) => {
          time.now += waitMs;
          return take('a', cost).allowed ? Math.min(cost, limit.burst) : 0;
        });
        const most = limit.burst + ((time.now - start) * limit.perSecond) / 1_000;
        expect(given.reduce((sum, cost) => sum + cost, 0)).toBeLessThanOrEqual(most + 1e-6);
      }),
      { seed },
    );
  });

  it('who waits as long as was said is let through', () => {
    fc.assert(
      fc.property(limits, asks, (limit, steps) => {
        const { buckets, take, time } = bucketsOf(limit);
        for (const { cost } of steps) take('a', cost);
        const { retryAfterMs } = buckets.look('a', 50);
        expect(retryAfterMs).toBeLessThanOrEqual((50 * 1_000) / limit.perSecond + 1);
        time.now += retryAfterMs;
        expect(buckets.look('a', 50)).toMatchObject({ allowed: true, retryAfterMs: 0 });
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

describe('a flood of new keys', () => {
  const flood = (take: (key: string) => Taken, count: number) =>
    times(count, (index) => take(`new-${index}`));

  it('frees nobody whose bucket is not full', () => {
    const { take } = bucketsOf(tenASecond, 10);
    take('attacker', 5);
    flood(take, 1_000);
    expect(take('attacker').allowed).toBe(false);
  });

  it('frees nobody while buckets that are full again make place for it', () => {
    const slow = bucketsOf({ perSecond: 1, burst: 100 }, 10);
    slow.take('attacker', 100);
    times(1_000, (index) => {
      slow.time.now += 20;
      return slow.buckets.look(`new-${index}`);
    });
    expect(slow.take('attacker').remaining).toBe(19);
  });

  it('never takes more memory than was said', () => {
    const { take, time, buckets } = bucketsOf(tenASecond, 10);
    flood(take, 1_000);
    expect(buckets.size).toBe(10);
    time.now += 10_000;
    flood(take, 1_000);
    expect(buckets.size).toBe(10);
  });

  it('leaves nothing behind once buckets are full again and others come, who are only looked at', () => {
    const { take, time, buckets } = bucketsOf(tenASecond, 1_000);
    flood(take, 1_000);
    time.now += 100;
    times(200, (index) => buckets.look(`other-${index}`));
    expect(buckets.size).toBe(0);
  });

  it('keeps little more than the buckets that are not full, however long it lasts', () => {
    const { take, time, buckets } = bucketsOf(tenASecond, 10_000);
    const sizes = times(5_000, (index) => {
      time.now += 10;
      take(`new-${index}`);
      return buckets.size;
    });
    // Each is full again after 100 ms, in which ten come.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
  });

  it('shares one bucket where there is no place', () => {
    const { take } = bucketsOf(tenASecond, 10);
    expect(allowedOf(flood(take, 17))).toEqual([...times(15, () => true), false, false]);
  });

  it('is over when buckets are full again: they go, oldest first, and who comes has one of its own', () => {
    const { take, time, buckets } = bucketsOf(tenASecond, 3);
    times(3, (index) => take(`old-${index}`, 5));
    expect(take('new', 5).allowed).toBe(true);
    expect(take('new').allowed).toBe(false);
    time.now += 500;
    take('old-0');
    expect(take('new', 5).remaining).toBe(0);
    expect(take('other', 5).allowed).toBe(true);
    expect(buckets.size).toBe(3);
    expect(take('old-0', 4).remaining).toBe(0);
    expect(take('old-0').allowed).toBe(false);
  });

  it('lets no one who found no place have more than the others', () => {
    const { take, buckets } = bucketsOf(tenASecond, 1);
    take('a', 5);
    take('b', 5);
    expect(buckets.look('c').allowed).toBe(false);
    expect(buckets.look('a').allowed).toBe(false);
  });
});

describe('the limits that are set by default', () => {
  it.each(Object.entries(defaultRateLimits))('of %s can be kept', (_, limit) => {
    expect(() => bucketsOf(limit)).not.toThrow();
    expect(limit.burst).toBeGreaterThanOrEqual(limit.perSecond);
  });
});
