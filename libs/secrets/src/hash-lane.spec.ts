import { inspect } from 'node:util';

import { describe, expect, it } from '@jest/globals';

import {
  HashLane,
  HashLaneFull,
  HashUnreadable,
  passwordWorkFactor,
  recoveryWorkFactor,
} from '#secrets/hash-lane.js';

const light = { memoryKibibytes: 8, passes: 1 };
const roomy = () => new HashLane({ concurrent: 2, waitingMax: 100 });

/** The least of some times: what else the process does only adds. */
async function processorTimeOf(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let trial = 0; trial < 8; trial += 1) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push(user + system);
  }
  return Math.min(...times);
}

describe('a hash', () => {
  it('is Argon2id with the small work factor, unless another is asked for', async () => {
    const lane = roomy();
    expect(await lane.hash('secret')).toMatch(/^\$argon2id\$v=19\$m=7168,t=5,p=1\$[^$]{22}\$[^$]{43}$/);
    expect(await lane.hash('secret', passwordWorkFactor)).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  });

  it('has a salt of its own', async () => {
    const lane = roomy();
    const [one, other] = await Promise.all([lane.hash('secret', light), lane.hash('secret', light)]);
    expect(one).not.toBe(other);
    expect(one.split('$')[4]).not.toBe(other.split('$')[4]);
  });

  it('is verified with its own text only', async () => {
    const lane = roomy();
    const stored = await lane.hash('secret', light);
    expect(await lane.verify(stored, 'secret')).toBe(true);
    expect(await lane.verify(stored, 'secreT')).toBe(false);
    expect(await lane.verify(stored, '')).toBe(false);
  });

  it('that the reference implementation of Argon2 made is verified', async () => {
    // One of that implementation's own tests.
    const stored = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4';
    expect(await roomy().verify(stored, 'password')).toBe(true);
  });

  it('that is not there is compared at the price of one that is, and is not right', async () => {
    const lane = roomy();
    // A third of the price where none is asked for.
    const cheap = { memoryKibibytes: 1_024, passes: 10 };
    const stored = await lane.hash('secret', cheap);
    const real = await processorTimeOf(() => lane.verify(stored, 'secret'));
    expect(await lane.verifyDummy('secret', cheap)).toBe(false);
    const dummy = await processorTimeOf(() => lane.verifyDummy('secret', cheap));
    expect(dummy).toBeGreaterThan(real / 2);
    expect(dummy).toBeLessThan(real * 2);
  });

  it.each([
    '',
    'canary',
    '$argon2id$canary',
    '$argon2id$v=19$m=8,t=1,p=1$canary!$canary!',
    '$argon2i$v=19$m=8,t=1,p=1$Y2FuYXJ5Y2FuYXJ5$Y2FuYXJ5Y2FuYXJ5',
    '$argon2id$v=19$m=1048576,t=1,p=1$Y2FuYXJ5Y2FuYXJ5$Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5',
  ])('that cannot be read fails with an error that does not quote it: "%s"', async (stored) => {
    const lane = roomy();
    const failure: unknown = await lane.verify(stored, 'canary').catch((error) => error);
    expect(failure).toBeInstanceOf(HashUnreadable);
    expect(failure).toMatchObject({
      name: 'HashUnreadable',
      code: 'hash-unreadable',
      message: 'a stored hash cannot be read',
    });
    expect(inspect(failure, { depth: null, showHidden: true })).not.toMatch(/canary|Y2FuYXJ5/);
    expect(await lane.hash('the lane goes on', light)).toMatch(/^\$argon2id/);
  });

  it('is made with at least what OWASP asks for', () => {
    expect(recoveryWorkFactor).toEqual({ memoryKibibytes: 7_168, passes: 5 });
    expect(passwordWorkFactor.memoryKibibytes).toBeGreaterThanOrEqual(19_456);
    expect(passwordWorkFactor.passes).toBeGreaterThanOrEqual(2);
  });
});

