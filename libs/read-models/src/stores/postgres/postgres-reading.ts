// A snapshot as queries see it, on the one connection that has it.

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
  sql,
} from 'kysely';
import type pg from 'pg';

import type { Checkpoint, Reading } from '#read-models/store.js';
import { told } from '#read-models/stores/postgres/connections.js';
import { folded, tableName } from '#read-models/stores/postgres/tables.js';

/** What is live in a snapshot. */
export type Shown = readonly {
  readonly projection: string;
  readonly build: number;
  readonly checkpoint: Checkpoint | null;
}[];

export function readingOf(shown: Shown, client: pg.ClientBase): Reading {
  const live = (projection: string) => shown.find((one) => one.projection === projection);
  const tableOf = (projection: string, table: string) => {
    const found = live(projection);
    if (found === undefined) throw new TypeError(`there are no tables of ${projection}`);
    return tableName(projection, found.build, table);
  };
  return {
    db: new Kysely({ dialect: dialectOver(client) }),
    engine: 'postgres',
    tableOf,
    checkpointOf: (projection) => live(projection)?.checkpoint ?? null,
    mayContain: ({ projection, table, column, text, as }) => {
      if ([...text].length < 3) throw new TypeError('a text of fewer than three characters has no index');
      // PostgreSQL knows neither of the two, and no row has them.
      if (text.includes('\0') || !text.isWellFormed()) return sql`false`;
      const place = sql.ref(`${as ?? tableOf(projection, table)}.${column}`);
      return sql`${foldedOf(place)} LIKE '%' || ${foldedOf(sql`${sql.val(escaped(text))}::text`)} || '%'`;
    },
  };
}

/** Must be written as it is in the index. */
function foldedOf(expression: ReturnType<typeof sql>): ReturnType<typeof sql> {
  const [before, after] = folded('|').split('|') as [string, string];
  return sql`${sql.raw(before)}${expression}${sql.raw(after)}`;
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

function dialectOver(client: pg.ClientBase): Dialect {
  const connection = connectionOver(client);
  return {
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
    createDriver: () => ({
      init: () => Promise.resolve(),
      acquireConnection: () => Promise.resolve(connection),
      beginTransaction: refuse,
      commitTransaction: refuse,
      rollbackTransaction: refuse,
      releaseConnection: () => Promise.resolve(),
      destroy: () => Promise.resolve(),
    }),
  };
}

function connectionOver(client: pg.ClientBase): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows } = await told(client.query({ text: sql, values: [...parameters] }));
      return { rows };
    },
    streamQuery(): never {
      throw new TypeError('a reading answers whole pages');
    },
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new TypeError('a reading is one transaction already'));
}
