// Indexes of a build that was begun in bulk: made after its rows, and one by one before that where a change has to find rows
// by it; and, after them, its ranks. Which there are is asked of the server, so that whoever goes on after a kill makes those that are missing.

import type pg from 'pg';

import { pass } from '#read-models/passing.js';
import type { Row } from '#read-models/projection.js';
import { type Fence, ModelStoreError } from '#read-models/store.js';
import { assertHeld, holdStill } from '#read-models/stores/postgres/bookkeeping.js';
import { inTransaction, told } from '#read-models/stores/postgres/connections.js';
import type { PostgresRanks } from '#read-models/stores/postgres/ranks.js';
import { qualified, schemaName, type TableIndex } from '#read-models/stores/postgres/tables.js';
import type { TableShape } from '#read-models/table-shape.js';

/** Of a table of many millions of rows; nobody waits for it. */
const makingMaxMs = 3_600_000;
/** What sorts a large table at once is made in half the time; it is taken only while an index is made. */
const making = `BEGIN; SET LOCAL statement_timeout = ${makingMaxMs}; SET LOCAL maintenance_work_mem = '256MB'`;

export interface IndexedTable {
  /** As the server knows it. */
  readonly name: string;
  readonly shape: TableShape;
  readonly indexes: readonly TableIndex[];
  /** Null where none are kept. */
  readonly ranks: PostgresRanks | null;
}

export class LateIndexes {
  readonly #pool: pg.Pool;
  readonly #build: number;
  readonly #tables: ReadonlyMap<string, IndexedTable>;
  /** Those that are known to be there. */
  readonly #made = new Set<string>();

  constructor(pool: pg.Pool, build: number, tables: ReadonlyMap<string, IndexedTable>) {
    this.#pool = pool;
    this.#build = build;
    this.#tables = tables;
  }

  /** Rows are never sought through the whole table. */
  async need(table: string, where: Row, fence: Fence): Promise<void> {
    const found = this.#tables.get(table);
    if (found === undefined || where[found.shape.key[0] as string] !== undefined) return;
    const index = found.indexes.find(({ columns }) => where[columns[0] ?? ''] !== undefined);
    if (index !== undefined) await this.#make(index, fence);
  }

  /** All of them, and what the planner is to know of the rows. */
  async finish(fence: Fence): Promise<void> {
    await assertHeld(this.#pool, fence);
    pass('indexes: before the first');
    for (const { name, indexes, ranks } of this.#tables.values()) {
      let isNew = false;
      for (const index of indexes) isNew = (await this.#make(index, fence)) || isNew;
      if (isNew) await this.#run(`ANALYZE ${qualified(name)}`, fence);
      if (ranks !== null) await this.#rank(ranks, fence);
      pass('indexes: between two');
    }
    pass('indexes: after they count');
  }

  /** False where it was there. */
  async #make({ name, sql }: TableIndex, fence: Fence): Promise<boolean> {
    if (this.#made.has(name)) return false;
    const asking = 'SELECT FROM pg_indexes WHERE schemaname = $1 AND indexname = $2';
    const { rowCount } = await told(this.#pool.query(asking, [schemaName, name]));
    if (rowCount === 0) await this.#run(sql, fence);
    this.#made.add(name);
    return rowCount === 0;
  }

  /** Whoever has the lease meanwhile writes nothing to the build until they are there: they count what stands in it. */
  async #rank(ranks: PostgresRanks, fence: Fence): Promise<void> {
    await inTransaction(
      this.#pool,
      async (client) => {
        await assertHeld(client, fence);
        await holdStill(client, this.#build);
        if (!(await ranks.isThere(client))) await ranks.build(client);
      },
      making,
    );
  }

  /** The lease is not held meanwhile: it takes too long, and who has it next would make the same. */
  async #run(sql: string, fence: Fence): Promise<void> {
    await inTransaction(
      this.#pool,
      async (client) => {
        await assertHeld(client, fence);
        try {
          await client.query({ text: sql, query_timeout: makingMaxMs } as pg.QueryConfig);
        } catch (error) {
          throw beingMade(error) ?? error;
        }
      },
      making,
    );
  }
}

/** What a process that was killed had begun is made to its end by the server; it is found there the next time. */
function beingMade(error: unknown): ModelStoreError | null {
  const { code } = error as { readonly code?: unknown };
  if (code !== '23505' && code !== '42P07') return null;
  return new ModelStoreError('unavailable', 'an index is being made already', { cause: error });
}
