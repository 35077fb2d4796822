import type { Position } from '#event-log/event-log.js';
import type { Projection, Row } from '#read-models/projection.js';
import type { Build, Checkpoint, ModelStore, OpenedChange, Reading } from '#read-models/store.js';

/** Tables of every kind of column, key and index; no event changes them. */
export const zoo: Projection = {
  name: 'zoo',
  version: 1,
  tables: {
    animals: {
      columns: {
        id: { kind: 'text' },
        name: { kind: 'text' },
        nickname: { kind: 'text', nullable: true },
        legs: { kind: 'integer', nullable: true },
        photo: { kind: 'bytes', nullable: true },
      },
      key: ['id'],
      indexes: [{ columns: ['legs', 'name'] }, { contains: 'name' }, { contains: 'nickname' }],
    },
    meals: {
      columns: { animal: { kind: 'text' }, number: { kind: 'integer' }, food: { kind: 'text' } },
      key: ['animal', 'number'],
      indexes: [{ columns: ['food'] }],
    },
  },
  on: {},
};

export function animal(id: string, row: Row = {}): OpenedChange {
  return { change: 'put', table: 'animals', row: { id, name: `name of ${id}`, ...row } };
}

export function meal(of: string, number: number, food = 'hay'): OpenedChange {
  return { change: 'put', table: 'meals', row: { animal: of, number, food } };
}

export function checkpointAt(events: number): Checkpoint {
  return { log: 'a-log', position: String(events).padStart(16, '0') as Position, events };
}

/** After whatever the build has come to. */
export async function apply(
  store: ModelStore,
  build: Build,
  changes: readonly OpenedChange[],
): Promise<Checkpoint> {
  const from = await store.checkpoint(build);
  const to = checkpointAt((from?.events ?? 0) + 1);
  await store.apply({ build, changes, from, to });
  return to;
}

/** What stands in a table of the build that is live, by its key. */
export function rowsOf(store: ModelStore, table = 'animals', projection = zoo): Promise<Row[]> {
  return store.read((reading) => rowsIn(reading, table, projection));
}

export async function rowsIn(reading: Reading, table = 'animals', projection = zoo): Promise<Row[]> {
  const { columns = {}, key = [] } = projection.tables[table] ?? {};
  const names = Object.keys(columns);
  let query = reading.db.selectFrom(reading.tableOf(projection.name, table)).select(names);
  for (const column of key) query = query.orderBy(column);
  const rows = await query.execute();
  return rows.map((row) => Object.fromEntries(names.map((name) => [name, plain(row[name])])) as Row);
}

/** Bytes as the same class on every engine, so that they compare. */
function plain(cell: unknown): unknown {
  return ArrayBuffer.isView(cell) ? [...(cell as Uint8Array)] : cell;
}
