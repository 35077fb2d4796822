import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { Limit } from '#access/rate-limits.js';
import { SharedBuckets } from '#access/shared-buckets.js';
import type { Taken } from '#access/token-buckets.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

/** So slow that nothing comes back while a spec runs. */
const forty: Limit = { perSecond: 1e-6, burst: 40 };
const now = 1_800_000_000_000;

describeOnPostgres('buckets in PostgreSQL', (server) => {
  let url: string;
  let opened: SharedBuckets[];
  let troubles: string[];
  beforeEach(async () => {
    url = await server().createDatabase();
    [opened, troubles] = [[], []];
  });
  afterEach(() => Promise.all(opened.map((shared) => shared.close())));

  function open() {
    const onTrouble = (text: string) => troubles.push(text);
    const shared = new SharedBuckets({ url, clock: () => now, onTrouble });
    opened.push(shared);
    return shared.bucketsOf('calls', forty);
  }

  const allowed = (taken: readonly Taken[]) => taken.filter((one) => one.allowed).length;

  it('let through what one would hold, however many processes and calls take of it at once', async () => {
    const processes = [open(), open(), open()];
    const taken = await Promise.all(
      Array.from({ length: 192 }, (_, call) => processes[call % 3]?.take('acme', 1, forty) as Promise<Taken>),
    );
    expect(allowed(taken)).toBe(40);
    const left = taken.filter((one) => one.allowed).map(({ remaining }) => remaining);
    expect(left.toSorted((one, other) => one - other)).toEqual(
      Array.from({ length: 40 }, (_, index) => index),
    );
    expect(await processes[0]?.take('other', 1, forty)).toMatchObject({ allowed: true, remaining: 39 });
    expect(troubles).toEqual([]);
  });

  it('take whole costs, or nothing', async () => {
    const one = open();
    expect(await one.take('acme', 30, forty)).toMatchObject({ allowed: true, remaining: 10 });
    expect(await one.take('acme', 30, forty)).toMatchObject({ allowed: false, remaining: 10 });
    expect(await one.take('acme', 10, forty)).toMatchObject({ allowed: true, remaining: 0 });
    expect(await one.take('new', 1_000, forty)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('fill up by the clock of the database, and say when to come again', async () => {
    const one = open();
    const slow: Limit = { perSecond: 10, burst: 2 };
    const taken = await Promise.all([1, 2, 3].map(() => one.take('acme', 1, slow) as Promise<Taken>));
    expect(taken.map((each) => each.allowed)).toEqual([true, true, false]);
    const { retryAfterMs = 0, fullAtMs = 0 } = taken[2] ?? {};
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(100);
    expect(fullAtMs).toBeGreaterThan(now + 100);
    await new Promise((resolve) => setTimeout(resolve, retryAfterMs + 20));
    expect(await one.take('acme', 1, slow)).toMatchObject({ allowed: true });
  });

  it('get back what was taken for nothing', async () => {
    const one = open();
    await one.take('acme', 40, forty);
    one.giveBack('acme', 15, forty);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await one.take('acme', 15, forty)).toMatchObject({ allowed: true, remaining: 0 });
  });

  it('are those of the process alone while the database is away, which is told once', async () => {
    const one = open();
    await one.take('acme', 40, forty);
    await opened[0]?.close();
    opened = [];
    const taken = await Promise.all(Array.from({ length: 60 }, () => one.take('acme', 1, forty)));
    expect(allowed(taken)).toBe(40);
    expect(troubles).toEqual([expect.stringContaining('the shared limits cannot be reached')]);
  });
});
