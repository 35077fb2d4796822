import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { positionText } from '#event-log/counted-position.js';
import { unavailable } from '#event-log/errors.js';
import type { Position } from '#event-log/event-log.js';
import { type NotYet, Waits, waitMaxMs } from '#read-models/waits.js';

const at = positionText;
const users = { projections: ['users'], position: null };
const notYet = { code: 'not-yet', behindMs: expect.any(Number) };
const settle = () => new Promise((resolve) => setImmediate(resolve));
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let head: Position;
let asked: number;
let held: Promise<void>;
let waits: Waits;
const log = {
  head: async () => {
    asked += 1;
    const answer = head;
    await held;
    return answer;
  },
};
beforeEach(() => {
  head = at(0);
  asked = 0;
  held = Promise.resolve();
  waits = new Waits({ log, soleWriter: true });
});
afterEach(() => waits.close());

async function isPending(waiting: Promise<unknown>): Promise<boolean> {
  await settle();
  const pending = {};
  return (await Promise.race([waiting, settle().then(() => pending)])) === pending;
}

describe('a query without a position', () => {
  it('is answered at once where nothing was written, and where the rows show it', async () => {
    expect(await waits.awaitPosition(users)).toBeNull();
    waits.note(at(3));
    waits.moveTo('users', at(3));
    expect(await waits.awaitPosition(users)).toBeNull();
    expect(asked).toBe(0);
  });

  it('waits until the rows show what this process has written', async () => {
    waits.note(at(3));
    const waiting = waits.awaitPosition(users);
    waits.moveTo('users', at(2));
    expect(await isPending(waiting)).toBe(true);
    waits.moveTo('users', at(3));
    expect(await waiting).toBeNull();
  });

  it('asks for haste when it begins to wait, and not where everything is shown', async () => {
    let asks = 0;
    waits = new Waits({ log, soleWriter: true, hurry: { ask: () => (asks += 1) } });
    await waits.awaitPosition(users);
    expect(asks).toBe(0);
    waits.note(at(3));
    const waiting = waits.awaitPosition(users);
    expect(asks).toBe(1);
    waits.moveTo('users', at(3));
    await waiting;
    expect(asks).toBe(1);
  });

  it('waits for every projection that it reads, and for no other', async () => {
    waits.note(at(3));
    waits.moveTo('users', at(3));
    waits.moveTo('audit', at(1));
    expect(await waits.awaitPosition(users)).toBeNull();
    const both = waits.awaitPosition({ ...users, projections: ['users', 'organizations'] });
    waits.moveTo('audit', at(3));
    expect(await isPending(both)).toBe(true);
    waits.moveTo('organizations', at(4));
    expect(await both).toBeNull();
  });

  it('is not held up by what is written after it came', async () => {
    waits.note(at(3));
    const waiting = waits.awaitPosition(users);
    waits.note(at(9));
    waits.moveTo('users', at(3));
    expect(await waiting).toBeNull();
  });

  it('is refused when its time is over, with for how long the oldest write has been missing', async () => {
    waits.note(at(1));
    await sleep(50);
    waits.note(at(2));
    const began = performance.now();
    const refusal = (await waits.awaitPosition(users)) as NotYet;
    expect(refusal).toEqual(notYet);
    expect(performance.now() - began).toBeGreaterThanOrEqual(waitMaxMs - 5);
    expect(refusal.behindMs).toBeGreaterThanOrEqual(waitMaxMs + 40);
    waits.moveTo('users', at(2));
    expect(await waits.awaitPosition(users)).toBeNull();
  });

  it('is refused at once when waiting has ended', async () => {
    waits.note(at(1));
    const waiting = waits.awaitPosition(users);
    waits.close();
    const another = waits.awaitPosition(users);
    expect(await Promise.all([waiting, another].map(isPending))).toEqual([false, false]);
    expect(await Promise.all([waiting, another])).toEqual([notYet, notYet]);
  });

  it('waits no longer than somebody waits for it', async () => {
    waits.note(at(1));
    const controller = new AbortController();
    const { signal } = controller;
    const waiting = waits.awaitPosition({ ...users, signal });
    controller.abort();
    const another = waits.awaitPosition({ ...users, signal });
    expect(await Promise.all([waiting, another].map(isPending))).toEqual([false, false]);
    expect(await Promise.all([waiting, another])).toEqual([notYet, notYet]);
  });
});

describe('a query with a position', () => {
  it('waits for it, be it of another process, and for nothing else', async () => {
    waits = new Waits({ log, soleWriter: false });
    waits.note(at(9));
    const waiting = waits.awaitPosition({ ...users, position: at(5) });
    expect(await isPending(waiting)).toBe(true);
    waits.moveTo('users', at(5));
    expect(await waiting).toBeNull();
    expect(asked).toBe(0);
  });

  it('that nobody wrote is refused, with how long was waited', async () => {
    waits.moveTo('users', at(5));
    const refusal = (await waits.awaitPosition({ ...users, position: at(6) })) as NotYet;
    expect(refusal.behindMs).toBeGreaterThanOrEqual(waitMaxMs - 5);
    expect(waits.behindMs('users')).toBe(0);
  });
});

