import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { positionNumber } from '#event-log/counted-position.js';
import type { Position } from '#event-log/event-log.js';
import { rowsIn } from '#read-models/contract/samples.js';
import { LiveRunner } from '#read-models/live-runner.js';
import type { Projection } from '#read-models/projection.js';
import { type ReplayAsked, ReplayRefused } from '#read-models/replay/asked.js';
import { Replays, type ReplaysOptions } from '#read-models/replay/replays.js';
import type { ModelStore } from '#read-models/store.js';
import {
  added,
  joined,
  newEvent,
  person,
  plainOpener,
  registry,
  registryFailingFor,
  renamed,
} from '#read-models/testing/registry.js';
import { RunnerHouse, storeWith, until } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
let live: LiveRunner;
const opened: Replays[] = [];
const quick = { poisonDelaysMs: [1], retryDelaysMs: [1, 5] };

beforeEach(async () => {
  house = new RunnerHouse();
  live = await follow();
});
afterEach(async () => {
  for (const replays of opened.splice(0)) await replays.close();
  await live.close();
  await house.close();
});

function follow(projection: Projection = registry): Promise<LiveRunner> {
  const { log, store } = house;
  return LiveRunner.start({ log, store, opener: plainOpener, projection, ...quick });
}

async function open(options: Partial<ReplaysOptions> = {}): Promise<Replays> {
  const replays = await Replays.open({
    store: house.store,
    projections: [registry],
    reading: () => ({ log: house.log, opener: plainOpener }),
    measure: { unit: 'events', upTo: positionNumber },
    onSwitched: () => void live.look(),
    onTrouble: (text) => house.troubles.push(text),
    retryDelaysMs: [1, 5],
    ...options,
  });
  opened.push(replays);
  return replays;
}

const statusOf = (replays: Replays, build: number) =>
  replays.status().find((one) => one.build === build) ?? { phase: 'unknown' as const, lastError: null };

async function rested(replays: Replays, build: number): Promise<string> {
  const resting = ['done', 'failed', 'paused', 'cancelled'];
  await until(() => resting.includes(statusOf(replays, build).phase));
  return statusOf(replays, build).phase;
}

async function replayed(asked: ReplayAsked = {}, options: Partial<ReplaysOptions> = {}) {
  const replays = await open(options);
  const { build } = await replays.start('registry', asked);
  await rested(replays, build);
  return { replays, build, status: statusOf(replays, build) };
}

async function fill(many = 40): Promise<void> {
  for (let nth = 0; nth < many; nth += 1)
    await house.append(`organization-${nth % 7}`, nth < 7 ? added(`name ${nth}`) : renamed(`name ${nth}`));
  await house.append('organization-0', joined('u', 'R'));
  await house.append('user-a', person('a@example.com', 'Ada'));
  await caughtUp();
}

async function caughtUp(): Promise<void> {
  const head = await house.log.head();
  await until(() => live.position >= head);
}

const liveBuild = async (store: ModelStore = house.store) =>
  (await store.builds()).find(({ isLive }) => isLive)?.build;

