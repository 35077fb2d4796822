import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { positionText as at } from '#event-log/counted-position.js';
import { WriteTimes } from '#read-models/write-times.js';

describe('the time since the first write after a position', () => {
  it('is never too long, and at most a sample too short, while the reader keeps up', () => {
    const gaps = fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(gaps, fc.nat(), (between, chosen) => {
        const times = new WriteTimes();
        let now = 0;
        const written = between.map((gap, nth) => {
          now += gap;
          times.add(at(nth + 1), now);
          return now;
        });
        const seen = chosen % written.length;
        const lag = times.sinceFirstAfter(at(seen), now);
        const exact = now - (written[seen] as number);
        expect(lag).toBeLessThanOrEqual(exact);
        expect(lag).toBeGreaterThanOrEqual(exact - 45);
      }),
    );
  });

  it('stays known, less exactly, over a million writes that nobody saw', () => {
    const times = new WriteTimes();
    for (let nth = 1; nth <= 1_000_000; nth += 1) times.add(at(nth), nth);
    expect(times.sinceFirstAfter(at(0), 1_000_000)).toBe(999_999);
    const half = times.sinceFirstAfter(at(500_000), 1_000_000);
    expect(half).toBeGreaterThan(480_000);
    expect(half).toBeLessThanOrEqual(500_000);
    times.dropUpTo(at(1_000_000));
    expect(times.sinceFirstAfter(at(1_000_000), 1_000_005)).toBe(0);
  });
});
