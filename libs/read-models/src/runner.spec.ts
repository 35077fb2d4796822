import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { corrupt, unavailable } from '#event-log/errors.js';
import type { NewEvent, Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { checkpointAt } from '#read-models/contract/samples.js';
import { Unopenable } from '#read-models/opener.js';
import { type Batch, ModelStoreError } from '#read-models/store.js';
import {
  added,
  joined,
  left,
  newEvent,
  person,
  registryFailingFor,
  renamed,
} from '#read-models/testing/registry.js';
import { RunnerHouse, storeWith, until } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
beforeEach(() => {
  house = new RunnerHouse();
});
afterEach(() => house.close());

const organization = (id: string): string => `organization-${id}`;

describe('a runner', () => {
  it('makes rows of what is in the log, and then of what comes', async () => {
    await house.append(organization('a'), added('Ada'), joined('u1', 'OWNER'));
    const runner = await house.run();
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toEqual([
      { id: 'a', name: 'Ada', state: 'active', changes: 1 },
    ]);
    await house.append(organization('a'), renamed('Eve'));
    await house.append('user-1', person('a@b.c', 'Ann'));
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve', changes: 2 }]);
    expect(await house.rows('members')).toEqual([{ organization: 'a', user: 'u1', roles: 'OWNER' }]);
    expect(await house.rows('people')).toEqual([{ stream: 'user-1', email: 'a@b.c', name: 'Ann' }]);
  });

  it('moves on over events that mean nothing to it, also over those of other programs', async () => {
    const foreign: NewEvent = { ...newEvent(added('a')), type: 'org.added.elsewhere', data: {} };
    await house.append('elsewhere-1', foreign, { ...newEvent(added('b')), type: '__proto__', data: {} });
    const moved: Position[] = [];
    const runner = await house.run({ onMoved: (position) => moved.push(position) });
    await house.untilCaughtUp(runner);
    expect(moved.at(-1)).toBe(await house.log.head());
    expect(await house.store.checkpoint(await house.open())).toEqual({
      log: await house.log.identity(),
      position: await house.log.head(),
      events: 2,
    });
    expect((await runner.status()).parked).toEqual([]);
  });

  it('takes what waits together in one transaction, and no more at once than it may', async () => {
    const sizes: number[] = [];
    const counting = storeWith(house.store, (batch) => {
      sizes.push(batch.to.events - (batch.from?.events ?? 0));
      return house.store.apply(batch);
    });
    for (let stream = 0; stream < 4; stream += 1) {
      const events = Array.from({ length: 500 }, () => renamed('x'));
      await house.append(organization(`${stream}`), ...events);
    }
    await house.append(organization('last'), added('x'));
    await house.untilCaughtUp(await house.run({ store: counting, batchEventsMax: 100 }));
    expect(sizes).toEqual([...Array.from({ length: 20 }, () => 100), 1]);
  });

  it('takes what comes one by one together, and not each event in a transaction of its own', async () => {
    let batches = 0;
    const counting = storeWith(house.store, (batch) => {
      batches += 1;
      return house.store.apply(batch);
    });
    const runner = await house.run({ store: counting });
    await until(async () => (await runner.status()).phase === 'following');
    const began = performance.now();
    for (let event = 0; event < 200; event += 1) {
      await house.append(organization(`${event}`), added('x'));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await house.untilCaughtUp(runner);
    // Ten milliseconds lie between two of them, by a timer that may be early by one.
    expect(batches).toBeLessThanOrEqual((performance.now() - began) / 9 + 2);
  });

  it('goes on from its checkpoint when it is started again', async () => {
    await house.append(organization('a'), added('Ada'));
    const first = await house.run();
    await house.untilCaughtUp(first);
    await first.close();
    await house.append(organization('a'), renamed('Eve'));
    const batches: Batch[] = [];
    const second = await house.run({
      store: storeWith(house.store, (batch) => {
        batches.push(batch);
        return house.store.apply(batch);
      }),
    });
    await house.untilCaughtUp(second);
    expect(batches.map(({ from, to }) => [from?.events, to.events])).toEqual([[1, 2]]);
    expect(await first.ended).toMatchObject({ code: 'closed' });
  });

  it('tells where it stands', async () => {
    await house.append(organization('a'), added('Ada'));
    const countBetween = (after: Position, upTo: Position) => Number(upTo) - Number(after);
    const runner = await house.run({ countBetween });
    await house.untilCaughtUp(runner);
    await until(async () => (await runner.status()).phase === 'following');
    const head = await house.log.head();
    expect(await runner.status()).toEqual({
      projection: 'registry',
      build: (await house.open()).build,
      phase: 'following',
      position: head,
      head,
      events: 1,
      lagEvents: 0,
      lagSeconds: 0,
      eventsPerSecond: expect.any(Number),
      parked: [],
      lastError: null,
      stopped: null,
    });
    runner.pause();
    await house.append(organization('a'), renamed('Eve'), renamed('Eva'));
    expect(await runner.status()).toMatchObject({ phase: 'paused', lagEvents: 2, position: head });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect((await runner.status()).lagSeconds).toBeGreaterThan(0);
    expect(runner.position).toBe(head);
    runner.resume();
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eva' }]);
  });

  it('ends cleanly while it waits, while it is paused, and twice', async () => {
    const runner = await house.run();
    const paused = await house.run();
    paused.pause();
    await Promise.all([runner.close(), runner.close(), paused.close()]);
    expect(await runner.ended).toMatchObject({ code: 'closed' });
    expect(await runner.status()).toMatchObject({ phase: 'stopped', stopped: { code: 'closed' } });
    await expect(runner.unpark('a')).rejects.toThrow('it was closed');
  });
});

describe('a runner stops', () => {
  it('when its checkpoint is of another log', async () => {
    await house.append(organization('a'), added('Ada'));
    await house.untilCaughtUp(await house.run());
    const log = new InMemoryEventLog();
    const other = await house.run({ log });
    expect(await other.ended).toEqual({
      code: 'other-log',
      text: expect.stringContaining(await house.log.identity()),
    });
    expect(house.troubles).toEqual([expect.stringContaining('from another log')]);
  });

  it('when the log ends before its checkpoint', async () => {
    await house.append(organization('a'), added('Ada'));
    const build = await house.open();
    const to = { ...checkpointAt(5), log: await house.log.identity() };
    await house.store.apply({ build, changes: [], from: null, to });
    const runner = await house.run();
    expect(await runner.ended).toEqual({ code: 'shorter-log', text: expect.stringContaining(to.position) });
    expect(await house.store.checkpoint(build)).toEqual(to);
  });

  it('when another runner moves the checkpoint', async () => {
    const runner = await house.run();
    const build = await house.open();
    const to = { ...checkpointAt(1), log: await house.log.identity() };
    await until(async () => (await runner.status()).phase === 'following');
    await house.store.apply({ build, changes: [], from: null, to });
    await house.append(organization('a'), added('Ada'));
    expect(await runner.ended).toMatchObject({ code: 'fenced' });
    expect(await house.rows('organizations')).toEqual([]);
    expect(await runner.status()).toMatchObject({
      phase: 'stopped',
      lastError: expect.stringContaining('another'),
    });
  });

  it('when the log is damaged', async () => {
    const damaged = corrupt(null, 'a page is gone');
    const log = logWith(house.log, {
      subscribe: () => {
        throw damaged;
      },
    });
    expect(await (await house.run({ log })).ended).toEqual({ code: 'corrupt-log', text: damaged.message });
  });
});

describe('what is passing', () => {
  it('is waited for: a log that is unavailable', async () => {
    await house.append(organization('a'), added('Ada'));
    let failures = 3;
    const log = logWith(house.log, {
      subscribe: (options) => {
        failures -= 1;
        if (failures >= 0) throw unavailable('it is away');
        return house.log.subscribe(options);
      },
    });
    const runner = await house.run({ log });
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toHaveLength(1);
    // Once, though it failed three times.
    expect(house.troubles).toEqual([expect.stringContaining('it is away')]);
  });

  it.each(['before', 'after'])('is tried again: a store that fails %s it has written', async (when) => {
    let failures = 2;
    const store = storeWith(house.store, async (batch) => {
      failures -= 1;
      if (when === 'after' || failures < 0) await house.store.apply(batch);
      if (failures >= 0) throw new ModelStoreError('unavailable', 'it is away');
    });
    const runner = await house.run({ store, batchEventsMax: 1 });
    await house.append(organization('a'), added('Ada'), joined('u'), left('u'), renamed('Eve'));
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'Eve' }]);
    expect((await runner.status()).parked).toEqual([]);
    expect((await runner.status()).events).toBe(4);
  });

  it('is waited for: keys that are unavailable', async () => {
    let failures = 2;
    await house.append('user-1', person('a@b.c', 'Ann'));
    const opener = {
      open: async () => {
        failures -= 1;
        if (failures >= 0) throw new Error('the keys are away');
        return Buffer.from('opened');
      },
    };
    await house.untilCaughtUp(await house.run({ opener }));
    expect(await house.rows('people')).toEqual([{ stream: 'user-1', email: 'opened', name: 'opened' }]);
  });

  it('leaves no mark: an event that fails and then does not', async () => {
    const failing = new Set(['bad']);
    await house.append(organization('a'), added('Ada'), renamed('bad'));
    const runner = await house.run({
      projection: registryFailingFor(failing),
      poisonDelaysMs: [5, 5, 20_000],
    });
    setTimeout(() => failing.clear(), 1);
    await house.untilCaughtUp(runner);
    expect(await house.rows('organizations')).toMatchObject([{ name: 'bad' }]);
    expect(await house.store.parked(await house.open())).toEqual([]);
  });
});

