// A connection that only reads: what is asked between `begin` and `end` sees the same rows.

import type { Database, Statement } from 'better-sqlite3';

import { ModelStoreError } from '#read-models/store.js';
import { Bookkeeping } from '#read-models/stores/sqlite/bookkeeping.js';
import { openReader, told } from '#read-models/stores/sqlite/model-file.js';
import type { Shown } from '#read-models/stores/sqlite/sqlite-reading.js';

/** Statements that stay prepared: more than the queries there are, over some builds. */
const statementsMax = 256;

/** After so many rows the clock is looked at. */
const rowsPerLook = 64;

export class Snapshot {
  readonly database: Database;
  readonly #bookkeeping: Bookkeeping;
  readonly #begin: Statement;
  readonly #end: Statement;
  /** The one that was used last is the last. */
  readonly #statements = new Map<string, Statement<unknown[]>>();

  constructor(path: string) {
    this.database = openReader(path);
    this.#bookkeeping = new Bookkeeping(this.database);
    this.#begin = this.database.prepare('BEGIN');
    this.#end = this.database.prepare('ROLLBACK');
  }

  begin(): Shown {
    return told(() => {
      this.#begin.run();
      return this.#bookkeeping
        .all()
        .flatMap(({ projection, build, isLive, checkpoint }) =>
          isLive ? [{ projection, build, checkpoint }] : [],
        );
    });
  }

  /** Rows are fetched until the deadline, by `performance.now()`. What makes the first row cannot be ended. */
  ask(sql: string, parameters: readonly unknown[], deadline = Number.POSITIVE_INFINITY): unknown[] {
    return told(() => {
      const rows: unknown[] = [];
      for (const row of this.#statement(sql).iterate(...parameters)) {
        rows.push(row);
        if (rows.length % rowsPerLook === 0 && performance.now() > deadline)
          throw new ModelStoreError('too-slow', 'a question has too many rows');
      }
      return rows;
    });
  }

  end(): void {
    if (this.database.inTransaction) this.#end.run();
  }

  close(): void {
    this.database.close();
  }

  #statement(sql: string): Statement<unknown[]> {
    const known = this.#statements.get(sql);
    if (known !== undefined) this.#statements.delete(sql);
    const statement = known ?? this.database.prepare<unknown[]>(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > statementsMax)
      this.#statements.delete(this.#statements.keys().next().value as string);
    return statement;
  }
}
