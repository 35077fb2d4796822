// Rows of one statement, sent to SQLite by `rowsPerCall` at a time; what is left over goes one by one.

import type { Database, Statement } from 'better-sqlite3';

export interface BulkStatement {
  readonly head: string;
  /** The placeholders of one row. */
  readonly row: string;
  readonly tail: string;
}

/** Measured: one row a call costs a third more, eight some hundredths, and beyond sixteen nothing is gained. */
const rowsPerCall = 16;

export class Bulk {
  readonly #many: Statement;
  readonly #one: Statement;
  readonly #columns: number;
  #values: (string | number)[] = [];

  constructor(database: Database, { head, row, tail }: BulkStatement) {
    const statement = (rows: number) =>
      database.prepare(`${head} ${Array(rows).fill(row).join(', ')} ${tail}`);
    this.#many = statement(rowsPerCall);
    this.#one = statement(1);
    this.#columns = row.split('?').length - 1;
  }

  /** The values of the next row are to be pushed here, in the order of its columns. */
  get values(): (string | number)[] {
    return this.#values;
  }

  /** To be called after each row. */
  rowAdded(): void {
    if (this.#values.length < rowsPerCall * this.#columns) return;
    const full = this.#values;
    this.#values = [];
    this.#many.run(full);
  }

  flush(): void {
    const values = this.#values;
    this.#values = [];
    for (let at = 0; at < values.length; at += this.#columns) {
      this.#one.run(values.slice(at, at + this.#columns));
    }
  }

  /** Forgets what was not sent: its transaction failed. */
  drop(): void {
    this.#values = [];
  }
}
