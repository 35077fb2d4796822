// A file with tables of builds, as the one who writes it has it open: the file of the store, or of one build alone.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database, Statement } from 'better-sqlite3';

import { pass } from '#read-models/passing.js';
import { type Batch, type Checkpoint, Fenced, type OpenedChange, RowRefused } from '#read-models/store.js';
import { type RankLimits, rankLimits } from '#read-models/stores/rank-book.js';
import { tableName } from '#read-models/stores/shown.js';
import { Bookkeeping, type KnownBuild, tablesOf } from '#read-models/stores/sqlite/bookkeeping.js';
import { openWriter, told } from '#read-models/stores/sqlite/model-file.js';
import { Ranks } from '#read-models/stores/sqlite/ranks.js';
import { TableWrites } from '#read-models/stores/sqlite/table-writes.js';
import {
  listed,
  orderedIndexes,
  quoted,
  ranks,
  textIndex,
  textIndexName,
  withoutRanks,
  withoutTextIndex,
} from '#read-models/stores/sqlite/tables.js';
import { shapesOf, type TableShape } from '#read-models/table-shape.js';

/** Rows whose texts are indexed in one transaction. */
const rowsPerStep = 20_000;

type Writes = ReadonlyMap<string, TableWrites>;

interface OpenBuild {
  readonly writes: Writes;
  /** All its indexes are there, and those of texts are kept. */
  readonly isWhole: boolean;
}

export class WrittenFile {
  readonly database: Database;
  readonly bookkeeping: Bookkeeping;
  readonly #writes = new Map<number, OpenBuild>();
  readonly #limits: RankLimits;
  readonly #begin: Statement;
  readonly #commit: Statement;

  constructor(path: string, limits = rankLimits) {
    this.#limits = limits;
    this.database = openWriter(path);
    this.#begin = this.database.prepare('BEGIN IMMEDIATE');
    this.#commit = this.database.prepare('COMMIT');
    this.bookkeeping = told(() => new Bookkeeping(this.database));
  }

  transaction<Outcome>(use: () => Outcome): Outcome {
    return told(() => {
      this.#begin.run();
      try {
        const outcome = use();
        this.#commit.run();
        return outcome;
      } finally {
        if (this.database.inTransaction) this.database.exec('ROLLBACK');
      }
    });
  }

  /** Like it, and what it did is there after the power failed, too. */
  durably<Outcome>(use: () => Outcome): Outcome {
    try {
      this.database.pragma('synchronous = FULL');
      return this.transaction(use);
    } finally {
      this.database.pragma('synchronous = NORMAL');
    }
  }

