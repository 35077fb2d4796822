// The blocks of a table as PostgreSQL keeps them, counted in the transaction that changes the rows.

import type pg from 'pg';

import type { Cell, Table } from '#read-models/projection.js';
import { rankedScope, ranksName } from '#read-models/ranked.js';
import { told } from '#read-models/stores/postgres/connections.js';
import { puttings, stepping } from '#read-models/stores/postgres/statements.js';
import { creation, qualified } from '#read-models/stores/postgres/tables.js';
import {
  type Dividing,
  type Dividings,
  type FacetCounts,
  type Move,
  type Part,
  RankBook,
  type RankChanges,
  type RankLimits,
  type StoredBlock,
  scopesOf,
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
import type { Changed } from '#read-models/stores/steps.js';
import { TableShape } from '#read-models/table-shape.js';

const text = { kind: 'text' } as const;
const ranksTable: Table = {
  columns: {
    scope: text,
    ordered_by: text,
    first_key: text,
    first_place: text,
    count: { kind: 'integer' },
    facets: text,
  },
  key: ['scope', 'ordered_by', 'first_key', 'first_place'],
};
/** A batch of a thousand changes every sixth block: the next version of each finds room beside it. */
const fillFactor = 40;
const shape = new TableShape('ranks', ranksTable);
/** Beyond so many parts one walk through everything takes less than as many hops. */
const hopsMax = 4;
/** Of a table of many millions of rows; nobody waits for it. */
const buildingMaxMs = 3_600_000;

export interface RanksOf {
  readonly name: string;
  readonly shape: Pick<TableShape, 'ranked' | 'facets'>;
  readonly limits: RankLimits;
}

export class PostgresRanks {
  readonly name: string;
  readonly #table: RankedTable;
  readonly #book: RankBook;
  #loaded = new Map<string, StoredBlock[]>();
  #isThere = false;

  constructor({ name, shape: { ranked, facets }, limits }: RanksOf) {
    this.name = ranksName(name);
    this.#table = {
      table: qualified(name),
      facets,
      parameter: (number) => `$${number}`,
      // An expression has no index.
      passed: "(organization_id || '')",
    };
    this.#book = new RankBook({ ranked, limits, load: (scope) => this.#loaded.get(scope) ?? [] });
  }

  /** Of a table without rows. */
  async make(client: pg.ClientBase): Promise<void> {
    await told(client.query(creation({ name: this.name, shape }, fillFactor)));
  }

  /** Not before a build that grows in bulk is finished. Who has its checkpoint sees that it stays so. */
  async isThere(client: pg.ClientBase): Promise<boolean> {
    if (this.#isThere) return true;
    const { rows } = await told(
      client.query('SELECT to_regclass($1) IS NOT NULL AS found', [qualified(this.name)]),
    );
    this.#isThere = rows[0]?.found === true;
    return this.#isThere;
  }

  /** After all rows of the transaction. Answers whether a row is not named any more that a block began with. */
  async write(client: pg.ClientBase, moves: readonly Move[]): Promise<boolean> {
    if (moves.length === 0) return false;
    try {
      this.#book.open(await this.#stamp(client));
      await this.#loadFor(client, moves);
      for (const move of moves) this.#book.note(move);
      await this.#divide(client, this.#book.settle());
      return await this.#keep(client);
    } finally {
      this.#loaded = new Map();
      this.#book.forget();
    }
  }

  /** Of rows that were written in bulk, with their indexes. */
  async build(client: pg.ClientBase): Promise<void> {
    await this.make(client);
    const rows = await this.#ask(client, { sql: countsQuery(this.#table), values: [] });
    const ofEach = [...Map.groupBy(rows, (row) => rankedScope(String(row.organization_id)))];
    try {
      for (const [scope, found] of [[rankedScope(null), rows] as const, ...ofEach]) {
        const facets = facetsIn(this.#table, found);
        const count = [...facets.values()].reduce((sum, one) => sum + one, 0);
        for (const order of count === 0 ? [] : this.#book.ordersOf(scope, count))
          await this.#divide(client, this.#book.begin(scope, order, facets));
      }
      await this.#keep(client);
    } finally {
      this.#book.forget();
    }
  }

  async #stamp(client: pg.ClientBase): Promise<number | null> {
    const asking = `SELECT count FROM ${qualified(this.name)} WHERE scope = '' AND ordered_by = ''`;
    const { rows } = await told(client.query<{ count: number }>(asking));
    return rows[0]?.count ?? null;
  }

  async #loadFor(client: pg.ClientBase, moves: readonly Move[]): Promise<void> {
    const scopes = [...new Set([rankedScope(null), ...moves.flatMap(scopesOf)])];
    const missing = scopes.filter((scope) => !this.#book.isAtHand(scope));
    if (missing.length === 0) return;
    const asking = `SELECT scope, ordered_by AS order, first_key AS key, first_place AS place, count, facets
      FROM ${qualified(this.name)} WHERE scope = ANY($1) AND ordered_by <> ''
      ORDER BY scope, ordered_by, first_key, first_place`;
    const { rows } = await told(client.query<StoredBlock>(asking, [missing]));
    this.#loaded = Map.groupBy(rows, ({ scope }) => scope);
  }

  async #keep(client: pg.ClientBase): Promise<boolean> {
    const { emptied, gone, blocks, stamp } = this.#book.close();
    const target = { name: this.name, shape };
    const removed = (where: Changed['where']): Changed => ({ where, cells: {} });
    const steps = [
      emptied.map((scope) => removed({ scope })),
      gone.map(({ scope, order, key, place }) =>
        removed({ scope, ordered_by: order, first_key: key, first_place: place }),
      ),
    ].filter((changes) => changes.length > 0);
    for (const changes of steps) await told(client.query(stepping(target, { kind: 'remove', changes })));
    const rows = [...blocks.map(cellsOf), ['', '', '', '', stamp, '{}']];
    for (const statement of puttings(
      target,
      rows.map((cells) => ({ cells, unsure: new Set() })),
    ))
      await told(client.query(statement));
    return steps.length > 0;
  }

  async #divide(client: pg.ClientBase, dividings: Dividings): Promise<void> {
    let next = dividings.next([]);
    while (next.done !== true) next = dividings.next(await this.#partsOf(client, next.value));
  }

  async #partsOf(client: pg.ClientBase, dividing: Dividing): Promise<readonly Part[]> {
    const { parts, blockRows, lastRows } = dividing;
    if (parts > hopsMax && dividing.from.place === '')
      return partsIn(this.#table, await this.#ask(client, partsQuery(this.#table, dividing)));
    const found: Part[] = [];
    for (let { from } = dividing; found.length < parts; ) {
      const [first] = await this.#ask(client, hopQuery(this.#table, { ...dividing, from }));
      if (first === undefined) break;
      from = { key: String(first.key), place: String(first.place) };
      const rows = found.length === parts - 1 ? lastRows : blockRows;
      found.push({ ...from, facets: await this.#facetsFrom(client, { ...dividing, from, rows }) });
    }
    return found;
  }

  async #facetsFrom(
    client: pg.ClientBase,
    asked: Dividing & { readonly rows: number },
  ): Promise<FacetCounts> {
    const { facets, rows } = asked;
    const [only] = facets;
    if (facets.length === 1) return new Map([[only as string, rows]]);
    return facetsIn(this.#table, await this.#ask(client, facetsQuery(this.#table, asked)));
  }

  async #ask(client: pg.ClientBase, { sql, values }: RankedQuery): Promise<Found[]> {
    const query = { text: sql, values: [...values], query_timeout: buildingMaxMs } as pg.QueryConfig;
    return (await told(client.query<Found>(query))).rows;
  }
}

const cellsOf = ({ scope, order, key, place, count, facets }: RankChanges['blocks'][number]): Cell[] => [
  scope,
  order,
  key,
  place,
  count,
  facets,
];
