// A page by the blocks in which rows are counted, of a list of everything: none of it is walked to for longer than a
// block, wherever it lies, and everything is counted.

import { type RawBuilder, sql } from 'kysely';

import { compareTexts } from '#read-models/compare-texts.js';
import {
  type Asked,
  andIf,
  type Found,
  type Hit,
  limitOf,
  number,
  run,
  within,
} from '#read-models/queries/asked-list.js';
import { orderOfPlaces, rankedScope, sortingCosts } from '#read-models/ranked.js';

/** What there is to be walked to by ranks; null where rows are not counted, or others than whole facets are meant. */
export async function rankedOf({ holdsFor = null, ...asked }: Asked): Promise<Ranked | null> {
  return asked.filter === null || holdsFor !== null ? blocksOf(asked, holdsFor) : null;
}

export async function rankedPage(ranked: Ranked): Promise<Found> {
  const { asked, total } = ranked;
  const { offset } = asked.page;
  const limit = Math.min(limitOf(asked.page), total - offset);
  if (limit <= 0) return { streams: [], total, isMore: false };
  const rows = await (asked.isAscending ? rowsFrom : descending)(ranked, offset, limit);
  return { streams: rows.map(({ stream }) => stream), total, isMore: false };
}

/** So few are meant, far from each other in the order of everybody, that to find and sort them takes less. */
export async function isBetterSorted({ asked, total, rows }: Ranked): Promise<boolean> {
  if (total === rows || total <= asked.page.offset) return false;
  const found = total * sortingCosts + (asked.organizationId === null ? 0 : rows);
  return found < (limitOf(asked.page) * (await countOfAll(asked))) / total;
}

async function countOfAll(asked: Asked): Promise<number> {
  const [all] = await run<{ count: number }>(
    asked,
    sql`select sum(count) as count from ${sql.table(asked.ranks as string)}
      where scope = ${rankedScope(null)} and ordered_by = ${orderOfPlaces}`,
  );
  return Number(all?.count);
}

/** The row before which so many come, whatever the filter; null where there are no more. */
export async function rankedRowAt(all: Asked, rank: number): Promise<Hit | null | 'not ranked'> {
  const asked = { ...all, filter: null };
  const ranked = await blocksOf(asked, null);
  if (ranked === null) return 'not ranked';
  const { total } = ranked;
  if (rank >= total) return null;
  const [row] = await rowsFrom(ranked, asked.isAscending ? rank : total - 1 - rank, 1);
  return row ?? null;
}

export interface Ranked {
  readonly asked: Asked;
  /** In order. */
  readonly blocks: readonly Block[];
  readonly total: number;
  /** Whether they are meant or not. */
  readonly rows: number;
}

interface Block extends Omit<Hit, 'stream'> {
  /** Of those that are meant. */
  readonly count: number;
  /** Of those, the ones that come before it. */
  readonly before: number;
}

type StoredBlock = readonly [firstKey: string, place: string, count: number, facets: string];

/** All blocks of an order come as one text: they are some hundreds. */
async function blocksOf(asked: Asked, holdsFor: Asked['holdsFor']): Promise<Ranked | null> {
  const { reading, ranks = null, organizationId, column, key } = asked;
  if (ranks === null || key !== undefined) return null;
  const told = sql`first_key, first_place, count${holdsFor ? sql`, facets` : sql``}`;
  const inOrder = sql`order by first_key, first_place`;
  const [row] = await run<{ blocks: string | null }>(
    asked,
    sql`select ${
      reading.engine === 'sqlite'
        ? sql`json_group_array(json_array(${told}) ${inOrder})`
        : sql`json_agg(json_build_array(${told}) ${inOrder})::text`
    } as blocks
      from ${sql.table(ranks)} where scope = ${rankedScope(organizationId)} and ordered_by = ${column ?? orderOfPlaces}`,
  );
  const known = JSON.parse(row?.blocks ?? '[]') as StoredBlock[];
  let [total, rows] = [0, 0];
  const blocks = known.map(([firstKey, place, all, facets]) => {
    const count = holdsFor ? countOf(JSON.parse(facets), holdsFor) : all;
    rows += all;
    total += count;
    return { key: firstKey, place, count, before: total - count };
  });
  return blocks.length === 0 ? null : { asked, blocks, total, rows };
}

