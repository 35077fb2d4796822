// Blocks are held against the rows themselves, after whatever became of these.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { sql } from 'kysely';

import type { Position } from '#event-log/event-log.js';
import { compareTexts } from '#read-models/compare-texts.js';
import type { Projection, Row, Table } from '#read-models/projection.js';
import { rankedScope } from '#read-models/ranked.js';
import {
  type Build,
  type ModelStore,
  type OpenedChange,
  type Parking,
  RowRefused,
} from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { buildPath } from '#read-models/stores/sqlite/model-file.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { shapesOf } from '#read-models/table-shape.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const people: Projection = {
  name: 'people',
  version: 1,
  tables: {
    people: {
      columns: {
        stream: { kind: 'text' },
        organization_id: { kind: 'text' },
        name: { kind: 'text' },
        place: { kind: 'text', nullable: true },
        kind: { kind: 'text' },
        state: { kind: 'text' },
      },
      key: ['stream'],
      indexes: [
        { columns: ['place', 'kind', 'state'] },
        { columns: ['organization_id', 'place', 'kind', 'state'] },
        { columns: ['name', 'place', 'organization_id', 'kind', 'state'] },
        { columns: ['kind', 'place', 'organization_id', 'state'] },
      ],
      ranked: ['name', 'kind'],
      facets: ['kind', 'state'],
    },
  },
  on: {},
};

const rankLimits = { blockRows: 3, rankedFrom: 8 };
const refused: Parking = {
  stream: 'user-1',
  parked: { position: '1' as Position, error: 'no', attempts: 1 },
};

interface Block {
  readonly scope: string;
  readonly order: string;
  readonly key: string;
  readonly place: string;
  readonly count: number;
  /** Of each kind and state, as they are kept. */
  readonly facets: string;
}

interface Seen {
  readonly rows: readonly Row[];
  readonly blocks: readonly Block[];
}

async function seen(store: ModelStore, build: Build): Promise<Seen> {
  return store.readBuild(build, async ({ db, tableOf, ranksOf }) => {
    const [table, ranks] = [sql.table(tableOf('people', 'people')), sql.table(ranksOf('people', 'people'))];
    const rows = await sql<Row>`SELECT * FROM ${table} WHERE place IS NOT NULL`.execute(db);
    const blocks = await sql<Block>`SELECT scope, ordered_by AS "order", first_key AS key,
        first_place AS place, count, facets FROM ${ranks} WHERE ordered_by <> ''`.execute(db);
    return { rows: rows.rows, blocks: blocks.rows };
  });
}

const keyIn = (row: Row, order: string): string => (order === 'place' ? '' : String(row[order]));
const compare = (one: readonly [string, string], other: readonly [string, string]): number =>
  compareTexts(one[0], other[0]) || compareTexts(one[1], other[1]);

/** What the blocks of a scope and order are to be, from the rows alone, where they begin as they do. */
function recounted({ rows, blocks }: Seen): Record<string, unknown>[] {
  return blocks.map((block) => {
    const { scope, order, key, place } = block;
    const later = blocks
      .filter((one) => one.scope === scope && one.order === order)
      .map((one) => [one.key, one.place] as const)
      .filter((first) => compare(first, [key, place]) > 0)
      .toSorted(compare)[0];
    const within = rows
      .filter((row) => scope === '' || scope === rankedScope(String(row.organization_id)))
      .filter((row) => {
        const at = [keyIn(row, order), String(row.place)] as const;
        return compare(at, [key, place]) >= 0 && (later === undefined || compare(at, later) < 0);
      });
    const facets = Map.groupBy(within, (row) => `${row.kind}\0${row.state}`);
    const counts = Object.fromEntries([...facets].map(([facet, { length }]) => [facet, length]));
    return { ...block, count: within.length, facets: counts };
  });
}

/** Of blocks but the first: each begins with a row that is there. */
function withoutRow({ rows, blocks }: Seen): Block[] {
  const starts = blocks.filter(({ key, place }) => key !== '' || place !== '');
  return starts.filter(
    ({ scope, order, key, place }) =>
      !rows.some(
        (row) =>
          (scope === '' || scope === rankedScope(String(row.organization_id))) &&
          keyIn(row, order) === key &&
          row.place === place,
      ),
  );
}

