// The blocks of a table as SQLite keeps them, counted in the transaction that changes the rows.

import type { Database, Statement } from 'better-sqlite3';

import { orderOfPlaces, rankedScope, ranksName } from '#read-models/ranked.js';
import {
  type Dividing,
  type Dividings,
  type FacetCounts,
  type Move,
  type Part,
  RankBook,
  type RankLimits,
  type StoredBlock,
} from '#read-models/stores/rank-book.js';
import {
  countsQuery,
  type Found,
  facetsIn,
  facetsQuery,
  hopQuery,
  partsIn,
  partsQuery,
  type RankedQuery,
  type RankedTable,
} from '#read-models/stores/ranked-sql.js';
import { quoted } from '#read-models/stores/sqlite/tables.js';

export interface RanksOf {
  readonly name: string;
  readonly ranked: readonly string[];
  readonly facets: readonly string[];
  readonly limits: RankLimits;
}

export class Ranks {
  readonly #database: Database;
  readonly #table: RankedTable;
  readonly #book: RankBook;
  readonly #load: Statement<[string], StoredBlock>;
  readonly #put: Statement<[string, string, string, string, number, string]>;
  readonly #remove: Statement<[string, string, string, string]>;
  readonly #removeScope: Statement<[string]>;
  readonly #readStamp: Statement<[], number>;
  readonly #statements = new Map<string, Statement<unknown[], Found>>();

  constructor(database: Database, { name, ranked, facets, limits }: RanksOf) {
    this.#database = database;
    // With a sign before its column SQLite looks for no index that begins with it.
    this.#table = { table: quoted(name), facets, parameter: () => '?', passed: '+organization_id' };
    this.#book = new RankBook({ ranked, limits, load: (scope) => this.#load.all(scope) });
    const table = quoted(ranksName(name));
    this.#load = database.prepare(
      `SELECT scope, ordered_by AS "order", first_key AS key, first_place AS place, count, facets FROM ${table}
        WHERE scope = ? AND ordered_by <> '' ORDER BY ordered_by, first_key, first_place`,
    );
    this.#put = database.prepare(`REPLACE INTO ${table} VALUES (?, ?, ?, ?, ?, ?)`);
    this.#remove = database.prepare(
      `DELETE FROM ${table} WHERE scope = ? AND ordered_by = ? AND first_key = ? AND first_place = ?`,
    );
    this.#removeScope = database.prepare(`DELETE FROM ${table} WHERE scope = ? AND ordered_by <> ''`);
    this.#readStamp = database
      .prepare<[], number>(`SELECT count FROM ${table} WHERE scope = '' AND ordered_by = ''`)
      .pluck();
  }

  note(move: Move): void {
    if (!this.#book.isOpen) this.#book.open(this.#readStamp.get() ?? null);
    this.#book.note(move);
  }

  /** After all rows of the transaction, before it ends. */
  write(): void {
    if (!this.#book.isOpen) return;
    this.#divide(this.#book.settle());
    this.#keep();
  }

  forget(): void {
    this.#book.forget();
  }

  /** Of rows that were written in bulk. Others get their turns between two steps, each of which is a transaction. */
  *build(): Generator<void, void> {
    const all = Map.groupBy(
      this.#ask({ sql: countsQuery(this.#table), values: [] }),
      (row) => row.organization_id,
    );
    const ofEach = [...all].map(([of, rows]) => [rankedScope(String(of)), this.#facetsIn(rows)] as const);
    for (const [scope, facets] of [
      [rankedScope(null), this.#facetsIn([...all.values()].flat())] as const,
      ...ofEach,
    ]) {
      const count = [...facets.values()].reduce((sum, one) => sum + one, 0);
      if (count === 0) continue;
      for (const order of this.#book.ordersOf(scope, count)) {
        this.#divide(this.#book.begin(scope, order, facets));
        if (order === orderOfPlaces) continue;
        this.#keep();
        yield;
      }
    }
    this.#keep();
  }

  #keep(): void {
    const { emptied, gone, blocks, stamp } = this.#book.close();
    for (const scope of emptied) this.#removeScope.run(scope);
    for (const { scope, order, key, place } of gone) this.#remove.run(scope, order, key, place);
    for (const { scope, order, key, place, count, facets } of blocks)
      this.#put.run(scope, order, key, place, count, facets);
    this.#put.run('', '', '', '', stamp, '');
  }

  #divide(dividings: Dividings): void {
    let next = dividings.next([]);
    while (next.done !== true) next = dividings.next(this.#partsOf(next.value));
  }

  #partsOf(dividing: Dividing): readonly Part[] {
    const { order, isNarrow, parts, blockRows, lastRows } = dividing;
    if (isNarrow && order !== orderOfPlaces)
      return partsIn(this.#table, this.#ask(partsQuery(this.#table, dividing)));
    const found: Part[] = [];
    for (let { from } = dividing; found.length < parts; ) {
      const [first] = this.#ask(hopQuery(this.#table, { ...dividing, from }));
      if (first === undefined) break;
      from = { key: String(first.key), place: String(first.place) };
      const rows = found.length === parts - 1 ? lastRows : blockRows;
      found.push({
        ...from,
        facets: this.#facetsFrom({ ...dividing, from, rows }),
      });
    }
    return found;
  }

  #facetsFrom(asked: Dividing & { readonly rows: number }): FacetCounts {
    const { facets, rows } = asked;
    const [only] = facets;
    if (facets.length === 1) return new Map([[only as string, rows]]);
    return this.#facetsIn(this.#ask(facetsQuery(this.#table, asked)));
  }

  #facetsIn(rows: readonly Found[]): FacetCounts {
    return facetsIn(this.#table, rows);
  }

  #ask({ sql, values }: RankedQuery): Found[] {
    const statement = this.#statements.get(sql) ?? this.#database.prepare<unknown[], Found>(sql);
    this.#statements.set(sql, statement);
    return statement.all(...values);
  }
}
