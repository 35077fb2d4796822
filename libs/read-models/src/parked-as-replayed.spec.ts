// Whatever was parked and gone on with, however late, the rows are those of a replay; and who was removed or erased
// meanwhile is in no row before anybody looked after it.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { by, type House } from '#application/testing/house.js';
import { openInhabited } from '#application/testing/people.js';
import { logStart, type RecordedEvent } from '#event-log/event-log.js';
import { rowsOf } from '#read-models/contract/samples.js';
import { users } from '#read-models/models/users.js';
import type { Place, Projection } from '#read-models/projection.js';
import { Replay } from '#read-models/replay/replay.js';
import { Runner } from '#read-models/runner.js';
import type { ModelStore } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { openerOf } from '#read-models/testing/following.js';
import { dealsCount, houses, live, type Step, startLife } from '#read-models/testing/lives.js';
import { until } from '#read-models/testing/runner-house.js';

const seed = Date.now() % 2 ** 31;
const runs = 15;
/** Each makes a database. */
const runsOnServer = 3;
/** Ten times what it takes, and shrinking besides. */
const timeoutMs = 600_000;

const number = fc.nat({ max: 255 });
const step = fc.tuple(fc.nat({ max: dealsCount - 1 }), number, number);
const added = [0, 1, 2, 3].map((who) => [0, who, who * 3] as const);
const lives = fc.record({
  lived: fc.array(step, { minLength: 10, maxLength: 60 }),
  livedAfter: fc.array(step, { maxLength: 30 }),
  removed: fc.constantFrom(...houses),
  /** Of so many events one makes no rows. */
  failing: fc.integer({ min: 2, max: 8 }),
  batchEventsMax: fc.integer({ min: 1, max: 50 }),
});
type Lives = typeof lives extends fc.Arbitrary<infer Value> ? Value : never;

interface Seen {
  parked: number;
  ended: number;
}

class Breaking {
  readonly projection: Projection;
  #failing: number;

  constructor(failing: number) {
    this.#failing = failing;
    const { onEach } = users;
    const endings: readonly string[] = users.endings ?? [];
    this.projection = {
      ...users,
      onEach: (event, place) => {
        if (this.#fails(place) && !endings.includes(event.type)) throw new Error('no rows');
        return onEach?.(event, place) ?? [];
      },
    };
  }

  /** Later ones in a stream fail still. */
  heal(): void {
    this.#failing += 1;
    if (this.#failing > 8) this.#failing = Number.POSITIVE_INFINITY;
  }

  #fails({ position, revision }: Place): boolean {
    return (Number(position) + revision) % this.#failing === 0;
  }
}

async function liveThrough(house: House, { lived, livedAfter, removed }: Lives): Promise<void> {
  const life = startLife(house);
  const all = (steps: readonly Step[]) =>
    steps.reduce((last, one) => last.then(() => live(life, one)), Promise.resolve(true));
  await all([...added, ...lived]);
  await house.run(new RemoveOrganization({ organizationId: removed, by }));
  await all([...added, ...livedAfter]);
}

/** Where a stream last ended. */
function endsIn(events: readonly RecordedEvent[]): ReadonlyMap<string, string> {
  const endings: readonly string[] = users.endings ?? [];
  const ended = events.filter(({ type }) => endings.includes(type));
  return new Map(ended.map(({ stream, position }) => [stream, position]));
}

async function goesOnAlike(house: House, store: ModelStore, asked: Lives): Promise<Seen> {
  await liveThrough(house, asked);
  const { log } = house.parts;
  const breaking = new Breaking(asked.failing);
  const { build } = await store.open(users);
  const opener = openerOf(house.application);
  const { batchEventsMax } = asked;
  const runner = new Runner({
    log,
    store,
    opener,
    batchEventsMax,
    build: { projection: breaking.projection, build },
    poisonDelaysMs: [],
  });
  try {
    const head = await log.head();
    await until(() => runner.position >= head);
    const seen = await holdEnded(runner, house, store);
    await goOnWithAll(runner, breaking);
    await holdReplayed(house, store);
    return seen;
  } finally {
    await runner.close();
  }
}

async function holdEnded(runner: Runner, house: House, store: ModelStore): Promise<Seen> {
  const events = await house.parts.log.readAll({ direction: 'forward', after: logStart, limit: 1_000 });
  const ends = endsIn(events);
  const { parked } = await runner.status();
  expect(parked.filter(({ stream, position }) => (ends.get(stream) ?? '') > position)).toEqual([]);
  const rows = await rowsOf(store, 'users', users);
  expect(rows.filter(({ stream, place }) => (ends.get(String(stream)) ?? '') > String(place))).toEqual([]);
  return { parked: parked.length, ended: ends.size };
}

async function goOnWithAll(runner: Runner, breaking: Breaking): Promise<void> {
  for (;;) {
    const { parked } = await runner.status();
    if (parked.length === 0) return;
    for (const { stream } of parked.toReversed()) await runner.unpark(stream);
    breaking.heal();
  }
}

async function holdReplayed(house: House, store: ModelStore): Promise<void> {
  const { log } = house.parts;
  const opener = openerOf(house.application);
  const replay = await Replay.begin(users, { isDryRun: true }, { log, store, opener });
  await replay.rested;
  const { comparison, phase, lastError } = replay.status();
  expect({ phase, lastError, kind: comparison?.kind }).toEqual({
    phase: 'done',
    lastError: null,
    kind: 'equal',
  });
}

async function holds(openStore: (folder: string) => Promise<ModelStore>, numRuns: number): Promise<void> {
  const all: Seen[] = [];
  const property = fc.asyncProperty(lives, async (asked) => {
    const folder = await mkdtemp(join(tmpdir(), 'read-models-'));
    const house = await openInhabited();
    const store = await openStore(folder);
    try {
      all.push(await goesOnAlike(house, store, asked));
    } finally {
      await store.close();
      await house.close();
      await rm(folder, { recursive: true });
    }
  });
  await fc.assert(property, { seed, numRuns });
  expect(all.reduce((sum, { parked }) => sum + parked, 0)).toBeGreaterThan(numRuns);
  expect(all.reduce((sum, { ended }) => sum + ended, 0)).toBeGreaterThan(0);
}

describe(`whatever was parked and gone on with (seed ${seed})`, () => {
  const openFile = async (folder: string) => openSqliteStore(join(folder, 'models.db'));
  it('rows are those of a replay', () => holds(openFile, runs), timeoutMs);

  describeOnPostgres('rows in PostgreSQL', (server) => {
    const open = async () => openPostgresStore({ url: await server().createDatabase() });
    it('are those of a replay', () => holds(open, runsOnServer), timeoutMs);
  });
});
