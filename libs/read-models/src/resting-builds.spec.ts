import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { InMemoryEventLog } from '#event-log/in-memory.js';
import { rowsIn } from '#read-models/contract/samples.js';
import { LiveRunner } from '#read-models/live-runner.js';
import type { Projection } from '#read-models/projection.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';
import { Replay } from '#read-models/replay/replay.js';
import type { ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { newEvent, person, plainOpener, registry } from '#read-models/testing/registry.js';
import { until } from '#read-models/testing/runner-house.js';

const people: Projection = {
  ...registry,
  on: {
    ...registry.on,
    'user.erased': (_, { stream }) => [{ change: 'remove', table: 'people', where: { stream } }],
  },
  endings: ['org.removed', 'user.erased'],
  erasures: ['user.erased'],
};

let folder: string;
let log: InMemoryEventLog;
let store: ModelStore;
let runner: LiveRunner;
let troubles: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-resting-'));
  log = new InMemoryEventLog();
  troubles = [];
});
afterEach(async () => {
  await runner.close();
  await store.close();
  await log.close();
  await rm(folder, { recursive: true });
});

async function start(opened: ModelStore, projection = people): Promise<void> {
  store = opened;
  const onTrouble = (text: string) => troubles.push(text);
  runner = await LiveRunner.start({
    log,
    store,
    projection,
    opener: plainOpener,
    onTrouble,
    sweepEveryMs: 5,
  });
}

async function untilCaughtUp(): Promise<void> {
  const head = await log.head();
  await until(() => runner.position >= head);
}

const replay = (asked: ReplayAsked) =>
  Replay.begin(people, asked, { log, store, opener: plainOpener, onSwitched: () => void runner.look() });

async function replayed(asked: ReplayAsked): Promise<Replay> {
  const made = await replay(asked);
  await made.rested;
  expect(made.status()).toMatchObject({ phase: 'done', lastError: null });
  return made;
}

async function halfReplayed(): Promise<Replay> {
  const made = await replay({ eventsPerSecondMax: 20 });
  await until(async () => (await store.checkpoint(made.build)) !== null);
  await made.pause();
  return made;
}

async function namesIn(build: number): Promise<unknown[]> {
  const rows = await store.readBuild({ projection: people, build }, (reading) =>
    rowsIn(reading, 'people', people),
  );
  return rows.map(({ name }) => name);
}

async function namesAtRest(): Promise<unknown[][]> {
  const builds = (await store.builds()).filter(({ isLive }) => !isLive);
  return Promise.all(builds.map(({ build }) => namesIn(build)));
}

const erase = () => log.append('user-1', [newEvent({ type: 'user.erased' })], 0);

/** One that was live, one beside and one that is paused. */
async function withThreeAtRest(opened: ModelStore): Promise<Replay> {
  await log.append('user-1', [newEvent(person('ada@example.org', 'Ada'))], 'no-stream');
  await log.append('user-2', [newEvent(person('bob@example.org', 'Bob'))], 'no-stream');
  await start(opened);
  await untilCaughtUp();
  await replayed({});
  await replayed({ side: 'then' });
  const paused = await halfReplayed();
  expect(await namesAtRest()).toEqual([
    ['Ada', 'Bob'],
    ['Ada', 'Bob'],
    ['Ada', 'Bob'],
  ]);
  return paused;
}

const bobAlone = (names: unknown[][]) => names.flat().every((name) => name === 'Bob');

function holds(open: () => Promise<ModelStore>): void {
  it('is in no row of a build that nobody writes to, soon after', async () => {
    const paused = await withThreeAtRest(await open());
    await erase();
    await until(async () => bobAlone(await namesAtRest()));
    expect(await namesAtRest()).toEqual([['Bob'], ['Bob'], ['Bob']]);
    await paused.resume();
    await paused.rested;
    expect(paused.status()).toMatchObject({ phase: 'done', comparison: { kind: 'equal' } });
    expect(troubles).toEqual([]);
  });

  it('while nobody projected is in no such row soon after somebody does', async () => {
    await withThreeAtRest(await open());
    await runner.close();
    await erase();
    expect(bobAlone(await namesAtRest())).toBe(false);
    await start(store);
    await until(async () => bobAlone(await namesAtRest()));
    expect(await namesAtRest()).toEqual([['Bob'], ['Bob'], ['Bob']]);
  });

  it('is in no row of an older version that this release knows, and what it does not know is told of', async () => {
    await log.append('user-1', [newEvent(person('ada@example.org', 'Ada'))], 'no-stream');
    const { members: _, ...tables } = people.tables;
    await start(await open(), {
      ...people,
      version: 0,
      tables: { ...tables, letters: people.tables.members as never },
    });
    await untilCaughtUp();
    await runner.close();
    await replayed({});
    await start(store);
    await erase();
    await until(async () => (await namesAtRest()).flat().length === 0);
    await until(() => troubles.length > 0);
    expect(troubles).toEqual([expect.stringMatching(/of version 0, and may hold rows .*: drop it$/)]);
  });
}

describe('whoever is erased', () => {
  describe('in files', () => holds(async () => openSqliteStore(join(folder, 'models.db'))));

  describeOnPostgres('in PostgreSQL', (server) => {
    holds(async () => openPostgresStore({ url: await server().createDatabase() }));
  });
});
