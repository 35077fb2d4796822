// How rows of a ranked table are asked for in the orders of their ranks, as both engines understand it; by its indexes
// alone.

import { facetOf, orderOfPlaces, rankedScope } from '#read-models/ranked.js';
import { addTo, type Dividing, type FacetCounts, type Part } from '#read-models/stores/rank-book.js';

export interface RankedTable {
  /** As it is written in SQL. */
  readonly table: string;
  readonly facets: readonly string[];
  /** The place of a parameter, counted from one. */
  readonly parameter: (number: number) => string;
  /** The organization, written so that no index is looked for that begins with it: it would have all of it sorted. */
  readonly passed: string;
}

export interface RankedQuery {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const quoted = (name: string): string => `"${name}"`;

/** How many there are of each facet in the organizations. */
export function countsQuery({ table, facets }: RankedTable): string {
  const by = ['organization_id', ...facets].map(quoted).join(', ');
  return `SELECT ${by}, count(*) AS count FROM ${table} WHERE place IS NOT NULL GROUP BY ${by}`;
}

/** The row that comes so many after another one. */
export function hopQuery(of: RankedTable, { from, blockRows, ...within }: Dividing): RankedQuery {
  const { key, inOrder, rows, values } = since(of, within, from);
  const sql = `SELECT ${key} AS key, place ${rows} ORDER BY ${inOrder} LIMIT 1 OFFSET ${of.parameter(values.length + 1)}`;
  return { sql, values: [...values, blockRows] };
}

/** How many there are of each facet, among so many rows from one on. */
export function facetsQuery(
  of: RankedTable,
  { from, rows: count, ...within }: Within & { readonly from: From; readonly rows: number },
): RankedQuery {
  const { inOrder, rows, values } = since(of, within, from);
  const by = of.facets.map(quoted).join(', ');
  const some = `SELECT ${by} ${rows} ORDER BY ${inOrder} LIMIT ${of.parameter(values.length + 1)}`;
  const sql = `SELECT ${by}, count(*) AS count FROM (${some}) AS counted GROUP BY ${by}`;
  return { sql, values: [...values, count] };
}

/** All parts of a scope at once, which is sorted for it. */
export function partsQuery(of: RankedTable, { scope, order, blockRows }: Dividing): RankedQuery {
  const isOfAll = scope === rankedScope(null);
  const { key, inOrder } = orderedBy(order);
  const facets = of.facets.map(quoted);
  const [rows, ofScope] = [of.parameter(1), `organization_id = ${of.parameter(2)}`];
  const first = (what: string) => `min(CASE WHEN number % part_rows = 0 THEN ${what} END)`;
  const numbered = [
    `${key} AS key`,
    'place',
    ...facets,
    `row_number() OVER (ORDER BY ${inOrder}) - 1 AS number`,
  ];
  const sql = `SELECT ${['number / part_rows AS part', ...facets, `${first('key')} AS key`, `${first('place')} AS place`, 'count(*) AS count'].join(', ')}
    FROM (SELECT ${numbered.join(', ')}, CAST(${rows} AS bigint) AS part_rows FROM ${of.table}
      WHERE place IS NOT NULL ${isOfAll ? '' : `AND ${ofScope}`}) AS numbered
    GROUP BY ${['number / part_rows', ...facets].join(', ')} ORDER BY 1`;
  return { sql, values: isOfAll ? [blockRows] : [blockRows, organizationOf(scope)] };
}

export type Found = Readonly<Record<string, string | number | null>>;

/** Without the first part, which is what is left. */
export function partsIn({ facets }: RankedTable, rows: readonly Found[]): readonly Part[] {
  const parts = Map.groupBy(rows, ({ part }) => Number(part));
  return [...parts]
    .filter(([part]) => part > 0)
    .map(([, found]) => {
      const first = found.find(({ place }) => place !== null) as Found;
      return { key: String(first.key), place: String(first.place), facets: facetsIn({ facets }, found) };
    });
}

export function facetsIn({ facets }: Pick<RankedTable, 'facets'>, rows: readonly Found[]): FacetCounts {
  const counts: FacetCounts = new Map();
  for (const row of rows)
    addTo(counts, facetOf(facets.map((name) => row[name] as string)), Number(row.count));
  return counts;
}

type Within = Pick<Dividing, 'scope' | 'order'>;
type From = Dividing['from'];

function orderedBy(order: string) {
  const isByPlace = order === orderOfPlaces;
  return {
    isByPlace,
    key: isByPlace ? "''" : quoted(order),
    inOrder: isByPlace ? 'place' : `${quoted(order)}, place`,
  };
}

function since(
  { table, passed, parameter }: RankedTable,
  { scope, order }: Within,
  { key: firstKey, place }: From,
) {
  const { isByPlace, key, inOrder } = orderedBy(order);
  const first = isByPlace ? [place] : [firstKey, place];
  const isOfAll = scope === rankedScope(null);
  const values = isOfAll ? first : [...first, organizationOf(scope)];
  const organization = isByPlace ? 'organization_id' : passed;
  const rows = `FROM ${table} WHERE (${inOrder}) >= (${first.map((_, at) => parameter(at + 1)).join(', ')})
    AND place IS NOT NULL ${isOfAll ? '' : `AND ${organization} = ${parameter(values.length)}`}`;
  return { key, inOrder, rows, values };
}

const organizationOf = (scope: string): string => scope.slice(rankedScope('').length);
