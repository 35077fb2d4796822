// A snapshot as queries see it, whichever engine has it: what is live in it, and one connection that asks it.

import { type CompiledQuery, type DatabaseConnection, type Dialect, Kysely, type QueryResult } from 'kysely';

import type { Checkpoint, Reading } from '#read-models/store.js';

/** What is live in a snapshot. */
export type Shown = readonly {
  readonly projection: string;
  readonly version: number;
  readonly build: number;
  readonly checkpoint: Checkpoint | null;
}[];

export type Ask = (sql: string, parameters: readonly unknown[]) => Promise<readonly unknown[]>;

/** What engines write differently. */
export type Engine = Pick<Dialect, 'createAdapter' | 'createIntrospector' | 'createQueryCompiler'>;

/** The name is the same on every engine. */
export function tableName(projection: string, build: number, table: string): string {
  return `${projection}_${build}_${table}`;
}

export function readingOver(
  shown: Shown,
  engine: Engine,
  ask: Ask,
): Omit<Reading, 'engine' | 'mayContain' | 'ranksOf'> {
  const live = (projection: string) => shown.find((one) => one.projection === projection);
  return {
    db: new Kysely({ dialect: dialectOver(engine, ask) }),
    tableOf: (projection, table) => {
      const found = live(projection);
      if (found === undefined) throw new TypeError(`there are no tables of ${projection}`);
      return tableName(projection, found.build, table);
    },
    versionOf: (projection) => live(projection)?.version ?? null,
    checkpointOf: (projection) => live(projection)?.checkpoint ?? null,
  };
}

function dialectOver(engine: Engine, ask: Ask): Dialect {
  const connection = connectionOver(ask);
  return {
    ...engine,
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
