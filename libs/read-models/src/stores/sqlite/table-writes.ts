// Changes of one table, by statements that are prepared once for each shape of change.

import type { Database, Statement } from 'better-sqlite3';

import type { Cell, Row } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { listed, type OrderedIndex, quoted, textIndexName } from '#read-models/stores/sqlite/tables.js';
import type { TableShape } from '#read-models/table-shape.js';

type Change<Kind extends OpenedChange['change']> = Extract<OpenedChange, { readonly change: Kind }>;

/** What stood in the columns that are found by text; null where there was no row. */
type Texts = readonly Cell[] | null;

export interface WrittenTable {
  readonly name: string;
  readonly shape: TableShape;
  /** While rows are written in bulk: the indexes that are made by need, and after it. Null when all are there. */
  readonly missing: readonly OrderedIndex[] | null;
}

export class TableWrites {
  readonly #database: Database;
  readonly #name: string;
  readonly #shape: TableShape;
  readonly #statements = new Map<string, Statement<Cell[]>>();
  /** Not made yet, nor is the index of texts, while there are any such: see `finish` of the store. */
  #missing: readonly OrderedIndex[];
  /** None while the index of texts is not made yet. */
  readonly #contains: readonly string[];
  /**
   * By row: what the index of texts knows of it. It is brought up to date once a transaction, after all rows: each
   * statement between two writes to it would make it write out what it gathered.
   */
  readonly #touched = new Map<number, Texts>();

  constructor(database: Database, { name, shape, missing }: WrittenTable) {
    this.#database = database;
    this.#name = name;
    this.#shape = shape;
    this.#missing = missing ?? [];
    this.#contains = missing === null ? shape.contains : [];
  }

  write(change: OpenedChange): void {
    switch (change.change) {
      case 'put':
        this.#put(change);
        return;
      case 'set':
        this.#set(change);
        return;
      case 'remove':
        this.#remove(change);
        return;
    }
  }

  /** Before the transaction ends. */
  finish(): void {
    for (const [row, before] of this.#touched) this.#indexTexts(row, before);
    this.#touched.clear();
  }

  /** What was noted of a transaction that did not come about. */
  forget(): void {
    this.#touched.clear();
  }

  #put({ row, keeps = [] }: Change<'put'>): void {
    const cells = this.#shape.cellsOf(row);
    const { columns, key } = this.#shape;
    const sql = () => {
      this.#shape.checkKeeps(keeps);
      const replaced = columns.filter((column) => !key.includes(column) && !keeps.includes(column));
      const sets = replaced.map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
      const doing = sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`;
      return `INSERT INTO ${quoted(this.#name)} (${listed(columns)}) VALUES (${columns.map(() => '?').join(', ')})
        ON CONFLICT (${listed(key)}) DO ${doing}`;
    };
    const statement = this.#statement(`put ${keeps.join()}`, sql);
    if (this.#contains.length === 0) {
      statement.run(...cells);
      return;
    }
    const known = this.#touch(Object.fromEntries(key.map((column) => [column, row[column] as Cell])));
    const { lastInsertRowid } = statement.run(...cells);
    const number = Number(lastInsertRowid);
    // It may have been the number of a row that was removed a moment ago.
    if (!known && !this.#touched.has(number)) this.#touched.set(number, null);
  }

  #set({ where, cells }: Change<'set'>): void {
    this.#shape.checkSet({ where, cells });
    const values = [...this.#shape.namedCellsOf(cells), ...this.#found(where)];
    this.#need(where);
    if (this.#contains.some((column) => cells[column] !== undefined)) this.#touch(where);
    const names = Object.keys(cells);
    const sets = () => names.map((column) => `${quoted(column)} = ?`).join(', ');
    this.#statement(
      `set ${names.join()} ${formOf(where)}`,
      () => `UPDATE ${quoted(this.#name)} SET ${sets()} WHERE ${condition(where)}`,
    ).run(...values);
  }

  #remove({ where }: Change<'remove'>): void {
    this.#shape.checkWhere(where);
    const values = this.#found(where);
    this.#need(where);
    if (this.#contains.length > 0) this.#touch(where);
    this.#statement(
      `remove ${formOf(where)}`,
      () => `DELETE FROM ${quoted(this.#name)} WHERE ${condition(where)}`,
    ).run(...values);
  }

  /** Rows are never sought through the whole table. */
  #need(where: Row): void {
    if (this.#missing.length === 0 || where[this.#shape.key[0] as string] !== undefined) return;
    for (const { columns, sql } of this.#missing)
      if (where[columns[0] as string] !== undefined) this.#database.exec(sql);
    this.#missing = this.#missing.filter(({ columns }) => where[columns[0] as string] === undefined);
  }

  #found(where: Row): Cell[] {
    return this.#shape.namedCellsOf(where).filter((cell) => cell !== null);
  }

  /** Notes what stands in the rows that are about to change. Whether there are any. */
  #touch(where: Row): boolean {
    const rows = this.#statement(
      `touch ${formOf(where)}`,
      () =>
        `SELECT rowid, ${listed(this.#shape.contains)} FROM ${quoted(this.#name)} WHERE ${condition(where)}`,
    )
      .raw()
      .all(...this.#found(where)) as Cell[][];
    for (const [row, ...texts] of rows) {
      if (!this.#touched.has(row as number)) this.#touched.set(row as number, texts);
    }
    return rows.length > 0;
  }

  #indexTexts(row: number, before: Texts): void {
    const { contains } = this.#shape;
    const index = quoted(textIndexName(this.#name));
    const values = `(${['?', ...contains.map(() => '?')].join(', ')})`;
    const after = this.#statement(
      'texts',
      () => `SELECT ${listed(contains)} FROM ${quoted(this.#name)} WHERE rowid = ?`,
    )
      .raw()
      .get(row) as Texts | undefined;
    if (before !== null && after?.every((cell, at) => cell === before[at])) return;
    if (before !== null)
      this.#statement(
        'unindex',
        () =>
          `INSERT INTO ${index} (${index}, rowid, ${listed(contains)}) VALUES ('delete', ${values.slice(1)}`,
      ).run(row, ...before);
    if (after !== undefined && after !== null)
      this.#statement(
        'index',
        () => `INSERT INTO ${index} (rowid, ${listed(contains)}) VALUES ${values}`,
      ).run(row, ...after);
  }

  #statement(form: string, sql: () => string): Statement<Cell[]> {
    let statement = this.#statements.get(form);
    if (statement === undefined) {
      statement = this.#database.prepare<Cell[]>(sql());
      this.#statements.set(form, statement);
    }
    return statement;
  }
}

/** Statements differ by which cells are null, since nothing equals null. */
function formOf(where: Row): string {
  let form = '';
  for (const name in where) form += where[name] === null ? `${name} null,` : `${name},`;
  return form;
}

function condition(where: Row): string {
  return Object.entries(where)
    .map(([name, cell]) => `${quoted(name)} ${cell === null ? 'IS NULL' : '= ?'}`)
    .join(' AND ');
}
