// A page of the rows of one table, in the order of one of its columns, and how many there are. What is counted by blocks
// is found by its rank. Rows that an index leads to are all looked at, and so is an organization that is not large. Else
// the index of the order is walked, which finds a page soon where many rows are meant, and goes no further than it may
// where few are.

import { type RawBuilder, type SqlBool, sql } from 'kysely';

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
import { all, among } from '#read-models/queries/conditions.js';
import { byRank, narrowMax } from '#read-models/queries/narrowing.js';
import { compareKeys, type ListRefusal, type Page } from '#read-models/queries/queries.js';
import { isBetterSorted, rankedOf, rankedPage, rankedRowAt } from '#read-models/queries/ranked-page.js';

/** So many rows of an organization are sorted in some tens of milliseconds. */
const sortedMax = 10_000;
/** Each costs as much as it finds. */
const narrowingsTriedMax = 3;
/** Rows of an index that are only counted: some milliseconds. */
const countedMax = 50_000;
/** Rows that have to be held against a filter to be counted: each is read for it, from wherever it lies. */
const usualLookedAtMax = 5_000;
/** More than there are of anything; an offset beyond finds nothing. */
const offsetMax = 2 ** 31 - 1;

export async function listed(asked: Asked): Promise<Found | ListRefusal> {
  const ranked = await rankedOf(asked);
  const isSorted = ranked !== null && (await isBetterSorted(ranked));
  if (isSorted && asked.organizationId !== null) return sortedPage(asked);
  if (ranked !== null && !isSorted) return rankedPage(ranked);
  for (const { streams } of asked.narrowings.toSorted(byRank).slice(0, narrowingsTriedMax)) {
    const rows = await run<{ stream: string }>(asked, sql`${streams} limit ${number(narrowMax + 1)}`);
    if (rows.length <= narrowMax) return narrowPage(asked, [...new Set(rows.map(({ stream }) => stream))]);
  }
  if (ranked !== null) return rankedPage(ranked);
  return (await isSmall(asked)) ? sortedPage(asked) : widePage(asked);
}

async function narrowPage(asked: Asked, streams: readonly string[]): Promise<Found> {
  const { reading, column, isAscending, page } = asked;
  const hits = await run<Hit>(
    asked,
    sql`select t.stream as stream, t.place as place, ${sql.ref(`t.${column ?? 'place'}`)} as key
      from ${sql.table(asked.table)} as t
      where ${among(reading, 't.stream', streams)} and t.place is not null
        and (${within(asked)}) is true ${andIf(asked.key)} ${andIf(asked.filter)}`,
  );
  const sign = isAscending ? 1 : -1;
  const sorted = hits.toSorted(
    (one, other) => sign * compareTexts(one.key, other.key) || compareKeys(one.place, other.place),
  );
  const from = page.offset;
  const onPage = sorted.slice(from, from + limitOf(page)).map(({ stream }) => stream);
  return { streams: onPage, total: sorted.length, isMore: false };
}

async function isSmall(asked: Asked): Promise<boolean> {
  const { organizationId, key, lookedAtMax } = asked;
  if (organizationId === null && key === undefined) return false;
  const everything = { ...asked, filter: null, column: null, isAscending: true };
  return (await rowAt(everything, Math.min(sortedMax, lookedAtMax))) === null;
}

/** By the index of the key or of the organization, whatever the order. */
async function sortedPage(asked: Asked): Promise<Found> {
  const { table, column, isAscending, page, key, holdsFor = null } = asked;
  const found = sql`from ${sql.table(table)} as t
    where ${within(asked, key === undefined ? '' : '+')} ${andIf(key)}
      and t.place is not null ${andIf(asked.filter)}`;
  // Who is meant by a facet is told by the index, and PostgreSQL would look at each row for it.
  const rowsFound =
    holdsFor === null
      ? found
      : sql`from (select t.place as place ${found}) as meant join ${sql.table(table)} as t on t.place = meant.place`;
  const way = isAscending ? sql`asc` : sql`desc`;
  const order =
    column === null
      ? sql`order by t.place ${way}`
      : sql`order by ${asked.reading.engine === 'sqlite' ? sql.raw('+') : sql``}${sql.ref(`t.${column}`)} ${way}, t.place asc`;
  const rows = await run<{ stream: string }>(
    asked,
    sql`select t.stream as stream ${rowsFound} ${order} ${limited(page)}`,
  );
  const [row] = await run<{ count: number }>(asked, sql`select count(*) as count ${found}`);
  return { streams: rows.map(({ stream }) => stream), total: Number(row?.count ?? 0), isMore: false };
}