describe('where other processes write, too, a query without a position', () => {
  beforeEach(() => {
    waits = new Waits({ log, soleWriter: false });
  });

  it('waits for what the log holds when it comes', async () => {
    head = at(7);
    const waiting = waits.awaitPosition(users);
    waits.moveTo('users', at(6));
    expect(await isPending(waiting)).toBe(true);
    waits.moveTo('users', at(7));
    expect(await waiting).toBeNull();
  });

  it('shares the reading of the head with those that come at the same time, and never takes an older one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    head = at(1);
    waits.moveTo('users', at(1));
    const first = waits.awaitPosition(users);
    await settle();
    head = at(2);
    const later = Array.from({ length: 50 }, () => waits.awaitPosition(users));
    await settle();
    expect(asked).toBe(1);
    resolve();
    expect(await first).toBeNull();
    expect(await isPending(Promise.any(later))).toBe(true);
    waits.moveTo('users', at(2));
    expect(await Promise.all(later)).toEqual(later.map(() => null));
    expect(asked).toBe(2);
  });

  it('is refused where the log does not say in time, and fails where it cannot', async () => {
    held = new Promise(() => undefined);
    expect(await waits.awaitPosition(users)).toEqual(notYet);
    const down = unavailable('it is away');
    const failing = new Waits({ log: { head: () => Promise.reject(down) }, soleWriter: false });
    await expect(failing.awaitPosition(users)).rejects.toBe(down);
    await expect(failing.awaitPosition(users)).rejects.toBe(down);
  });
});

describe('where another process makes the rows', () => {
  let shown: Position;
  let looks: number;
  let failure: Error | null;
  beforeEach(() => {
    [shown, looks, failure] = [at(0), 0, null];
    const lookUp = async () => {
      looks += 1;
      if (failure !== null) throw failure;
      return [['users', shown]] as const;
    };
    waits = new Waits({ log, soleWriter: false, lookUp });
  });

  it('a query waits until they are seen to go so far, and nobody looks before or after it', async () => {
    await sleep(50);
    expect(looks).toBe(0);
    const waiting = waits.awaitPosition({ ...users, position: at(5) });
    await sleep(50);
    expect(looks).toBeGreaterThan(1);
    shown = at(5);
    expect(await waiting).toBeNull();
    await sleep(50);
    const after = looks;
    await sleep(100);
    expect(looks).toBe(after);
    expect(await waits.awaitPosition({ ...users, position: at(4) })).toBeNull();
    expect(looks).toBe(after);
  });

  it('all who wait share a look', async () => {
    const waiting = Array.from({ length: 200 }, () => waits.awaitPosition({ ...users, position: at(5) }));
    await sleep(100);
    shown = at(5);
    expect(await Promise.all(waiting)).toEqual(waiting.map(() => null));
    expect(looks).toBeLessThan(50);
  });

  it('it is refused when its time is over, and fails where they cannot be asked', async () => {
    expect(await waits.awaitPosition({ ...users, position: at(5) })).toEqual(notYet);
    failure = new Error('it is away');
    await expect(waits.awaitPosition({ ...users, position: at(5) })).rejects.toBe(failure);
    failure = null;
    shown = at(5);
    expect(await waits.awaitPosition({ ...users, position: at(5) })).toBeNull();
  });

  it('rows that went back are waited for again', async () => {
    waits.moveTo('users', at(5));
    waits.moveTo('users', at(3));
    expect(waits.shownOf('users')).toBe(at(3));
    expect(await waits.awaitPosition({ ...users, position: at(5) })).toEqual(notYet);
  });
});

describe('how far a projection is behind', () => {
  it('is nothing while it shows everything, and does not grow while it keeps up', async () => {
    expect(waits.behindMs('users')).toBe(0);
    let notedAt = 0;
    for (let written = 1; written <= 40; written += 1) {
      notedAt = performance.now();
      waits.note(at(written));
      await sleep(10);
      waits.moveTo('users', at(written - 1));
    }
    const behindMs = waits.behindMs('users');
    expect(behindMs).toBeGreaterThan(0);
    expect(behindMs).toBeLessThanOrEqual(performance.now() - notedAt);
    waits.moveTo('users', at(40));
    expect(waits.behindMs('users')).toBe(0);
  });

  it('is told of each, by the oldest write that it misses', async () => {
    waits.moveTo('users', at(0));
    waits.moveTo('audit', at(0));
    waits.note(at(1));
    await sleep(100);
    const before = performance.now();
    waits.note(at(2));
    waits.moveTo('users', at(1));
    expect(waits.behindMs('audit')).toBeGreaterThanOrEqual(95);
    const behindMs = waits.behindMs('users');
    expect(behindMs).toBeLessThanOrEqual(performance.now() - before);
  });

  it('is told within bounds of memory, however far it is', () => {
    for (let written = 1; written <= 5_000; written += 1) waits.note(at(written));
    expect(waits.behindMs('users')).toBeGreaterThanOrEqual(0);
  });
});