/** Scope and order, of all that has rows to be counted. */
function due({ rows }: Seen): string[] {
  const scopes = Map.groupBy(
    rows.flatMap((row) => ['', rankedScope(String(row.organization_id))]),
    (scope) => scope,
  );
  return [...scopes].flatMap(([scope, { length }]) =>
    (length < rankLimits.rankedFrom ? ['place'] : ['place', 'name', 'kind']).map(
      (order) => `${scope} by ${order}`,
    ),
  );
}

async function holdRanks(store: ModelStore, build: Build): Promise<void> {
  const found = await seen(store, build);
  const told = found.blocks.map((block) => ({ ...block, facets: JSON.parse(block.facets) }));
  expect(told).toEqual(recounted(found));
  expect(withoutRow(found)).toEqual([]);
  expect(found.blocks.filter(({ count }) => count > 2 * rankLimits.blockRows)).toEqual([]);
  const counted = new Set(found.blocks.map(({ scope, order }) => `${scope} by ${order}`));
  expect(due(found).filter((one) => !counted.has(one))).toEqual([]);
  const gone = found.blocks.filter(({ scope }) => !due(found).includes(`${scope} by place`));
  expect(gone).toEqual([]);
}

const organization = fc.constantFrom('a', 'b', 'c');
const name = fc.constantFrom('', 'ann', 'bob', 'ä', '\uffff', '😀');
const kind = fc.constantFrom('human', 'machine');
const state = fc.constantFrom('active', 'inactive');
const stream = fc.integer({ min: 0, max: 60 }).map((number) => `user-${number}`);
const place = (of: string): string => of.slice('user-'.length).padStart(4, '0');

const added = fc
  .record({ stream, organization_id: organization, name, kind, state })
  .map((row) => ({ change: 'put' as const, row: { ...row, place: place(row.stream) } }));
const cells = fc
  .record(
    { name, kind, state, organization_id: organization, place: fc.constant(null) },
    { requiredKeys: [] },
  )
  .filter((some) => Object.keys(some).length > 0);
const set = fc
  .record({ stream, cells })
  .map(({ stream: of, cells: to }) => ({ change: 'set' as const, where: { stream: of }, cells: to }));
const removed = stream.map((of) => ({ change: 'remove' as const, where: { stream: of } }));
const emptied = organization.map((of) => ({ change: 'remove' as const, where: { organization_id: of } }));
const change: fc.Arbitrary<OpenedChange> = fc
  .oneof(
    { weight: 30, arbitrary: added },
    { weight: 8, arbitrary: set },
    { weight: 6, arbitrary: removed },
    { weight: 1, arbitrary: emptied },
  )
  .map((one) => ({ ...one, table: 'people' }));
const batches = fc.array(fc.array(change, { minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 6 });

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });
const before = (index: number) => (index === 0 ? null : at(index));
const person = (number: number, cells: Row = {}): OpenedChange => ({
  change: 'put',
  table: 'people',
  row: {
    stream: `user-${number}`,
    organization_id: 'a',
    name: `name ${number % 4}`,
    kind: 'human',
    state: number % 5 === 0 ? 'inactive' : 'active',
    place: place(`user-${number}`),
    ...cells,
  },
});
const persons = (count: number): OpenedChange[] =>
  Array.from({ length: count }, (_, number) => person(number));

interface Engine {
  readonly open: () => Promise<ModelStore>;
  /** Whoever inserts into the table of the build is refused, until what is answered is called. */
  readonly refusing: (build: Build, table: string) => Promise<() => Promise<void>>;
  readonly numRuns: number;
}

