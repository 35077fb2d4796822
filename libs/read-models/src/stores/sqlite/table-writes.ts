// Changes of one table, gathered over a transaction and written by statements that are prepared once for each shape of
// change: what changes one row several times writes it once.

import type { Database, Statement } from 'better-sqlite3';

import type { Cell, Row } from '#read-models/projection.js';
import type { OpenedChange } from '#read-models/store.js';
import { Gathered, type Pending } from '#read-models/stores/gathered.js';
import type { RankLimits } from '#read-models/stores/rank-book.js';
import { Ranks } from '#read-models/stores/sqlite/ranks.js';
import { listed, type OrderedIndex, quoted, textIndexName } from '#read-models/stores/sqlite/tables.js';
import { Standings, standingColumns } from '#read-models/stores/standings.js';
import { type Changed, formOf, type Step } from '#read-models/stores/steps.js';
import type { TableShape } from '#read-models/table-shape.js';

/** Of the columns that are watched: those of the index of texts, then those that it is ranked by. */
type Watched = readonly Cell[];

/** A row in which these may have changed. */
interface Touched {
  /** What the index of texts and the ranks know of it; null where there was no row. */
  readonly before: Watched | null;
  /** As they are now; null where that has to be looked up. */
  after: Watched | null;
}

export interface WrittenTable {
  readonly name: string;
  readonly shape: TableShape;
  /** While rows are written in bulk: the indexes that are made by need, and after it. Null when all are there. */
  readonly missing: readonly OrderedIndex[] | null;
  readonly rankLimits: RankLimits;
}

export class TableWrites {
  readonly #database: Database;
  readonly #name: string;
  readonly #shape: TableShape;
  readonly #statements = new Map<string, Statement<Cell[]>>();
  /** Not made yet, nor is the index of texts, while there are any such: see `finish` of the store. */
  #missing: readonly OrderedIndex[];
  /** By their place among the columns; none while the index of texts and the ranks are not made yet. */
  readonly #watched: ReadonlyMap<string, number>;
  readonly #ranks: Ranks | null;
  readonly #standings: Standings;
  #gathered: Gathered;
  /**
   * By row. The index of texts is brought up to date once a transaction, after all rows: each statement between two
   * writes to it would make it write out what it gathered.
   */
  readonly #touched = new Map<number, Touched>();

  constructor(database: Database, { name, shape, missing, rankLimits }: WrittenTable) {
    this.#database = database;
    this.#name = name;
    this.#shape = shape;
    this.#missing = missing ?? [];
    const watched = missing === null ? watchedColumns(shape) : [];
    this.#watched = new Map(watched.map((column) => [column, shape.columns.indexOf(column)]));
    this.#standings = new Standings(shape, watched);
    const isRanked = missing === null && shape.ranked.length > 0;
    const { ranked, facets } = shape;
    this.#ranks = isRanked ? new Ranks(database, { name, ranked, facets, limits: rankLimits }) : null;
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
    for (const [row, { before, after: known }] of this.#touched) {
      const after = known ?? this.#watchedOf(row);
      this.#indexTexts(row, before, after);
      this.#ranks?.note([this.#standings.of(before), this.#standings.of(after)]);
    }
    this.#ranks?.write();
  }

  /** What was noted of a transaction, whether it came about or not. */
  forget(): void {
    this.#touched.clear();
    this.#ranks?.forget();
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
    if (this.#watched.size === 0) {
      statement.run(...cells);
      return;
    }
    const keyRow = Object.fromEntries(key.map((column) => [column, cells[columns.indexOf(column)] as Cell]));
    const [known] = this.#touch(keyRow);
    const { lastInsertRowid } = statement.run(...cells);
    // It may have been the number of a row that was removed a moment ago.
    const number = known ?? Number(lastInsertRowid);
    const places = [...this.#watched.values()];
    const after = places.some((place) => unsure.has(place))
      ? null
      : places.map((place) => cells[place] as Cell);
    this.#touched.set(number, { before: this.#touched.get(number)?.before ?? null, after });
  }

  #set({ where, cells }: Changed): void {
    const values = [...Object.values(cells), ...found(where)];
    this.#need(where);
    const names = Object.keys(cells);
    if (names.some((column) => this.#watched.has(column))) this.#touch(where);
    const sets = () => names.map((column) => `${quoted(column)} = ?`).join(', ');
    this.#statement(
      `set ${names.join()} ${formOf(where)}`,
      () => `UPDATE ${quoted(this.#name)} SET ${sets()} WHERE ${condition(where)}`,
    ).run(...values);
  }

  #remove(where: Row): void {
    this.#need(where);
    if (this.#watched.size > 0) this.#touch(where);
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
        `SELECT rowid, ${listed([...this.#watched.keys()])} FROM ${quoted(this.#name)} WHERE ${condition(where)}`,
    )
      .raw()
      .all(...found(where)) as Cell[][];
    return rows.map(([row, ...cells]) => {
      const number = row as number;
      const known = this.#touched.get(number);
      this.#touched.set(number, { before: known === undefined ? cells : known.before, after: null });
      return number;
    });
  }

  #indexTexts(row: number, before: Watched | null, after: Watched | null): void {
    const { contains } = this.#shape;
    const [was, is] = [before?.slice(0, contains.length), after?.slice(0, contains.length)];
    if (contains.length === 0 || (was !== undefined && is?.every((cell, at) => cell === was[at]))) return;
    const index = quoted(textIndexName(this.#name));
    const values = `(${['?', ...contains.map(() => '?')].join(', ')})`;
    if (was !== undefined)
      this.#statement(
        'unindex',
        () =>
          `INSERT INTO ${index} (${index}, rowid, ${listed(contains)}) VALUES ('delete', ${values.slice(1)}`,
      ).run(row, ...was);
    if (is !== undefined)
      this.#statement(
        'index',
        () => `INSERT INTO ${index} (rowid, ${listed(contains)}) VALUES ${values}`,
      ).run(row, ...is);
  }

  /** Null where the row is gone. */
  #watchedOf(row: number): Watched | null {
    const cells = this.#statement(
      'watched',
      () => `SELECT ${listed([...this.#watched.keys()])} FROM ${quoted(this.#name)} WHERE rowid = ?`,
    )
      .raw()
      .get(row);
    return (cells as Watched | undefined) ?? null;
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

function watchedColumns(shape: TableShape): readonly string[] {
  return [...new Set([...shape.contains, ...standingColumns(shape)])];
}
