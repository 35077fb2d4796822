// A batch leaves as few statements. What it comes to is held against changing rows one after the other.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';

import type { Position } from '#event-log/event-log.js';
import type { Cell, Projection, Row } from '#read-models/projection.js';
import type { ModelStore, OpenedChange } from '#read-models/store.js';
import { Gathered } from '#read-models/stores/gathered.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { statementsOf } from '#read-models/stores/postgres/statements.js';
import { buildPath } from '#read-models/stores/sqlite/model-file.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { shapesOf } from '#read-models/table-shape.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const pets: Projection = {
  name: 'pets',
  version: 1,
  tables: {
    pets: {
      columns: {
        owner: { kind: 'text' },
        number: { kind: 'integer' },
        color: { kind: 'text', nullable: true },
        legs: { kind: 'integer' },
        print: { kind: 'bytes', nullable: true },
      },
      key: ['owner', 'number'],
      indexes: [{ columns: ['color'] }, { contains: 'color' }],
    },
  },
  on: {},
};
const key = ['owner', 'number'];

const owner = fc.constantFrom('a', 'b', 'ä"\\,{}');
const number = fc.integer({ min: 0, max: 3 });
const color = fc.constantFrom('red', 'blueish', '', null);
const legs = fc.integer({ min: 0, max: 2 });
const print = fc.constantFrom(null, Buffer.from([0, 255]), Buffer.alloc(0));
const row = fc.record({ owner, number, color, legs, print });
const cells = fc
  .record({ color, legs, print }, { requiredKeys: [] })
  .filter((some) => Object.keys(some).length > 0);
const where = fc.oneof(
  fc.record({ owner, number }),
  fc.record({ owner }),
  fc.record({ color }),
  fc.record({ color, legs }),
  fc.record({ owner, print }),
);
const keeps = fc.subarray(['color', 'legs', 'print']);
const change: fc.Arbitrary<OpenedChange> = fc
  .oneof(
    { weight: 4, arbitrary: fc.record({ change: fc.constant('put' as const), row, keeps }) },
    { weight: 3, arbitrary: fc.record({ change: fc.constant('set' as const), where, cells }) },
    { weight: 2, arbitrary: fc.record({ change: fc.constant('remove' as const), where }) },
  )
  .map((one) => ({ ...one, table: 'pets' }) as OpenedChange);

const text = (cell: Cell | undefined): string =>
  JSON.stringify(cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : (cell ?? null));
const hasCells = (stored: Row, sought: Row): boolean =>
  Object.entries(sought).every(([name, cell]) => text(stored[name]) === text(cell));
const pick = (from: Row, names: readonly string[]): Row =>
  Object.fromEntries(names.map((name) => [name, from[name] as Cell]));

/** One after the other, as plainly as can be. */
function changed(rows: readonly Row[], one: OpenedChange): Row[] {
  switch (one.change) {
    case 'put': {
      const stored = rows.find((other) => hasCells(other, pick(one.row, key)));
      const kept = stored === undefined ? {} : pick(stored, one.keeps ?? []);
      return [...rows.filter((other) => other !== stored), { ...one.row, ...kept }];
    }
    case 'set':
      return rows.map((other) => (hasCells(other, one.where) ? { ...other, ...one.cells } : other));
    case 'remove':
      return rows.filter((other) => !hasCells(other, one.where));
  }
}

const told = (rows: readonly Row[]): string[] =>
  rows
    .map((one) => ['owner', 'number', 'color', 'legs', 'print'].map((name) => text(one[name])).join())
    .sort();

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });

/** One that keeps something ends what is gathered, so that there is more to gather where none does. */
const withoutKeeping = change.map((one) => (one.change === 'put' ? { ...one, keeps: [] } : one));
const batch = fc.oneof(
  fc.array(change, { minLength: 1, maxLength: 25 }),
  fc.array(withoutKeeping, { minLength: 1, maxLength: 25 }),
);
const batches = fc.array(batch, { minLength: 1, maxLength: 3 });

interface Holding {
  readonly numRuns: number;
  readonly look?: (build: number) => void;
}

async function holdAgainstOneByOne(store: ModelStore, { numRuns, look }: Holding): Promise<void> {
  await fc.assert(
    fc.asyncProperty(batches, async (all) => {
      const build = await store.begin(pets);
      let from = null;
      for (const [index, changes] of all.entries()) {
        await store.apply({ build, changes, from, to: at(index + 1) });
        from = at(index + 1);
      }
      const stored = await store.readBuild(build, ({ db, tableOf }) =>
        db.selectFrom(tableOf('pets', 'pets')).selectAll().execute(),
      );
      look?.(build.build);
      await store.drop(build);
      expect(told(stored as Row[])).toEqual(told(all.flat().reduce<Row[]>(changed, [])));
    }),
    { numRuns, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: false },
  );
}

describeOnPostgres('changes that leave together', (server) => {
  it('come to what they would have come to one after the other', async () => {
    const store = await openPostgresStore({ url: await server().createDatabase() });
    await store.open(pets);
    await holdAgainstOneByOne(store, { numRuns: 60 });
    await store.close();
  }, 180_000);
});

describe('changes that are gathered', () => {
  it('come to what they would have come to one after the other, and so does the index of texts', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'countersign-gathered-'));
    const path = join(directory, 'read-models.db');
    const store = openSqliteStore(path);
    await store.open(pets);
    const look = (build: number): void => {
      const file = new Database(buildPath(path, build));
      const index = `pets_${build}_pets_contains`;
      // Throws where it is not of the texts of the rows.
      file.exec(`INSERT INTO ${index} (${index}, rank) VALUES ('integrity-check', 1)`);
      file.close();
    };
    try {
      await holdAgainstOneByOne(store, { numRuns: 200, look });
    } finally {
      await store.close();
      rmSync(directory, { recursive: true });
    }
  }, 180_000);

  it('are few: rows that are put, set and removed by the same columns are one statement each', () => {
    const shape = [...shapesOf(pets).values()][0];
    if (shape === undefined) throw new Error('there is a table');
    const gathered = new Gathered(shape);
    for (let index = 0; index < 1_000; index += 1) {
      const id = { owner: `o${index}`, number: 0 };
      gathered.add({ change: 'remove', table: 'pets', where: { owner: `o${index}` } });
      gathered.add({ change: 'put', table: 'pets', row: { ...id, color: 'red', legs: 4 } });
      gathered.add({ change: 'set', table: 'pets', where: id, cells: { legs: 3 } });
      gathered.add({
        change: 'set',
        table: 'pets',
        where: { owner: `p${index}`, number: 0 },
        cells: { legs: 3 },
      });
      gathered.add({
        change: 'set',
        table: 'pets',
        where: { owner: `p${index}`, number: 1 },
        cells: { color: null },
      });
    }
    const statements = gathered.runs().flatMap((run) => statementsOf({ name: 'pets', shape }, run));
    expect(statements.map((statement) => statement.text.split(' ')[0])).toEqual([
      'DELETE',
      'UPDATE',
      'UPDATE',
      'INSERT',
    ]);
  });
});
