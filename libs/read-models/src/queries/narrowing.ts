// Indexes that lead to few rows. What they find may be more than what is meant, so it is held against the whole
// filter afterwards.

import { type RawBuilder, type SqlBool, sql } from 'kysely';

import { lengthOf } from '#read-models/queries/conditions.js';
import type { TextMatch } from '#read-models/queries/queries.js';
import type { Reading } from '#read-models/store.js';

/** Selects streams. The lower its rank, the fewer they are likely to be. */
export interface Narrowing {
  readonly rank: number;
  readonly streams: RawBuilder<{ stream: string }>;
}

/** An index of trigrams knows nothing of a shorter one. */
export const containedCharactersMin = 3;
/** Of so many rows each is looked at: a page and its order are then had in some milliseconds. */
export const narrowMax = 2_000;
const lastCodePoint = 0x10ffff;

export interface IndexedColumn {
  readonly projection: string;
  readonly table: string;
  /** In lower case. */
  readonly column: string;
}

const ranks = { equals: 1, 'starts-with': 3, contains: 2, 'ends-with': 2 } as const;

/** None where no index leads to it. */
export function narrowedByText(
  reading: Reading,
  indexed: IndexedColumn,
  { value, method, ignoreCase }: TextMatch,
): readonly Narrowing[] {
  // The last sigma of a word is another in lower case: a part of a text may not be a part of it there.
  if (!ignoreCase && method !== 'equals' && value.includes('Σ')) return [];
  const text = value.toLowerCase();
  if (text.includes('\0')) return [];
  const { projection, table, column } = indexed;
  const from = sql`select stream from ${sql.table(reading.tableOf(projection, table))}`;
  const where = (condition: RawBuilder<SqlBool>) => [
    { rank: ranks[method], streams: sql<{ stream: string }>`${from} where ${condition}` },
  ];
  const key = sql.ref(column);
  if (method === 'equals') return where(sql`${key} = ${text}`);
  if (method === 'starts-with') return text === '' ? [] : where(sql`${key} >= ${text}${before(key, text)}`);
  if (text === '') return [];
  if (lengthOf(text) < containedCharactersMin)
    return [{ rank: 4, streams: lookedThrough(reading, indexed, text) }];
  // Engines may look for all of them before they answer one.
  return where(sql`${reading.mayContain({ ...indexed, text, atMost: narrowMax + 1 })}`);
}

/**
 * No index leads to so short a text: all texts of the column are looked through, which takes a tenth of a second for a
 * million. SQLite has them together in the index of their order, and goes to the table for few that were found alone;
 * of many it is enough to know that they are many.
 */
function lookedThrough(reading: Reading, { projection, table, column }: IndexedColumn, text: string) {
  const rows = sql.table(reading.tableOf(projection, table));
  if (reading.engine === 'postgres')
    return sql<{ stream: string }>`select stream from ${rows} where strpos(${sql.ref(column)}, ${text}) > 0`;
  return sql<{ stream: string }>`select stream from (
    with found as materialized (
      select rowid as number from ${rows} where instr(${sql.ref(column)}, ${text}) > 0 limit ${narrowMax + 1}
    ), counted as materialized (select count(*) as count from found)
    select stream from ${rows}
      where rowid in (select number from found where (select count from counted) <= ${narrowMax})
    union all select '' from found where (select count from counted) > ${narrowMax})`;
}

/** What begins with the text comes before the text whose last character is the next one. */
function before(key: RawBuilder<unknown>, text: string): RawBuilder<unknown> {
  const characters = [...text];
  while (characters.at(-1)?.codePointAt(0) === lastCodePoint) characters.pop();
  const last = characters.pop()?.codePointAt(0);
  if (last === undefined) return sql``;
  // Between these two are the halves of pairs, which are no characters.
  const next = last === 0xd7ff ? 0xe000 : last + 1;
  return sql` and ${key} < ${characters.join('') + String.fromCodePoint(next)}`;
}

/** Where each must hold, one of them is enough to narrow. */
export const narrowedByAll = (parts: readonly (readonly Narrowing[])[]): readonly Narrowing[] => parts.flat();

/** Of which one must hold: each has to narrow. */
export function narrowedBySome(parts: readonly (readonly Narrowing[])[]): readonly Narrowing[] {
  const best = parts.map((part) => part.toSorted(byRank)[0]);
  const found = best.filter((one) => one !== undefined);
  if (found.length === 0 || found.length < parts.length) return [];
  const rank = Math.max(...found.map((one) => one.rank));
  const each = found.map(({ streams }) => sql`select stream from (${streams}) as part`);
  return [{ rank, streams: sql<{ stream: string }>`${sql.join(each, sql` union all `)}` }];
}

export const byRank = (one: Narrowing, other: Narrowing): number => one.rank - other.rank;