async function widePage(asked: Asked): Promise<Found | ListRefusal> {
  const { filter, page, lookedAtMax } = asked;
  const { total, isMore } = await counted(asked);
  if (!isMore && page.offset >= total) return { streams: [], total, isMore };
  const end = filter === null ? null : await rowAt(asked, lookedAtMax);
  const walk = { end, total: isMore || end !== null ? null : total };
  const streams =
    asked.isAscending || asked.column === null ? await walked(asked, walk) : await walkedBack(asked, walk);
  if (end !== null && streams.length < limitOf(page)) return { code: 'list-too-long', maximum: lookedAtMax };
  // Fewer rows are counted than may be looked at for a page.
  const shown = streams.length === 0 ? 0 : page.offset + streams.length;
  return { streams, total: Math.max(total, shown), isMore };
}

async function counted(asked: Asked): Promise<Pick<Found, 'total' | 'isMore'>> {
  const { filter, page, lookedAtMax, countedLookedAtMax = usualLookedAtMax } = asked;
  // Whatever the order of the page, rows lie in that of their adding, and are read fastest in it.
  const inOrder = { ...asked, column: null, isAscending: true };
  const end = filter === null ? null : await rowAt(inOrder, Math.min(countedLookedAtMax, lookedAtMax));
  // A page in the second half is walked to from the end, which has to be known for it.
  const beyond = Math.min(2 * (page.offset + limitOf(page)), offsetMax);
  const most = filter === null ? Math.max(countedMax, beyond) : countedMax;
  const rows = sql`select 1 as one ${from(inOrder, end)} limit ${number(most + 1)}`;
  const [row] = await run<{ count: number }>(asked, sql`select count(*) as count from (${rows}) as found`);
  const count = Number(row?.count ?? 0);
  return { total: Math.min(count, most), isMore: end !== null || count > most };
}

type End = Omit<Hit, 'stream'>;

/** The row up to which this many come before it; null where there are no more. */
async function rowAt(asked: Asked, rank: number): Promise<End | null> {
  const ranked = await rankedRowAt(asked, rank);
  if (ranked !== 'not ranked') return ranked;
  const { column } = asked;
  const everything = { ...asked, filter: null };
  const [row] = await run<End>(
    asked,
    sql`select t.place as place, ${sql.ref(`t.${column ?? 'place'}`)} as key
      ${from(everything, null)} ${ordered(asked, asked.isAscending)} limit 1 offset ${number(rank)}`,
  );
  return row ?? null;
}

interface Walk {
  /** Where it ends; null where it goes as far as there are rows. */
  readonly end: End | null;
  /** Of all that it would come to; null where that is not known. */
  readonly total: number | null;
}

async function walked(asked: Asked, walk: Walk): Promise<readonly string[]> {
  return (await walkedHits(asked, walk)).map(({ stream }) => stream);
}

/** From the end that is nearer. */
async function walkedHits(asked: Asked, { end, total }: Walk): Promise<readonly Hit[]> {
  const { page, isAscending } = asked;
  const left = total === null ? 0 : total - page.offset;
  if (total === null || page.offset <= left) return hitsFrom(asked, end);
  const limit = Math.min(limitOf(page), left);
  const turned = { ...asked, isAscending: !isAscending, page: { offset: left - limit, limit } };
  return (await hitsFrom(turned, end)).toReversed();
}

