// A snapshot as queries see it, wherever it is asked: in this thread or in another.

import { SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler, sql } from 'kysely';
import { ranksName } from '#read-models/ranked.js';
import type { Reading } from '#read-models/store.js';
import { type Ask, readingOver, type Shown } from '#read-models/stores/shown.js';
import { textIndexName, textQuery } from '#read-models/stores/sqlite/tables.js';

export function readingOf(shown: Shown, ask: Ask): Reading {
  const reading = readingOver(
    shown,
    {
      createAdapter: () => new SqliteAdapter(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
    ask,
  );
  return {
    ...reading,
    engine: 'sqlite',
    ranksOf: (projection, table) => ranksName(reading.tableOf(projection, table)),
    mayContain: ({ projection, table, column, text, as, atMost = -1 }) => {
      const name = reading.tableOf(projection, table);
      const query = textQuery(column, text);
      if (query === null) return sql`0`;
      const index = sql.table(textIndexName(name));
      return sql`${sql.ref(`${as ?? name}.rowid`)} IN (SELECT rowid FROM ${index} WHERE ${index} MATCH ${query} LIMIT ${atMost})`;
    },
  };
}
