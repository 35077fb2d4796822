// Changes of one table, gathered over a transaction and written by statements that are prepared once for each shape of
// change: what changes one row several times writes it once.

import type { Database, Statement } from 'better-sqlite3';

import type { Cell, Row } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { Gathered, type Pending } from '#read-models/stores/gathered.js';
import { listed, type OrderedIndex, quoted, textIndexName } from '#read-models/stores/sqlite/tables.js';
import { type Changed, formOf, type Step } from '#read-models/stores/steps.js';
import type { TableShape } from '#read-models/table-shape.js';

type Texts = readonly Cell[];

/** A row whose texts may have changed. */
interface Touched {
  /** What the index of texts knows of it; null where there was no row. */
  readonly before: Texts | null;
  /** As they are now; null where that has to be looked up. */
  after: Texts | null;
}

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
  /** By their place among the columns; none while the index of texts is not made yet. */
  readonly #contains: ReadonlyMap<string, number>;
  #gathered: Gathered;
  /**
   * By row. The index of texts is brought up to date once a transaction, after all rows: each statement between two
   * writes to it would make it write out what it gathered.
   */
  readonly #touched = new Map<number, Touched>();

  constructor(database: Database, { name, shape, missing }: WrittenTable) {
    this.#database = database;
    this.#name = name;
    this.#shape = shape;
    this.#missing = missing ?? [];
    const contains = missing === null ? shape.contains : [];
    this.#contains = new Map(contains.map((column) => [column, shape.columns.indexOf(column)]));
    this.#gathered = new Gathered(shape);
  }

  /** Nothing is written yet. Throws `RowRefused`. */
  add(change: OpenedChange): void {
    this.#gathered.add(change);
  }

  /** Before the transaction ends. */
  write(): void {
    for (const { steps, puts } of this.#gathered.runs()) {
      for (const step of steps) this.#take(step);
      for (const pending of puts) this.#put(pending);
    }
    for (const [row, touched] of this.#touched) this.#indexTexts(row, touched);
  }

  /** What was noted of a transaction, whether it came about or not. */
  forget(): void {
    this.#touched.clear();
    this.#gathered = new Gathered(this.#shape);
  }

  #take({ kind, changes }: Step): void {
    if (kind === 'set') for (const changed of changes) this.#set(changed);
    else for (const { where } of changes) this.#remove(where);
  }

  #put({ cells, unsure }: Pending): void {
    const { columns, key } = this.#shape;
    const sql = () => {
      const replaced = columns.filter((column, place) => !key.includes(column) && !unsure.has(place));
      const sets = replaced.map((column) => `${quoted(column)} = excluded.${quoted(column)}`);
      const doing = sets.length === 0 ? 'NOTHING' : `UPDATE SET ${sets.join(', ')}`;
      return `INSERT INTO ${quoted(this.#name)} (${listed(columns)}) VALUES (${columns.map(() => '?').join(', ')})
        ON CONFLICT (${listed(key)}) DO ${doing}`;
    };
    const form = unsure.size === 0 ? 'put' : `put ${[...unsure].join()}`;
    const statement = this.#statement(form, sql);
    if (this.#contains.size === 0) {
      statement.run(...cells);
      return;
    }
    const keyRow = Object.fromEntries(key.map((column) => [column, cells[columns.indexOf(column)] as Cell]));
    const [known] = this.#touch(keyRow);
    const { lastInsertRowid } = statement.run(...cells);
    // It may have been the number of a row that was removed a moment ago.
    const number = known ?? Number(lastInsertRowid);
    const places = [...this.#contains.values()];
    const after = places.some((place) => unsure.has(place))
      ? null
      : places.map((place) => cells[place] as Cell);
    this.#touched.set(number, { before: this.#touched.get(number)?.before ?? null, after });
  }

  #set({ where, cells }: Changed): void {
    const values = [...Object.values(cells), ...found(where)];
    this.#need(where);
    const names = Object.keys(cells);
    if (names.some((column) => this.#contains.has(column))) this.#touch(where);
    const sets = () => names.map((column) => `${quoted(column)} = ?`).join(', ');
    this.#statement(
      `set ${names.join()} ${formOf(where)}`,
      () => `UPDATE ${quoted(this.#name)} SET ${sets()} WHERE ${condition(where)}`,
    ).run(...values);
  }

  #remove(where: Row): void {
    this.#need(where);
    if (this.#contains.size > 0) this.#touch(where);
    this.#statement(
      `remove ${formOf(where)}`,
      () => `DELETE FROM ${quoted(this.#name)} WHERE ${condition(where)}`,
    ).run(...found(where));
  }

  /** Rows are never sought through the whole table. */
  #need(where: Row): void {
    if (this.#missing.length === 0 || where[this.#shape.key[0] as string] !== undefined) return;
    for (const { columns, sql } of this.#missing)
      if (where[columns[0] as string] !== undefined) this.#database.exec(sql);
    this.#missing = this.#missing.filter(({ columns }) => where[columns[0] as string] === undefined);
  }

  /** Notes what stands in the rows that are about to change; their numbers. */
  #touch(where: Row): number[] {
    const rows = this.#statement(
      `touch ${formOf(where)}`,
      () =>
        `SELECT rowid, ${listed(this.#shape.contains)} FROM ${quoted(this.#name)} WHERE ${condition(where)}`,
    )
      .raw()
      .all(...found(where)) as Cell[][];
    return rows.map(([row, ...texts]) => {
      const number = row as number;
      const known = this.#touched.get(number);
      this.#touched.set(number, { before: known === undefined ? texts : known.before, after: null });
      return number;
    });
  }

  #indexTexts(row: number, { before, after: known }: Touched): void {
    const after = known ?? this.#textsOf(row);
    if (before !== null && after?.every((cell, at) => cell === before[at])) return;
    const { contains } = this.#shape;
    const index = quoted(textIndexName(this.#name));
    const values = `(${['?', ...contains.map(() => '?')].join(', ')})`;
    if (before !== null)
      this.#statement(
        'unindex',
        () =>
          `INSERT INTO ${index} (${index}, rowid, ${listed(contains)}) VALUES ('delete', ${values.slice(1)}`,
      ).run(row, ...before);
    if (after !== null)
      this.#statement(
        'index',
        () => `INSERT INTO ${index} (rowid, ${listed(contains)}) VALUES ${values}`,
      ).run(row, ...after);
  }

  /** Null where the row is gone. */
  #textsOf(row: number): Texts | null {
    const texts = this.#statement(
      'texts',
      () => `SELECT ${listed(this.#shape.contains)} FROM ${quoted(this.#name)} WHERE rowid = ?`,
    )
      .raw()
      .get(row);
    return (texts as Texts | undefined) ?? null;
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

function found(where: Row): Cell[] {
  return Object.values(where).filter((cell) => cell !== null);
}

function condition(where: Row): string {
  return Object.entries(where)
    .map(([name, cell]) => `${quoted(name)} ${cell === null ? 'IS NULL' : '= ?'}`)
    .join(' AND ');
}
