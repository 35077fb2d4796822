// Conditions in SQL that both engines understand alike. None of those for single rows may be answered by an index:
// which index is walked, and how far, is decided by who asks, or an engine would look at everybody now and then.

import { type Expression, type RawBuilder, type SqlBool, sql } from 'kysely';

import type { TextMatch } from '#read-models/queries/queries.js';
import type { Reading } from '#read-models/store.js';

export type Condition = RawBuilder<SqlBool>;

export const always: Condition = sql<SqlBool>`(1 = 1)`;
export const never: Condition = sql<SqlBool>`(1 = 0)`;

/** Where nothing is known it does not hold, so that its contrary does. */
export const certainly = (condition: Expression<SqlBool>): Condition =>
  sql<SqlBool>`((${condition}) is true)`;
export const not = (condition: Condition): Condition => sql<SqlBool>`(not ${condition})`;
export const all = (conditions: readonly Condition[]): Condition =>
  conditions.length === 0 ? always : sql<SqlBool>`(${sql.join(conditions, sql` and `)})`;
export const some = (conditions: readonly Condition[]): Condition =>
  conditions.length === 0 ? never : sql<SqlBool>`(${sql.join(conditions, sql` or `)})`;

/** However many there are, they are one parameter: engines have a limit on those. */
export function among({ engine }: Reading, column: string, values: readonly string[]): Condition {
  const kept = values.filter(isKeepable);
  return engine === 'sqlite'
    ? sql<SqlBool>`${sql.ref(column)} in (select value from json_each(${JSON.stringify(kept)}))`
    : sql<SqlBool>`${sql.ref(column)} = any(${kept}::text[])`;
}

/** No row holds it, and PostgreSQL refuses to hold anything against it. */
const isKeepable = (text: string): boolean => !text.includes('\0');

export interface TextColumn {
  /** Null where there is no text. */
  readonly exact: string;
  readonly lowered: string;
}

/** Characters as engines count them. */
export const lengthOf = (text: string): number => [...text].length;

export function holdsText(
  { engine }: Reading,
  { exact, lowered }: TextColumn,
  { value, method, ignoreCase }: TextMatch,
): Condition {
  if (!isKeepable(value)) return never;
  const sought = ignoreCase ? value.toLowerCase() : value;
  const column = sql.ref(ignoreCase ? lowered : exact);
  const isThere = sql<SqlBool>`${sql.ref(exact)} is not null`;
  if (sought === '' && method !== 'equals') return isThere;
  const found = engine === 'sqlite' ? sql`instr(${column}, ${sought})` : sql`strpos(${column}, ${sought})`;
  const length = lengthOf(sought);
  const holds = {
    equals: sql<SqlBool>`${column} = ${sought}`,
    'starts-with': sql<SqlBool>`substr(${column}, 1, ${length}) = ${sought}`,
    contains: sql<SqlBool>`${found} > 0`,
    'ends-with': sql<SqlBool>`substr(${column}, length(${column}) - ${length} + 1) = ${sought}`,
  } as const;
  return certainly(all([isThere, holds[method]]));
}