describe('a replay', () => {
  it('ends with the same rows live in another build, compared, and keeps the old one until it is told', async () => {
    await fill();
    const before = await liveBuild();
    const rows = await house.rows('organizations');
    const { replays, build, status } = await replayed();
    expect(status).toMatchObject({ phase: 'done', lastError: null, side: null, build });
    expect(status).toMatchObject({ comparison: { kind: 'equal', position: await house.log.head() } });
    expect(status).toMatchObject({ progress: { done: 42, total: 42, unit: 'events' } });
    expect(await liveBuild()).toBe(build);
    expect(build).not.toBe(before);
    expect(await house.rows('organizations')).toEqual(rows);
    expect((await house.store.builds()).map((one) => one.build)).toEqual([before, build]);
    await replays.drop(before as number);
    await expect(replays.drop(build)).rejects.toThrow(ReplayRefused);
    expect((await house.store.builds()).map((one) => one.build)).toEqual([build]);
  });

  it('leaves whoever follows the log with the new build, which misses and doubles nothing', async () => {
    await fill();
    const { build } = await replayed({}, { onSwitched: () => undefined });
    await house.append('organization-3', renamed('after the switch'));
    await until(async () => (await live.status()).build === build);
    await caughtUp();
    const { events } = await live.status();
    expect(events).toBe(43);
    expect(JSON.stringify(await house.rows('organizations'))).toContain('after the switch');
  });

  it('follows what is written meanwhile, while readers never see fewer rows than before', async () => {
    await fill(200);
    const writing = (async () => {
      for (let nth = 0; nth < 150; nth += 1) {
        await house.append(`organization-w${nth}`, added(`meanwhile ${nth}`));
        await new Promise(setImmediate);
      }
    })();
    let least = 0;
    let isOver = false;
    const falling: string[] = [];
    const reading = (async () => {
      while (!isOver) {
        await new Promise(setImmediate);
        const [rows, at] = await house.store.read(async (one) => [
          (await rowsIn(one, 'organizations', registry)).length,
          one.checkpointOf('registry')?.events ?? 0,
        ]);
        if ((at as number) < least) falling.push(`${least} → ${at}`);
        if (rows !== 7 + Math.max(0, (at as number) - 202)) falling.push(`${rows} rows at ${at}`);
        least = at as number;
      }
    })();
    const replays = await open({ batchEventsMax: 7 });
    for (let nth = 0; nth < 5; nth += 1) {
      const { build } = await replays.start('registry');
      expect(await rested(replays, build)).toBe('done');
    }
    await writing;
    await caughtUp();
    isOver = true;
    await reading;
    expect(falling).toEqual([]);
    expect((await live.status()).events).toBe(352);
    expect(await house.rows('organizations')).toHaveLength(157);
  });

  it('of another version is not compared, and switches what the release before had live', async () => {
    await fill();
    await live.close();
    const next: Projection = { ...registry, version: 2 };
    const { status } = await replayed({}, { projections: [next] });
    expect(status).toMatchObject({ phase: 'done', comparison: { kind: 'not-comparable' } });
    live = await follow(next);
    expect((await live.status()).build).toBe(await liveBuild());
  });

  it('that comes to other rows stops before the switch, with counts and digests, unless told to switch', async () => {
    await fill();
    const before = await liveBuild();
    await live.close();
    const build = { projection: registry, build: before as number };
    const from = await house.store.checkpoint(build);
    const remove = { change: 'remove', table: 'members', where: { organization: '0' } } as const;
    await house.store.apply({ build, changes: [remove], from, to: from as never });
    live = await follow();
    const { replays, status } = await replayed();
    expect(status).toMatchObject({ phase: 'failed', comparison: { kind: 'different' } });
    expect(status.lastError).toMatch(/members has 0 rows live \(0+\) and 1 replayed \([0-9a-f]{12}\)/);
    expect(status.lastError).not.toContain('people');
    expect(await liveBuild()).toBe(before);
    const [failed] = replays.status();
    await replays.resume(failed?.build as number);
    expect(await rested(replays, failed?.build as number)).toBe('failed');
    await replays.resume(failed?.build as number, { switchesAnyway: true });
    expect(await rested(replays, failed?.build as number)).toBe('done');
    expect(await house.rows('members')).toHaveLength(1);
  });

  it('that is a dry run compares, and leaves nothing but its report', async () => {
    await fill();
    const { status } = await replayed({ isDryRun: true });
    expect(status).toMatchObject({ phase: 'done', comparison: { kind: 'equal' } });
    expect(await house.store.builds()).toHaveLength(1);
    expect(await house.store.notes()).toMatchObject([{ phase: 'done' }]);
  });

  it('is one at a time of each projection', async () => {
    await fill();
    const replays = await open();
    const both = await Promise.allSettled([replays.start('registry'), replays.start('registry')]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(replays.start('nothing')).rejects.toThrow(ReplayRefused);
  });
});

describe('an event that makes no rows', () => {
  const failing = (names: ReadonlySet<string>) => ({ projections: [registryFailingFor(names)] });

  it('ends a replay, and is named by position, stream and type', async () => {
    await fill();
    const { replays, build, status } = await replayed({}, failing(new Set(['name 20'])));
    expect(status).toMatchObject({
      phase: 'failed',
      failedAt: { stream: 'organization-6', type: 'org.changed' },
    });
    expect(status.lastError).toMatch(
      /^the event at 0*21 of organization-6 makes no rows: org.changed: Error/,
    );
    expect(await liveBuild()).not.toBe(build);
    await replays.cancel(build);
    expect(await house.store.builds()).toHaveLength(1);
    expect(await house.store.notes()).toMatchObject([{ phase: 'cancelled' }]);
  });

  it('parks its stream when that is asked, and is missing in what is compared', async () => {
    await fill();
    const asked = { parks: true, switchesAnyway: true };
    const { build, status } = await replayed(asked, failing(new Set(['name 20'])));
    expect(status).toMatchObject({ phase: 'done', comparison: { kind: 'different' } });
    const parked = await house.store.parked({ projection: registry, build });
    expect(parked).toMatchObject([{ stream: 'organization-6' }]);
    await until(async () => (await live.status()).build === build);
    await until(async () => (await live.status()).parked.length === 1);
    expect(await live.unpark('organization-6')).toBe('gone-on');
    expect(JSON.stringify(await house.rows('organizations'))).toContain('name 34');
  });

  it('may be cured, and the replay goes on from where it was', async () => {
    await fill();
    const names = new Set(['name 20']);
    const { replays, build } = await replayed({}, failing(names));
    names.clear();
    await replays.resume(build);
    expect(await rested(replays, build)).toBe('done');
    expect(statusOf(replays, build)).toMatchObject({ comparison: { kind: 'equal' }, failedAt: null });
  });
});

describe('rows beside', () => {
  const sideRows = (build: number, table = 'organizations') =>
    house.store.readBuild({ projection: registry, build }, (one) => rowsIn(one, table, registry));

  it('show the log up to a position, and are never live', async () => {
    await fill();
    const upToPosition = String(9).padStart(16, '0') as Position;
    const { replays, build, status } = await replayed({ side: 'ninth', upToPosition });
    expect(status).toMatchObject({ phase: 'done', position: upToPosition, side: 'ninth' });
    expect((await sideRows(build)).map(({ name }) => name)).toContain('name 8');
    expect(await sideRows(build, 'people')).toEqual([]);
    expect(await liveBuild()).not.toBe(build);
    await expect(replays.start('registry', { side: 'ninth' })).rejects.toThrow('ninth');
    await replays.drop(build);
    await replays.start('registry', { side: 'ninth', upToPosition });
  });

  it('show the log up to a time: nothing from the first event on that is later', async () => {
    const at = (seconds: number, name: string) => {
      const time = new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
      const event = newEvent(added(name));
      return { ...event, metadata: { ...event.metadata, time } };
    };
    for (const [nth, seconds] of [1, 3, 2, 9, 4].entries())
      await house.append(`organization-${nth}`, at(seconds, `at ${seconds}`));
    const { build } = await replayed({ side: 'then', upToTime: Date.UTC(2026, 0, 1, 0, 0, 5) });
    expect((await sideRows(build)).map(({ name }) => name)).toEqual(['at 1', 'at 3', 'at 2']);
  });

  it('show one stream alone', async () => {
    await fill();
    const { build } = await replayed({ side: 'one', onlyStream: 'organization-3' });
    expect((await sideRows(build)).map(({ id }) => id)).toEqual(['3']);
  });

  it.each<[string, ReplayAsked]>([
    ['a part of the log without a name', { onlyStream: 'organization-3' }],
    ['a time without a name', { upToTime: 5 }],
    ['a name that is none', { side: 'A b' }],
    ['a dry run with a name', { side: 'a', isDryRun: true }],
    ['a rate of nothing', { eventsPerSecondMax: 0 }],
  ])('are not made of %s', async (_, asked) => {
    const replays = await open();
    await expect(replays.start('registry', asked)).rejects.toThrow(ReplayRefused);
    expect(await house.store.builds()).toHaveLength(1);
  });
});

describe('a replay under way', () => {
  it('is as fast as it is let, paused, gone on with, and told of', async () => {
    await fill();
    const replays = await open();
    const { build } = await replays.start('registry', { eventsPerSecondMax: 30 });
    const began = performance.now();
    await until(() => (replays.status()[0]?.progress.done ?? 0) > 5);
    await replays.pause(build);
    const at = replays.status()[0]?.progress.done;
    expect(at).toBeLessThan(42);
    expect(replays.status()[0]).toMatchObject({ phase: 'paused', progress: { total: 42 } });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(replays.status()[0]?.progress.done).toBe(at);
    await replays.resume(build);
    expect(await rested(replays, build)).toBe('done');
    expect(performance.now() - began).toBeGreaterThan((42 / 30) * 1_000 * 0.8);
  });

  it('that was paused stays so in the next process, and one that was not is gone on with', async () => {
    await fill();
    const first = await open();
    const { build } = await first.start('registry', { eventsPerSecondMax: 50 });
    await until(() => (first.status()[0]?.progress.done ?? 0) > 0);
    await first.pause(build);
    const [{ position, progress } = {}] = first.status();
    await first.close();
    const second = await open();
    const told = { phase: 'paused', position, progress: { done: progress?.done, total: 42 } };
    expect(statusOf(second, build)).toMatchObject(told);
    await second.resume(build);
    await second.close();
    const third = await open();
    expect(await rested(third, build)).toBe('done');
    expect(await liveBuild()).toBe(build);
  });

  it('that is cancelled leaves no table', async () => {
    await fill();
    const replays = await open();
    const { build } = await replays.start('registry', { eventsPerSecondMax: 20 });
    await replays.cancel(build);
    expect(statusOf(replays, build).phase).toBe('cancelled');
    expect(await house.store.builds()).toHaveLength(1);
    await expect(replays.resume(build)).rejects.toThrow(ReplayRefused);
    expect((await replays.start('registry')).build).toBeGreaterThan(build);
  });

  it('tries again what may pass, and says so', async () => {
    await fill();
    let failures = 3;
    const store = storeWith(house.store, async (batch) => {
      failures -= 1;
      if (failures >= 0) throw new Error(`the disk is away ${failures}`);
      await house.store.apply(batch);
    });
    const { status } = await replayed({}, { store });
    expect(status.phase).toBe('done');
    expect(house.troubles.filter((text) => text.includes('the disk is away'))).toHaveLength(3);
  });
});