describe('what is sealed', () => {
  it('is null where the key is gone', async () => {
    await house.append('user-1', person('a@b.c', 'Ann'));
    await house.untilCaughtUp(await house.run({ opener: { open: () => null } }));
    expect(await house.rows('people')).toEqual([{ stream: 'user-1', email: null, name: null }]);
  });

  it('is asked for together, for a whole batch', async () => {
    let open = 0;
    let most = 0;
    const opener = {
      open: async () => {
        open += 1;
        most = Math.max(most, open);
        await new Promise(setImmediate);
        open -= 1;
        return null;
      },
    };
    for (let user = 0; user < 10; user += 1) await house.append(`user-${user}`, person('a@b.c', 'Ann'));
    await house.untilCaughtUp(await house.run({ opener }));
    expect(most).toBe(20);
  });

  it('parks its stream where it is not what was sealed', async () => {
    await house.append('user-1', person('bad', 'Ann'));
    await house.append('user-2', person('good', 'Bob'));
    const opener = {
      open: (_: unknown, { sealed }: { sealed: string }) => {
        if (sealed.endsWith('bad')) throw new Unopenable('its tag is wrong');
        return Buffer.from('opened');
      },
    };
    const runner = await house.run({ opener });
    await house.untilCaughtUp(runner);
    expect(await house.rows('people')).toMatchObject([{ stream: 'user-2' }]);
    expect((await runner.status()).parked).toMatchObject([
      { stream: 'user-1', error: 'user.human.added: its tag is wrong' },
    ]);
  });
});
