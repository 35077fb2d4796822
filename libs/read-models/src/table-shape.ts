// What a row must be to stand in a table. It is held here, so that what one engine refuses the other does not take,
// and an event whose rows do not fit is found out alike on both.

import { types } from 'node:util';

import type { Cell, Column, Row, Table } from '#read-models/projection.js';
import { type OpenedChange, RowRefused } from '#read-models/store.js';

type Set = Extract<OpenedChange, { readonly change: 'set' }>;

export class TableShape {
  readonly name: string;
  /** In the order in which they were declared. */
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Columns that are found by any text within them. */
  readonly contains: readonly string[];
  /** Columns in whose order rows are counted by blocks. */
  readonly ranked: readonly string[];
  /** Columns by whose values those rows are counted apart. */
  readonly facets: readonly string[];
  readonly table: Table;
  /** A search by other columns alone would read the whole table. */
  readonly #leading: ReadonlySet<string>;

  constructor(name: string, table: Table) {
    this.name = name;
    this.table = table;
    this.columns = Object.keys(table.columns);
    this.key = table.key;
    const indexes = table.indexes ?? [];
    this.contains = indexes.flatMap((index) => ('contains' in index ? [index.contains] : []));
    this.ranked = table.ranked ?? [];
    this.facets = table.facets ?? [];
    const first = indexes.flatMap((index) => ('columns' in index ? index.columns.slice(0, 1) : []));
    this.#leading = new Set([...table.key.slice(0, 1), ...first]);
  }

  /** Every cell in the order of the columns; a nullable one that is not named is null. Throws `RowRefused`. */
  cellsOf(row: Row): Cell[] {
    const cells = this.columns.map((name) => this.#fitting(name, row[name] ?? null));
    for (const name in row) if (this.table.columns[name] === undefined) throw this.#unknown(name);
    return cells;
  }

  /** Throws `RowRefused`. */
  checkSet({ where, cells }: Pick<Set, 'where' | 'cells'>): void {
    this.checkWhere(where);
    let isEmpty = true;
    for (const name in cells) {
      if (this.key.includes(name))
        throw new RowRefused(`${this.name}: ${name} is of the key, and is never set`);
      this.#fitting(name, cells[name] as Cell);
      isEmpty = false;
    }
    if (isEmpty) throw new RowRefused(`${this.name}: nothing is set`);
  }

  /** Throws `RowRefused`. */
  checkWhere(where: Row): void {
    let isLed = false;
    for (const name in where) {
      isLed ||= this.#leading.has(name);
      this.#fitting(name, where[name] as Cell);
    }
    if (isLed) return;
    const names = Object.keys(where).join();
    throw new RowRefused(`${this.name}: no index is there to find rows by ${names || 'nothing'}`);
  }

  /** Throws `RowRefused`. */
  checkKeeps(keeps: readonly string[]): void {
    for (const name of keeps) if (this.table.columns[name] === undefined) throw this.#unknown(name);
  }

  #fitting(name: string, cell: Cell): Cell {
    const column = this.table.columns[name];
    if (column === undefined) throw this.#unknown(name);
    if (cell === null ? column.nullable === true : fits(column, cell)) return cell;
    throw new RowRefused(`${this.name}: ${name} holds what is no ${cell === null ? 'value' : column.kind}`);
  }

  #unknown(name: string): RowRefused {
    return new RowRefused(`${this.name} has no column ${JSON.stringify(name.slice(0, 64))}`);
  }
}

function fits({ kind }: Column, cell: Exclude<Cell, null>): boolean {
  switch (kind) {
    case 'text':
      // PostgreSQL keeps neither of the two, and SQLite keeps something else.
      return typeof cell === 'string' && cell.isWellFormed() && !cell.includes('\0');
    case 'integer':
      return Number.isSafeInteger(cell);
    case 'bytes':
      return types.isUint8Array(cell);
  }
}

const nameForm = /^[a-z][a-z0-9_]{0,39}$/;

/** Throws `TypeError` for tables that could not be made: a bug of the projection. */
export function shapesOf(projection: {
  readonly name: string;
  readonly tables: Readonly<Record<string, Table>>;
}): ReadonlyMap<string, TableShape> {
  checkName(projection.name);
  return new Map(
    Object.entries(projection.tables).map(([name, table]) => {
      checkTable(name, table);
      return [name, new TableShape(name, table)];
    }),
  );
}

function checkTable(name: string, table: Table): void {
  const { columns, key, indexes = [] } = table;
  for (const one of [name, ...Object.keys(columns)]) checkName(one);
  const demand = (isSo: boolean, what: string) => {
    if (!isSo) throw new TypeError(`the table ${name} ${what}`);
  };
  demand(columns.rowid === undefined, 'has a column rowid, which SQLite needs for itself');
  demand(key.length > 0, 'has no key');
  for (const column of key) demand(columns[column] !== undefined, `has ${column} in its key alone`);
  for (const column of key) demand(columns[column]?.nullable !== true, `may have no ${column} in its key`);
  checkRanks(table, demand);
  for (const index of indexes) {
    const of = 'contains' in index ? [index.contains] : index.columns;
    for (const column of of)
      demand(columns[column] !== undefined, `has an index of ${column}, and no such column`);
    demand(
      !('contains' in index) || columns[index.contains]?.kind === 'text',
      'looks for text in what is none',
    );
  }
}

type Demand = (isSo: boolean, what: string) => void;

function checkRanks({ columns, indexes = [], ranked = [], facets = [] }: Table, demand: Demand): void {
  demand(ranked.length > 0 || facets.length === 0, 'has facets, and no ranks');
  const ways = ranked.map((column) => [column, 'place', 'organization_id']);
  for (const begun of ranked.length === 0 ? [] : [['place'], ['organization_id', 'place'], ...ways]) {
    const way = [...begun, ...facets.filter((facet) => !begun.includes(facet))];
    const isThere = indexes.some((index) => 'columns' in index && index.columns.join() === way.join());
    demand(isThere, `has ranks, and no index of ${way.join()}`);
  }
  for (const column of [...ranked, ...facets]) {
    demand(columns[column]?.kind === 'text', `has ranks by ${column}, which is no text`);
    demand(columns[column]?.nullable !== true, `has ranks by ${column}, which may be null`);
  }
}

/** They become names in SQL. */
function checkName(name: string): void {
  if (!nameForm.test(name)) throw new TypeError(`this cannot be the name of a table or column: ${name}`);
}
