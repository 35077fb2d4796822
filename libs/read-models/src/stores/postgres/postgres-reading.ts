// A snapshot as queries see it, on the one connection that has it.

import { PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler, sql } from 'kysely';
import type pg from 'pg';

import { ranksName } from '#read-models/ranked.js';
import type { Reading } from '#read-models/store.js';
import { told } from '#read-models/stores/postgres/connections.js';
import { folded } from '#read-models/stores/postgres/tables.js';
import { readingOver, type Shown } from '#read-models/stores/shown.js';

export function readingOf(shown: Shown, client: pg.ClientBase): Reading {
  const reading = readingOver(
    shown,
    {
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    async (text, parameters) => (await told(client.query({ text, values: [...parameters] }))).rows,
  );
  return {
    ...reading,
    engine: 'postgres',
    ranksOf: (projection, table) => ranksName(reading.tableOf(projection, table)),
    mayContain: ({ projection, table, column, text, as }) => {
      if ([...text].length < 3) throw new TypeError('a text of fewer than three characters has no index');
      // PostgreSQL knows neither of the two, and no row has them.
      if (text.includes('\0') || !text.isWellFormed()) return sql`false`;
      const place = sql.ref(`${as ?? reading.tableOf(projection, table)}.${column}`);
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