/** Whatever comes before the page is skipped within the index, which knows no streams. */
async function hitsFrom(asked: Asked, end: End | null): Promise<readonly Hit[]> {
  const { column, table, isAscending, page } = asked;
  const places = sql`select ${sql.ref(`t.${column ?? 'place'}`)} as key, t.place as place
    ${from(asked, end)} ${ordered(asked, isAscending)} ${limited(page)}`;
  const way = isAscending ? sql`asc` : sql`desc`;
  return run<Hit>(
    asked,
    sql`select t.stream as stream, shown.key as key, shown.place as place
      from (${places}) as shown join ${sql.table(table)} as t on t.place = shown.place
      order by shown.key ${way}, shown.place ${way}`,
  );
}

/**
 * The other way round, equals still come in the order of their adding, which no index has: so it is looked up which
 * keys the page has, and the rows of the first and of the last of them are had in their own order.
 */
async function walkedBack(asked: Asked, walk: Walk): Promise<readonly string[]> {
  const { page } = asked;
  const rows = await walkedHits(asked, walk);
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return [];
  const [firstCount, lastCount] = [first, last].map(
    ({ key }) => rows.filter((row) => row.key === key).length,
  );
  // Of its equals, those that were added later come before the page.
  const before = page.offset === 0 ? 0 : await countEquals(asked, walk.end, first);
  const ofKey = (key: string, offset: number, limit = 0) => walkedEquals(asked, key, { offset, limit });
  const firsts = await ofKey(first.key, before, firstCount);
  if (first.key === last.key) return firsts;
  const between = rows
    .filter(({ key }) => key !== first.key && key !== last.key)
    .toSorted((one, other) => -compareTexts(one.key, other.key) || compareKeys(one.place, other.place));
  return [...firsts, ...between.map(({ stream }) => stream), ...(await ofKey(last.key, 0, lastCount))];
}

/** Of one key, in the order of adding, with a limit of its own on how many are looked at. */
async function walkedEquals(asked: Asked, key: string, page: Page): Promise<readonly string[]> {
  const { column, filter, lookedAtMax } = asked;
  const isKey = sql<SqlBool>`${sql.ref(`t.${column}`)} = ${key}`;
  const ofKey = { ...asked, key: isKey, column: null, isAscending: true, page };
  return walked(ofKey, { end: filter === null ? null : await rowAt(ofKey, lookedAtMax), total: null });
}

async function countEquals(asked: Asked, end: End | null, { key, place }: Hit): Promise<number> {
  const { column } = asked;
  const [row] = await run<{ count: number }>(
    asked,
    sql`select count(*) as count ${from(asked, end)} and ${sql.ref(`t.${column}`)} = ${key} and t.place > ${place}`,
  );
  return Number(row?.count ?? 0);
}

function from(asked: Asked, end: End | null): RawBuilder<unknown> {
  const { table, filter, column, key } = asked;
  const upTo = end === null ? sql`` : before(asked, end);
  // The index of an organization would have all of it sorted for each page.
  const seen = column === null && key === undefined ? within(asked) : within(asked, '+');
  return sql`from ${sql.table(table)} as t
    where ${all([seen, ...(key === undefined ? [] : [key])])} and t.place is not null ${upTo} ${andIf(filter)}`;
}

function before({ column, isAscending }: Asked, { key, place }: End): RawBuilder<unknown> {
  const sign = isAscending ? sql`<` : sql`>`;
  if (column === null) return sql`and t.place ${sign} ${place}`;
  return sql`and (${sql.ref(`t.${column}`)}, t.place) ${sign} (${key}, ${place})`;
}

function ordered({ column }: Asked, isAscending: boolean): RawBuilder<unknown> {
  const way = isAscending ? sql`asc` : sql`desc`;
  const byPlace = sql`t.place ${way}`;
  return column === null
    ? sql`order by ${byPlace}`
    : sql`order by ${sql.ref(`t.${column}`)} ${way}, ${byPlace}`;
}

const limited = (page: Page) =>
  sql`limit ${number(limitOf(page))} offset ${number(Math.min(page.offset, offsetMax))}`;
