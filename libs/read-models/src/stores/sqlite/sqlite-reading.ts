// A snapshot as queries see it, wherever it is asked: in this thread or in another.

import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  Kysely,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely';

import type { Checkpoint, Reading } from '#read-models/store.js';
import { tableName, textIndexName, textQuery } from '#read-models/stores/sqlite/tables.js';

/** What is live in a snapshot. */
export type Shown = readonly {
  readonly projection: string;
  readonly build: number;
  readonly checkpoint: Checkpoint | null;
}[];

export type Ask = (sql: string, parameters: readonly unknown[]) => Promise<readonly unknown[]>;

export function readingOf(shown: Shown, ask: Ask): Reading {
  const live = (projection: string) => shown.find((one) => one.projection === projection);
  const tableOf = (projection: string, table: string) => {
    const found = live(projection);
    if (found === undefined) throw new TypeError(`there are no tables of ${projection}`);
    return tableName(projection, found.build, table);
  };
  return {
    db: new Kysely({ dialect: dialectOver(ask) }),
    engine: 'sqlite',
    tableOf,
    checkpointOf: (projection) => live(projection)?.checkpoint ?? null,
    mayContain: ({ projection, table, column, text, as, atMost = -1 }) => {
      const name = tableOf(projection, table);
      const query = textQuery(column, text);
      if (query === null) return sql`0`;
      const index = sql.table(textIndexName(name));
      return sql`${sql.ref(`${as ?? name}.rowid`)} IN (SELECT rowid FROM ${index} WHERE ${index} MATCH ${query} LIMIT ${atMost})`;
    },
  };
}

function dialectOver(ask: Ask): Dialect {
  const connection = connectionOver(ask);
  return {
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
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

function connectionOver(ask: Ask): DatabaseConnection {
  return {
    async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
      return { rows: (await ask(sql, parameters)) as Row[] };
    },
    streamQuery(): never {
      throw new TypeError('a reading answers whole pages');
    },
  };
}

function refuse(): Promise<never> {
  return Promise.reject(new TypeError('a reading is one transaction already'));
}
