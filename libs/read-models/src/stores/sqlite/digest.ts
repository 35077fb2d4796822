// What the rows of a table come to, in whatever order they stand.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from 'better-sqlite3';

import type { Cell } from '#read-models/projection.js';
import { RowDigest } from '#read-models/row-digest.js';
import { RowRefused, type TableDigest } from '#read-models/store.js';
import { tableName } from '#read-models/stores/shown.js';
import { type KnownBuild, tablesOf } from '#read-models/stores/sqlite/bookkeeping.js';
import { told } from '#read-models/stores/sqlite/model-file.js';
import { listed, quoted } from '#read-models/stores/sqlite/tables.js';
import { shapesOf } from '#read-models/table-shape.js';

/** Others get their turn after so many rows. */
const rowsPerTurn = 2_000;

export async function digestIn(database: Database, known: KnownBuild, table: string): Promise<TableDigest> {
  const shape = shapesOf({ name: known.projection, tables: tablesOf(known) }).get(table);
  if (shape === undefined) throw new RowRefused(`there is no table ${JSON.stringify(table)}`);
  const name = tableName(known.projection, known.build, table);
  const rows = told(() =>
    database.prepare<[], Cell[]>(`SELECT ${listed(shape.columns)} FROM ${quoted(name)}`).raw(),
  );
  const digest = new RowDigest();
  let count = 0;
  for (const row of rows.iterate()) {
    digest.add(row);
    count += 1;
    if (count % rowsPerTurn === 0) await nextTurn();
  }
  return digest.result();
}
