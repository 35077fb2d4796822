// What a batch changes, gathered by tables, and how it is written to one of them.

import type pg from 'pg';

import type { Row } from '#read-models/projection.js';
import { type OpenedChange, RowRefused } from '#read-models/store.js';
import { Gathered, type Run } from '#read-models/stores/gathered.js';
import { told } from '#read-models/stores/postgres/connections.js';
import type { PostgresRanks } from '#read-models/stores/postgres/ranks.js';
import { SeenRows } from '#read-models/stores/postgres/seen-rows.js';
import { statementsOf, type Target } from '#read-models/stores/postgres/statements.js';
import { tableName } from '#read-models/stores/shown.js';
import type { TableShape } from '#read-models/table-shape.js';

interface Tables {
  readonly projection: string;
  readonly shapes: ReadonlyMap<string, TableShape>;
  readonly ranks: ReadonlyMap<string, PostgresRanks>;
}

interface Gathering {
  readonly gathered: readonly { readonly table: string; readonly runs: readonly Run[] }[];
  /** By table: what rows are sought by, once for each way. */
  readonly sought: readonly (readonly [string, Row])[];
}

/** Throws `RowRefused`. */
export function gather({ shapes }: Pick<Tables, 'shapes'>, changes: readonly OpenedChange[]): Gathering {
  const tables = new Map<string, Gathered>();
  for (const change of changes) {
    const gathered = tables.get(change.table) ?? new Gathered(shapeOf(shapes, change.table));
    tables.set(change.table, gathered);
    gathered.add(change);
  }
  const all = [...tables].map(([table, gathered]) => ({ table, runs: gathered.runs() }));
  return {
    gathered: all,
    sought: all.flatMap(({ table, runs }) =>
      runs.flatMap(({ steps }) => steps.map(({ changes: [first] }) => [table, first?.where ?? {}] as const)),
    ),
  };
}

interface Writing {
  readonly target: Target;
  readonly ranks: PostgresRanks | null;
}

export function targetIn({ projection, shapes, ranks }: Tables, build: number, table: string): Writing {
  const target = { name: tableName(projection, build, table), shape: shapeOf(shapes, table) };
  return { target, ranks: ranks.get(table) ?? null };
}

/** Answers the table of ranks, where one of them names a row no more. */
export async function writeRuns(
  client: pg.ClientBase,
  runs: readonly Run[],
  { target, ranks }: Writing,
): Promise<readonly string[]> {
  if (ranks === null || !(await ranks.isThere(client))) {
    for (const run of runs)
      for (const statement of statementsOf(target, run)) await told(client.query(statement));
    return [];
  }
  const rows = new SeenRows(client, target);
  for (const run of runs) await rows.write(run);
  return (await ranks.write(client, await rows.moves())) ? [ranks.name] : [];
}

export function shapeOf(shapes: ReadonlyMap<string, TableShape>, table: string): TableShape {
  const shape = shapes.get(table);
  if (shape === undefined) throw new RowRefused(`there is no table ${JSON.stringify(table)}`);
  return shape;
}
