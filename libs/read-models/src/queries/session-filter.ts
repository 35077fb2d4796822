// What sessions a list is asked for, and what each way of asking means of a row.

import { type RawBuilder, sql } from 'kysely';

import type { Instant, SessionId, UserId } from '#domain/ids.js';
import { defaultSettings, type SettingName } from '#domain/organization/settings.js';
import { among, type Condition, certainly, some } from '#read-models/queries/conditions.js';
import { type Narrowing, narrowedBySome } from '#read-models/queries/narrowing.js';
import type { ListRefusal, Sources } from '#read-models/queries/queries.js';
import { userStreamOf } from '#read-models/queries/user-conditions.js';
import { filterPartsMax, filterValuesMax } from '#read-models/queries/user-filter.js';

export interface InstantMatch {
  readonly value: Instant;
  readonly method: 'equals' | 'greater' | 'greater-or-equals' | 'less' | 'less-or-equals';
}

export type SessionFilter =
  | { readonly kind: 'ids'; readonly ids: readonly SessionId[] }
  /** Its user was checked. */
  | { readonly kind: 'user'; readonly userId: UserId }
  /** Whoever made the call that made it. */
  | { readonly kind: 'creator'; readonly userId: UserId }
  /** Of the user, or made by it: whatever one may see without further rights. */
  | { readonly kind: 'own'; readonly userId: UserId }
  /** Of the browser or app. */
  | { readonly kind: 'fingerprint'; readonly fingerprint: string }
  | { readonly kind: 'creation-date'; readonly match: InstantMatch }
  /** It has one, and that is so. */
  | { readonly kind: 'expiration-date'; readonly match: InstantMatch };

type Asking = Pick<Sources, 'reading' | 'streamId' | 'fingerprintKey'>;

export function refusedSessionFilters(filters: readonly SessionFilter[]): ListRefusal | null {
  if (filters.length > filterPartsMax) return { code: 'filter-too-large', maximum: filterPartsMax };
  return filters.some((filter) => filter.kind === 'ids' && filter.ids.length > filterValuesMax)
    ? { code: 'filter-too-large', maximum: filterValuesMax }
    : null;
}

/** Of the row that is called `t`. */
export function sessionCondition(filter: SessionFilter, asking: Asking): Condition {
  switch (filter.kind) {
    case 'ids':
      return certainly(among(asking.reading, 't.stream', streamsOf(filter.ids, asking)));
    case 'user':
      return certainly(ofUser('t.user_stream', filter.userId, asking));
    case 'creator':
      return certainly(byCreator('t.creator', filter.userId, asking));
    case 'own':
      return some([
        certainly(ofUser('t.user_stream', filter.userId, asking)),
        certainly(byCreator('t.creator', filter.userId, asking)),
      ]);
    case 'fingerprint':
      return certainly(sql`t.fingerprint_key = ${asking.fingerprintKey(filter.fingerprint)}`);
    case 'creation-date':
      return certainly(matches(sql`t.created_at`, filter.match));
    case 'expiration-date':
      return certainly(matches(expiry(asking), filter.match));
  }
}

export function sessionNarrowings(filter: SessionFilter, asking: Asking): readonly Narrowing[] {
  switch (filter.kind) {
    case 'ids':
      return [sessions(asking, 0, among(asking.reading, 'stream', streamsOf(filter.ids, asking)))];
    case 'user':
      return [sessions(asking, 1, ofUser('user_stream', filter.userId, asking))];
    case 'creator':
      return [sessions(asking, 3, byCreator('creator', filter.userId, asking))];
    case 'own':
      return narrowedBySome([
        [sessions(asking, 1, ofUser('user_stream', filter.userId, asking))],
        [sessions(asking, 3, byCreator('creator', filter.userId, asking))],
      ]);
    case 'fingerprint': {
      const key = asking.fingerprintKey(filter.fingerprint);
      return [sessions(asking, 2, sql`fingerprint_key = ${key}`)];
    }
    case 'creation-date':
      return [sessions(asking, 4, matches(sql`created_at`, filter.match))];
    case 'expiration-date':
      return [];
  }
}

/** What an index has in the order of adding, however many there are. */
export function sessionKey(filters: readonly SessionFilter[], asking: Asking): Condition | null {
  for (const filter of filters) {
    if (filter.kind === 'user') return ofUser('t.user_stream', filter.userId, asking);
    if (filter.kind === 'fingerprint')
      return sql`t.fingerprint_key = ${asking.fingerprintKey(filter.fingerprint)}`;
  }
  return null;
}

/** None of what ends all sessions of its user has ended it. */
export function goesOn({ reading }: Pick<Sources, 'reading'>): Condition {
  const ofItsUser = sql`from ${sql.table(reading.tableOf('sessions', 'endings'))} as e
    where e.user_stream = t.user_stream`;
  return sql`(t.user_stream is null or t.generation = (select count(*) ${ofItsUser})
    or (t.session_id = (select e.except_session ${ofItsUser} order by e.place desc limit 1)) is true)`;
}

const lifetimeMax = 'sessionLifetimeSecondsMax' satisfies SettingName;

/** By its own lifetime, or by the longest that its organization lets any have, whichever is sooner. */
function expiry({ reading }: Asking): RawBuilder<number> {
  const chosen = (table: string, where: RawBuilder<unknown>) => sql`(
    select cast(s.value as bigint) from ${sql.table(reading.tableOf('organizations', table))} as s
    where ${where} s.name = ${lifetimeMax})`;
  const ofOrganization = chosen('settings', sql`s.organization_id = t.organization_id and`);
  const ofInstance = chosen('instance_settings', sql``);
  const byDefault = sql`cast(${defaultSettings[lifetimeMax]} as bigint)`;
  const longest = sql`t.created_at + 1000 * coalesce(${ofOrganization}, ${ofInstance}, ${byDefault})`;
  const own = sql`coalesce(t.expires_at, ${longest})`;
  return reading.engine === 'sqlite' ? sql`min(${own}, ${longest})` : sql`least(${own}, ${longest})`;
}

const signs = {
  equals: sql`=`,
  greater: sql`>`,
  'greater-or-equals': sql`>=`,
  less: sql`<`,
  'less-or-equals': sql`<=`,
} as const satisfies Record<InstantMatch['method'], RawBuilder<unknown>>;

const matches = (of: RawBuilder<unknown>, { value, method }: InstantMatch): Condition =>
  sql`${of} ${signs[method]} ${value}`;

const ofUser = (column: string, userId: UserId, asking: Asking): Condition =>
  sql`${sql.ref(column)} = ${userStreamOf(asking, userId)}`;

/** Who acts is named as in the name of its stream. */
const byCreator = (column: string, userId: UserId, { streamId }: Asking): Condition =>
  sql`${sql.ref(column)} = ${streamId(userId)}`;

const sessions = ({ reading }: Asking, rank: number, condition: Condition): Narrowing => ({
  rank,
  streams: sql`select stream from ${sql.table(reading.tableOf('sessions', 'sessions'))} where ${condition}`,
});

const streamsOf = (ids: readonly SessionId[], { streamId }: Asking) =>
  ids.map((id) => `session-${streamId(id)}`);
