// A page by the blocks in which rows are counted, of a list of everything: none of it is walked to for longer than a
// block, wherever it lies, and everything is counted.

import { type RawBuilder, sql } from 'kysely';

import { compareTexts } from '#read-models/compare-texts.js';
import {
  type Asked,
  type Found,
  type Hit,
  limitOf,
  number,
  run,
  within,
} from '#read-models/queries/asked-list.js';
import { orderOfPlaces, rankedScope } from '#read-models/ranked.js';

/** Null where rows are not counted like this. */
export async function rankedPage(asked: Asked): Promise<Found | null> {
  const ranked = asked.filter === null ? await rankedOf(asked) : null;
  if (ranked === null) return null;
  const { total } = ranked;
  const { offset } = asked.page;
  const limit = Math.min(limitOf(asked.page), total - offset);
  if (limit <= 0) return { streams: [], total, isMore: false };
  const rows = await (asked.isAscending ? rowsFrom : descending)(ranked, offset, limit);
  return { streams: rows.map(({ stream }) => stream), total, isMore: false };
}

/** The row before which so many come, whatever the filter; null where there are no more. */
export async function rankedRowAt(asked: Asked, rank: number): Promise<Hit | null | 'not ranked'> {
  const ranked = await rankedOf(asked);
  if (ranked === null) return 'not ranked';
  const { total } = ranked;
  if (rank >= total) return null;
  const [row] = await rowsFrom(ranked, asked.isAscending ? rank : total - 1 - rank, 1);
  return row ?? null;
}

interface Ranked {
  readonly asked: Asked;
  /** In order. */
  readonly blocks: readonly Block[];
  readonly total: number;
}

interface Block extends Omit<Hit, 'stream'> {
  readonly count: number;
  /** Rows that come before it. */
  readonly before: number;
}

/** All blocks of an order come as one text: they are a thousand or two. */
async function rankedOf(asked: Asked): Promise<Ranked | null> {
  const { ranks = null, organizationId, column, key } = asked;
  if (ranks === null || key !== undefined) return null;
  const [row] = await run<{ blocks: string }>(
    asked,
    sql`select json_group_array(json_array(first_key, first_place, count) order by first_key, first_place) as blocks
      from ${sql.table(ranks)} where scope = ${rankedScope(organizationId)} and ordered_by = ${column ?? orderOfPlaces}`,
  );
  const known = JSON.parse(row?.blocks ?? '[]') as [string, string, number][];
  let total = 0;
  const blocks = known.map(([firstKey, place, count]) => {
    total += count;
    return { key: firstKey, place, count, before: total - count };
  });
  return blocks.length === 0 ? null : { asked, blocks, total };
}

/** The row of this rank, and those that follow, in the order of the index. */
async function rowsFrom({ asked, blocks }: Ranked, rank: number, limit: number): Promise<readonly Hit[]> {
  const block = blocks.findLast(({ before }) => before <= rank) as Block;
  const { table, column } = asked;
  const key = sql.ref(`t.${column ?? 'place'}`);
  return run<Hit>(
    asked,
    sql`select t.stream as stream, shown.key as key, shown.place as place
      from (select ${key} as key, t.place as place ${rowsSince(asked, block)}
        order by ${column === null ? sql`` : sql`${key}, `}t.place
        limit ${number(limit)} offset ${number(rank - block.before)}) as shown
      join ${sql.table(table)} as t on t.place = shown.place order by shown.key, shown.place`,
  );
}

/** Of keys that come before this one, or also of this one itself. */
async function countUpTo({ asked, blocks }: Ranked, key: string, isIncluded: boolean): Promise<number> {
  const isUpTo = ({ key: first }: Block) => compareTexts(first, key) < (isIncluded ? 1 : 0);
  const block = blocks.findLast(isUpTo);
  if (block === undefined) return 0;
  const sign = isIncluded ? sql`<=` : sql`<`;
  const [row] = await run<{ count: number }>(
    asked,
    sql`select count(*) as count ${rowsSince(asked, block)} and ${sql.ref(`t.${asked.column}`)} ${sign} ${key}`,
  );
  return block.before + (row?.count ?? 0);
}

function rowsSince(asked: Asked, { key, place }: Block): RawBuilder<unknown> {
  const { table, column } = asked;
  const isSince =
    column === null
      ? sql`t.place >= ${place}`
      : sql`(${sql.ref(`t.${column}`)}, t.place) >= (${key}, ${place})`;
  return sql`from ${sql.table(table)} as t
    where ${within(asked, column === null ? '' : '+')} and t.place is not null and ${isSince}`;
}

/**
 * The other way round, equals still come in the order of their adding, as they do in the index. Which of them are on
 * the page is looked up where some are beyond it: so the rows beside it are had, too.
 */
async function descending(ranked: Ranked, offset: number, limit: number): Promise<readonly Hit[]> {
  const { asked, total } = ranked;
  const [above, below] = [offset > 0 ? 1 : 0, offset + limit < total ? 1 : 0];
  const found = await rowsFrom(ranked, total - offset - limit - below, limit + above + below);
  const beside = found.toReversed();
  const rows = beside.slice(above, above + limit);
  if (asked.column === null) return rows;
  const [first, last] = [rows[0] as Hit, rows.at(-1) as Hit];
  const [isBegun, goesOn] = [
    above === 1 && beside[0]?.key === first.key,
    below === 1 && beside.at(-1)?.key === last.key,
  ];
  const sorted = rows.toSorted(
    (one, other) => -compareTexts(one.key, other.key) || compareTexts(one.place, other.place),
  );
  if (!isBegun && !goesOn) return sorted;
  const ofKey = (key: string) => sorted.filter((row) => row.key === key);
  const isOneKey = first.key === last.key;
  const firsts = ofKey(first.key);
  const begun = isBegun || isOneKey ? await equalsFrom(ranked, offset, firsts) : firsts;
  if (isOneKey) return begun;
  const lasts = ofKey(last.key);
  const between = sorted.slice(firsts.length, sorted.length - lasts.length);
  if (!goesOn) return [...begun, ...between, ...lasts];
  const lastRank = await countUpTo(ranked, last.key, false);
  return [...begun, ...between, ...(await rowsFrom(ranked, lastRank, lasts.length))];
}

/** As many, of those that were added first of what no page before has shown. */
async function equalsFrom(ranked: Ranked, offset: number, rows: readonly Hit[]): Promise<readonly Hit[]> {
  const { key } = rows[0] as Hit;
  const above = ranked.total - (await countUpTo(ranked, key, true));
  const first = await countUpTo(ranked, key, false);
  return rowsFrom(ranked, first + offset - above, rows.length);
}
