// The rows of a table in the orders in which they are ranked, looked at by their indexes alone.

import type { Database, Statement } from 'better-sqlite3';

import { orderOfPlaces, rankedScope } from '#read-models/ranked.js';
import { quoted } from '#read-models/stores/sqlite/tables.js';

export interface First {
  readonly key: string;
  readonly place: string;
}

interface Walk {
  readonly scope: string;
  readonly order: string;
  readonly blockRows: number;
  readonly from: First;
  /** From the first row on, of a scope that is better sorted than picked out of the index of all. */
  readonly isNarrow: boolean;
}

export class RankedRows {
  readonly #database: Database;
  readonly #table: string;
  readonly #statements = new Map<string, Statement<unknown[], First>>();

  constructor(database: Database, name: string) {
    this.#database = database;
    this.#table = quoted(name);
  }

  /** Of rows that lists show, by organization. */
  counts(): readonly { readonly organization: string; readonly count: number }[] {
    const sql = `SELECT organization_id AS organization, count(*) AS count FROM ${this.#table}
      WHERE place IS NOT NULL GROUP BY organization_id`;
    return this.#database.prepare<[], { organization: string; count: number }>(sql).all();
  }

  /** Of the rows that follow, each one that comes so many after the one before; as many as there have to be. */
  every(walk: Walk, count: number): readonly First[] {
    const firsts =
      walk.isNarrow && walk.order !== orderOfPlaces ? this.#sorted(walk) : this.#hops(walk, count);
    if (firsts.length !== count)
      throw new Error(`${this.#table} has other rows by ${walk.order} than were counted`);
    return firsts;
  }

  #hops({ scope, order, blockRows, from }: Walk, count: number): First[] {
    const statement = this.#statement(this.#hop(scope, order));
    const within = scope === rankedScope(null) ? [] : [organizationOf(scope)];
    const firsts: First[] = [];
    for (let at: First | undefined = from; firsts.length < count; firsts.push(at)) {
      const since: string[] = order === orderOfPlaces ? [at.place] : [at.key, at.place];
      at = statement.get(...since, ...within, blockRows);
      if (at === undefined) break;
    }
    return firsts;
  }

  #hop(scope: string, order: string): string {
    const isByPlace = order === orderOfPlaces;
    const [key, inOrder] = isByPlace ? ["''", 'place'] : [quoted(order), `${quoted(order)}, place`];
    // With a sign before its column no index is looked for that begins with it: it would have all of it sorted.
    const organization = isByPlace ? 'organization_id' : '+organization_id';
    return `SELECT ${key} AS key, place FROM ${this.#table}
      WHERE (${inOrder}) >= (${isByPlace ? '?' : '?, ?'}) AND place IS NOT NULL
        ${scope === rankedScope(null) ? '' : `AND ${organization} = ?`}
      ORDER BY ${inOrder} LIMIT 1 OFFSET ?`;
  }

  #sorted({ scope, order, blockRows }: Walk): First[] {
    const key = quoted(order);
    const statement = this.#statement(
      `SELECT key, place FROM (SELECT ${key} AS key, place, row_number() OVER (ORDER BY +${key}, place) AS number
        FROM ${this.#table} WHERE organization_id = ? AND place IS NOT NULL)
        WHERE number > 1 AND number % ? = 1 ORDER BY number`,
    );
    return statement.all(organizationOf(scope), blockRows);
  }

  #statement(sql: string): Statement<unknown[], First> {
    const statement = this.#statements.get(sql) ?? this.#database.prepare<unknown[], First>(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

const organizationOf = (scope: string): string => scope.slice(rankedScope('').length);