describe('a lane', () => {
  it('runs so many at a time, lets so many wait, and refuses the rest at once', async () => {
    const lane = new HashLane({ concurrent: 2, waitingMax: 3 });
    const results = await Promise.allSettled(Array.from({ length: 9 }, () => lane.hash('secret', light)));
    const refused = results.map(
      (result) => result.status === 'rejected' && result.reason instanceof HashLaneFull,
    );
    expect(refused).toEqual([false, false, false, false, false, true, true, true, true]);
  });

  it('is free again when its work is done, also after a failure', async () => {
    const lane = new HashLane({ concurrent: 1, waitingMax: 0 });
    const stored = await lane.hash('secret', light);
    await expect(lane.verify('$argon2id$none', 'secret')).rejects.toThrow(HashUnreadable);
    expect(await lane.verify(stored, 'secret')).toBe(true);
    const working = lane.hash('secret', light);
    await expect(lane.verifyDummy('secret', light)).rejects.toThrow(HashLaneFull);
    await working;
    expect(await lane.verify(stored, 'other')).toBe(false);
  });

  it('takes its work in the order in which it came', async () => {
    const lane = new HashLane({ concurrent: 1, waitingMax: 20 });
    const done: number[] = [];
    const work = (turn: number) => lane.hash('secret', light).then(() => done.push(turn));
    await Promise.all([0, 1, 2, 3, 4, 5].map(work));
    expect(done).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('never runs more than it may, however many ask', async () => {
    const lane = new HashLane({ concurrent: 2, waitingMax: 50 });
    const seen: number[][] = [];
    const look = () => seen.push([lane.running, lane.waiting]);
    const working = Array.from({ length: 6 }, () => lane.hash('secret', light).then(look));
    expect([lane.running, lane.waiting]).toEqual([2, 4]);
    await Promise.all(working);
    expect(seen.filter(([running]) => running === undefined || running > 2)).toEqual([]);
    expect([lane.running, lane.waiting]).toEqual([0, 0]);
  });

  it('refuses what would wait too long, but for a few, and says how long that is', async () => {
    const lane = new HashLane({ concurrent: 1, waitingMax: 100, waitMaxMs: 1, waitingLeast: 3 });
    const slow = { memoryKibibytes: 65_536, passes: 1 };
    await lane.hash('secret', slow);
    const asked = Array.from({ length: 6 }, () => lane.hash('secret', slow));
    const results = await Promise.allSettled(asked);
    expect(results.map(({ status }) => status)).toEqual([
      ...new Array(4).fill('fulfilled'),
      ...new Array(2).fill('rejected'),
    ]);
    const { reason } = results[5] as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(HashLaneFull);
    expect(reason.retryAfterMs).toBeGreaterThanOrEqual(1_000);
  });

  it('beside another takes turns with it', async () => {
    const passwords = new HashLane({ concurrent: 1, waitingMax: 100 });
    const codes = passwords.beside();
    const done: string[] = [];
    const work = (lane: HashLane, name: string) => lane.hash('secret', light).then(() => done.push(name));
    await Promise.all([
      ...[1, 2, 3, 4].map((turn) => work(passwords, `password ${turn}`)),
      work(codes, 'code'),
    ]);
    expect(done).toEqual(['password 1', 'password 2', 'code', 'password 3', 'password 4']);
  });

  it('tells what refused in words that name no secret', async () => {
    const lane = new HashLane({ concurrent: 1, waitingMax: 0 });
    const working = lane.hash('canary', light);
    const failure: unknown = await lane.hash('canary', light).catch((error) => error);
    await working;
    expect(failure).toMatchObject({
      name: 'HashLaneFull',
      code: 'hash-lane-full',
      message: 'more hashes are wanted than may wait',
    });
    expect(inspect(failure, { depth: null, showHidden: true })).not.toContain('canary');
  });

  it.each([
    [0, 1],
    [1, -1],
    [Number.NaN, 1],
  ])('of %d at a time and %d waiting is a bug', (concurrent, waitingMax) => {
    expect(() => new HashLane({ concurrent, waitingMax })).toThrow(
      new RangeError('a lane needs one hash at a time'),
    );
  });

  it('leaves the main thread free while it works', async () => {
    const lane = new HashLane({ concurrent: 2, waitingMax: 50 });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await Promise.all(Array.from({ length: 10 }, () => lane.hash('secret', passwordWorkFactor)));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(20);
  });
});
