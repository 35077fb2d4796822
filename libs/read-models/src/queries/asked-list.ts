// What is asked for of a list, and what is found, whichever way leads to it.

import { type RawBuilder, type SqlBool, sql } from 'kysely';

import type { OrganizationId } from '#domain/ids.js';
import { all, always, type Condition } from '#read-models/queries/conditions.js';
import type { Narrowing } from '#read-models/queries/narrowing.js';
import { type Page, pageDefault } from '#read-models/queries/queries.js';
import type { Reading } from '#read-models/store.js';

export interface Asked {
  readonly reading: Reading;
  /**
   * With the columns `stream`, `place`, `organization_id`, the one of the order, and what the filter is about; it is
   * called `t`.
   */
  readonly table: string;
  /** Where its blocks are counted, by which no page has to be walked to; null where there are none. */
  readonly ranks?: string | null;
  /** Whether the filter holds for rows of a facet; null where that alone does not decide. */
  readonly holdsFor?: ((facet: string) => boolean) | null;
  /** Whose rows may be seen; null for all. */
  readonly organizationId: OrganizationId | null;
  /** Of those, the ones with a certain key: an index has them in the order of their adding. */
  readonly key?: Condition;
  /** Null is everything there. */
  readonly filter: Condition | null;
  readonly narrowings: readonly Narrowing[];
  /** Null, and it is the order of adding. */
  readonly column: string | null;
  readonly isAscending: boolean;
  readonly page: Page;
  readonly lookedAtMax: number;
  /** Rows that are held against the filter to be counted, where each takes longer than is usual. */
  readonly countedLookedAtMax?: number;
}

export interface Found {
  /** Of this page, in order. */
  readonly streams: readonly string[];
  readonly total: number;
  readonly isMore: boolean;
}

export interface Hit {
  readonly stream: string;
  readonly key: string;
  readonly place: string;
}

const passedBy = { sqlite: '+t.organization_id', postgres: "(t.organization_id || '')" } as const;

/** With a sign, written so that engines look for no index that begins with its column. */
export function within({ organizationId, reading }: Asked, sign: '' | '+' = ''): Condition {
  if (organizationId === null) return always;
  const column = sql.raw(sign === '' ? 't.organization_id' : passedBy[reading.engine]);
  return sql<SqlBool>`${column} = ${organizationId}`;
}

export const andIf = (condition: Condition | null = null) =>
  condition === null ? sql`` : sql`and ${all([condition])}`;
export const number = (value: number) => sql`${value}`;
export const limitOf = ({ limit }: Page): number => limit ?? pageDefault;
export async function run<Row>({ reading }: Asked, query: RawBuilder<unknown>): Promise<readonly Row[]> {
  const { rows } = await (query as RawBuilder<Row>).execute(reading.db);
  return rows;
}