  /** `refuse` is called within the transaction, before anything is written. */
  apply({ build: { build }, changes, from, to, parking = [] }: Batch, refuse: () => void): void {
    pass('batch: before it is written');
    this.transaction(() => {
      refuse();
      if (!isSame(this.bookkeeping.checkpoint(build), from)) throw new Fenced('the checkpoint is another');
      writeAll(this.#writesOf(build), changes);
      for (const one of parking) this.bookkeeping.park(build, one);
      this.bookkeeping.move(build, to);
      pass('batch: before its end');
    });
    pass('batch: after its end');
  }

  known(build: number): KnownBuild {
    const known = this.bookkeeping.all().find((one) => one.build === build);
    if (known === undefined) throw dropped(build);
    return known;
  }

  /** Of a build that was begun in bulk. Others that use this file get their turns meanwhile. */
  async finish(build: number): Promise<void> {
    pass('indexes: before the first');
    const known = this.known(build);
    const { projection } = known;
    for (const [table, shape] of shapesOf({ name: projection, tables: tablesOf(known) })) {
      const name = tableName(projection, build, table);
      for (const { sql } of orderedIndexes(name, shape)) {
        this.transaction(() => this.database.exec(sql));
        await nextTurn();
      }
      await this.#indexTexts(name, shape);
      await this.#rank(name, shape);
      pass('indexes: between two');
    }
    pass('indexes: before they count');
    this.transaction(() => this.bookkeeping.putFile(build, true));
    this.#writes.delete(build);
    told(() => this.database.pragma('wal_checkpoint(TRUNCATE)'));
    pass('indexes: after they count');
  }

  forget(build: number): void {
    this.#writes.delete(build);
  }

  /** False while somebody reads an old state. */
  wipe(): boolean {
    try {
      this.database.pragma('busy_timeout = 0');
      const [{ busy }] = this.database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
      return busy === 0;
    } catch {
      // A disk that fails is told of by the next write.
      return false;
    } finally {
      this.database.pragma('busy_timeout = 5000');
    }
  }

  close(): void {
    // The last connection to close takes the WAL into the file, and removes it.
    this.database.close();
  }

  /** From the first row on: what another process did of it before it was killed is not known to be whole. */
  async #indexTexts(name: string, shape: TableShape): Promise<void> {
    if (shape.contains.length === 0) return;
    const [index, columns] = [quoted(textIndexName(name)), listed(shape.contains)];
    this.transaction(() => {
      for (const sql of [...withoutTextIndex(name, shape.contains), ...textIndex(name, shape)])
        this.database.exec(sql);
    });
    const copy = this.database.prepare<[number, number]>(
      `INSERT INTO ${index} (rowid, ${columns}) SELECT rowid, ${columns} FROM ${quoted(name)} WHERE rowid > ? AND rowid <= ?`,
    );
    const last = this.database.prepare<[], number | null>(`SELECT max(rowid) FROM ${quoted(name)}`).pluck();
    const end = last.get() ?? 0;
    for (let after = 0; after < end; after += rowsPerStep) {
      this.transaction(() => copy.run(after, after + rowsPerStep));
      await nextTurn();
    }
  }

  /** Begun anew, as texts are. */
  async #rank(name: string, shape: TableShape): Promise<void> {
    const { ranked, facets } = shape;
    if (ranked.length === 0) return;
    this.transaction(() => {
      for (const sql of [...withoutRanks(name, ranked), ...ranks(name, shape)]) this.database.exec(sql);
    });
    const steps = new Ranks(this.database, { name, ranked, facets, limits: this.#limits }).build();
    while (this.transaction(() => steps.next().done) !== true) await nextTurn();
  }

  #writesOf(build: number): Writes {
    const opened = this.#writes.get(build);
    // Somebody else may have finished it.
    if (opened?.isWhole || (opened !== undefined && !this.bookkeeping.isComplete(build)))
      return opened.writes;
    const known = this.known(build);
    const { projection } = known;
    const isWhole = this.bookkeeping.isComplete(build);
    const writes = new Map(
      [...shapesOf({ name: projection, tables: tablesOf(known) })].map(([table, shape]) => {
        const name = tableName(projection, build, table);
        const missing = isWhole ? null : orderedIndexes(name, shape);
        return [table, new TableWrites(this.database, { name, shape, missing, rankLimits: this.#limits })];
      }),
    );
    this.#writes.set(build, { writes, isWhole });
    return writes;
  }
}

export function dropped(build: number): Fenced {
  return new Fenced(`the build ${build} was dropped`);
}

function isSame(one: Checkpoint | null, other: Checkpoint | null): boolean {
  if (one === null || other === null) return one === other;
  return one.log === other.log && one.position === other.position && one.events === other.events;
}

function writeAll(writes: Writes, changes: readonly OpenedChange[]): void {
  try {
    for (const change of changes) tableIn(writes, change.table).add(change);
    for (const table of writes.values()) table.write();
  } finally {
    for (const table of writes.values()) table.forget();
  }
}

function tableIn(writes: Writes, table: string): TableWrites {
  const found = writes.get(table);
  if (found === undefined) throw new RowRefused(`there is no table ${JSON.stringify(table)}`);
  return found;
}