function holdOn({ open, refusing, numRuns }: Engine): void {
  let store: ModelStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  it('count the rows of every block, each of which begins with a row that is there', async () => {
    await fc.assert(
      fc.asyncProperty(batches, fc.integer({ min: 0, max: 6 }), async (all, inBulk) => {
        const build = await store.begin(people, inBulk > 0 ? { isBulk: true } : {});
        for (const [index, changes] of all.entries()) {
          if (index === inBulk) await store.finish(build);
          await store.apply({ build, changes, from: before(index), to: at(index + 1) });
        }
        await store.finish(build);
        await holdRanks(store, build);
        await store.drop(build);
      }),
      { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
    );
  }, 120_000);

  it('of an organization that is one of very many rows are the same', async () => {
    const few = Array.from({ length: 20 }, (_, at) => person(1_000 + at, { organization_id: 'b' }));
    for (const isBulk of [true, false]) {
      const build = await store.begin(people, isBulk ? { isBulk } : {});
      await store.apply({ build, changes: persons(400), from: null, to: at(1) });
      await store.apply({ build, changes: few, from: at(1), to: at(2) });
      await store.finish(build);
      await holdRanks(store, build);
    }
  });

  it('follow rows that another connection changed', async () => {
    const other = await open();
    const build = await store.begin(people);
    await store.apply({ build, changes: persons(20), from: null, to: at(1) });
    await other.apply({ build, changes: [person(30), person(31)], from: at(1), to: at(2) });
    await store.apply({ build, changes: [person(40), person(1, { name: 'zoe' })], from: at(2), to: at(3) });
    await other.close();
    await holdRanks(store, build);
  });

  it('are found by who has not finished the build that another connection finished', async () => {
    const other = await open();
    const build = await store.begin(people, { isBulk: true });
    await store.apply({ build, changes: persons(20), from: null, to: at(1) });
    await other.finish(build);
    await store.apply({ build, changes: [person(40), person(1, { name: 'zoe' })], from: at(1), to: at(2) });
    await other.close();
    await holdRanks(store, build);
  });

  it.each(['parked', 'people_ranks'])('count nothing of a batch that %s refused', async (table) => {
    const build = await store.begin(people);
    await store.apply({ build, changes: persons(20), from: null, to: at(1) });
    const allow = await refusing(build, table);
    const failed = store.apply({ build, changes: persons(30), from: at(1), to: at(2), parking: [refused] });
    await expect(failed).rejects.toThrow(RowRefused);
    await allow();
    await store.apply({ build, changes: [person(60)], from: at(1), to: at(2) });
    await holdRanks(store, build);
  });
}

const tableIn = ({ build }: Build, table: string): string =>
  table === 'parked' ? table : `people_${build}_${table}`;

describe('ranks in SQLite', () => {
  let directory: string;
  const path = () => join(directory, 'read-models.db');
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'countersign-ranks-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  holdOn({
    numRuns: 150,
    open: async () => openSqliteStore(path(), { rankLimits }),
    refusing: async (build, table) => {
      const file = new Database(buildPath(path(), build.build));
      file.exec(
        `CREATE TRIGGER refusing BEFORE INSERT ON ${tableIn(build, table)} BEGIN SELECT RAISE(ABORT, 'no'); END`,
      );
      return async () => {
        file.exec('DROP TRIGGER refusing');
        file.close();
      };
    },
  });
});

describeOnPostgres('ranks in PostgreSQL', (server) => {
  let url: string;
  beforeEach(async () => {
    url = await server().createDatabase();
  });

  holdOn({
    numRuns: 40,
    open: () => openPostgresStore({ url, rankLimits }),
    refusing: async (build, table) => {
      const name = `read_models.${tableIn(build, table)}`;
      await server().administer(
        `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE check_violation; END';
          CREATE TRIGGER refusing BEFORE INSERT ON ${name} EXECUTE FUNCTION refuse()`,
        url,
      );
      return async () => {
        await server().administer(`DROP TRIGGER refusing ON ${name}`, url);
      };
    },
  });
});

describe('a table with ranks', () => {
  const { people: table } = people.tables;
  const columns = {
    ...table?.columns,
    age: { kind: 'integer' },
    nick: { kind: 'text', nullable: true },
  } as const;
  const byPlace = { columns: ['place'] };
  const ofOrganization = { columns: ['organization_id', 'place'] };
  const walkedBy = (column: string) => ({ columns: [column, 'place', 'organization_id'] });
  const byName = walkedBy('name');
  const key = ['stream'];

  it.each([
    ['has no index of their order', { columns, key, indexes: [byPlace, ofOrganization], ranked: ['name'] }],
    ['has no index of places', { columns, key, indexes: [ofOrganization, byName], ranked: ['name'] }],
    ['has no index of organizations', { columns, key, indexes: [byPlace, byName], ranked: ['name'] }],
    [
      'is ranked by what is no text',
      { columns, key, indexes: [byPlace, ofOrganization, walkedBy('age')], ranked: ['age'] },
    ],
    [
      'has no facet in an index of their order',
      {
        columns,
        key,
        indexes: [byPlace, ofOrganization, byName],
        ranked: ['name'],
        facets: ['state'],
      },
    ],
    [
      'is ranked by what may be null',
      { columns, key, indexes: [byPlace, ofOrganization, walkedBy('nick')], ranked: ['nick'] },
    ],
  ])('is refused where it %s', (_, wrong) => {
    const tables = { people: wrong as Table };
    expect(() => shapesOf({ name: 'people', tables })).toThrow(/^the table people has ranks/);
  });
});