function countOf(facets: Readonly<Record<string, number>>, holdsFor: (facet: string) => boolean): number {
  let sum = 0;
  for (const [facet, count] of Object.entries(facets)) if (holdsFor(facet)) sum += count;
  return sum;
}

/** The row of this rank among those that are meant, and those that follow, in the order of the index. */
async function rowsFrom({ asked, blocks }: Ranked, rank: number, limit: number): Promise<readonly Hit[]> {
  const rows: Hit[] = [];
  let at = blocks.findLastIndex(({ before }) => before <= rank);
  while (rows.length < limit && at !== -1) {
    // What comes after it is passed over: nobody who is meant is there.
    const gap = blocks.findIndex(({ count }, number) => number > at && count === 0);
    const block = blocks[at] as Block;
    const skipped = Math.max(0, rank - block.before);
    const page = { offset: skipped, limit: limit - rows.length };
    rows.push(...(await rowsBetween(asked, { block, end: blocks[gap], page })));
    at = gap === -1 ? -1 : blocks.findIndex(({ count }, number) => number > gap && count > 0);
  }
  return rows;
}

interface Stretch {
  readonly block: Block;
  /** Left out where it goes as far as there are rows. */
  readonly end: Block | undefined;
  readonly page: { readonly offset: number; readonly limit: number };
}

function rowsBetween(asked: Asked, { block, end, page }: Stretch): Promise<readonly Hit[]> {
  const { table, column } = asked;
  const key = sql.ref(`t.${column ?? 'place'}`);
  return run<Hit>(
    asked,
    sql`select t.stream as stream, shown.key as key, shown.place as place
      from (select ${key} as key, t.place as place ${rowsSince(asked, block)}
        ${end === undefined ? sql`` : sql`and ${isFrom(asked, end, sql`<`)}`}
        order by ${column === null ? sql`` : sql`${key}, `}t.place
        limit ${number(page.limit)} offset ${number(page.offset)}) as shown
      join ${sql.table(table)} as t on t.place = shown.place order by shown.key, shown.place`,
  );
}

/** Of keys that come before this one, or also of this one itself. */
async function countUpTo({ asked, blocks }: Ranked, key: string, isIncluded: boolean): Promise<number> {
  const isUpTo = ({ key: first }: Block) => compareTexts(first, key) < (isIncluded ? 1 : 0);
  const block = blocks.findLast(isUpTo);
  if (block === undefined) return 0;
  const sign = isIncluded ? sql`<=` : sql`<`;
  const ofKey = sql.ref(`t.${asked.column}`);
  // In its order: PostgreSQL would else walk through whatever index has all these columns.
  const found = sql`select 1 as one ${rowsSince(asked, block)} and ${ofKey} ${sign} ${key}
    order by ${ofKey}, t.place limit ${number(block.count)}`;
  const [row] = await run<{ count: number }>(asked, sql`select count(*) as count from (${found}) as found`);
  return block.before + Number(row?.count ?? 0);
}

function rowsSince(asked: Asked, block: Block): RawBuilder<unknown> {
  return sql`from ${sql.table(asked.table)} as t
    where ${within(asked, asked.column === null ? '' : '+')} and t.place is not null
      and ${isFrom(asked, block, sql`>=`)} ${andIf(asked.filter)}`;
}

function isFrom({ column }: Asked, { key, place }: Block, sign: RawBuilder<unknown>): RawBuilder<unknown> {
  if (column === null) return sql`t.place ${sign} ${place}`;
  return sql`(${sql.ref(`t.${column}`)}, t.place) ${sign} (${key}, ${place})`;
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
