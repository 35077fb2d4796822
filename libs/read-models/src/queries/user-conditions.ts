// What a filter for users means of a row of theirs, and which indexes lead to the rows that it means.

import { sql } from 'kysely';

import type { UserId } from '#domain/ids.js';
import { hashOfValue } from '#read-models/models/user-belongings.js';
import { userFacets } from '#read-models/models/user-rows.js';
import {
  all,
  among,
  type Condition,
  certainly,
  holdsText,
  not,
  some,
} from '#read-models/queries/conditions.js';
import {
  type Narrowing,
  narrowedByAll,
  narrowedBySome,
  narrowedByText,
} from '#read-models/queries/narrowing.js';
import type { Sources, TextMatch } from '#read-models/queries/queries.js';
import type { TextField, UserFilter } from '#read-models/queries/user-filter.js';
import { cellsOfFacet } from '#read-models/ranked.js';

type Asking = Pick<Sources, 'reading' | 'streamId'>;

export const userStreamOf = ({ streamId }: Pick<Sources, 'streamId'>, id: UserId): string =>
  `user-${streamId(id)}`;

/** Of the row that is called `t`. */
export function userCondition(filter: UserFilter, asking: Asking): Condition {
  switch (filter.kind) {
    case 'text':
      return textCondition(filter.field, filter.text, asking);
    case 'state':
      return certainly(sql`t.state = ${filter.state}`);
    case 'type':
      return certainly(sql`t.kind = ${filter.type}`);
    case 'ids':
      return certainly(among(asking.reading, 't.stream', streamsOf(filter.ids, asking)));
    case 'emails':
      return certainly(
        all([sql`t.email is not null`, among(asking.reading, 't.email_lower', lowered(filter))]),
      );
    case 'organization':
      return certainly(sql`t.organization_id = ${filter.organizationId}`);
    case 'metadata':
      return metadataCondition(filter, asking);
    case 'and':
      return all(filter.of.map((part) => userCondition(part, asking)));
    case 'or':
      return some(filter.of.map((part) => userCondition(part, asking)));
    case 'not':
      return not(userCondition(filter.of, asking));
  }
}

/** Where the state and the kind of a user decide it. */
export function userFacetTest(filter: UserFilter): ((facet: string) => boolean) | null {
  switch (filter.kind) {
    case 'state':
      return (facet) => cellOf(facet, 'state') === filter.state;
    case 'type':
      return (facet) => cellOf(facet, 'kind') === filter.type;
    case 'and':
    case 'or': {
      const tests = filter.of.map(userFacetTest).filter((test) => test !== null);
      if (tests.length < filter.of.length) return null;
      if (filter.kind === 'and') return (facet) => tests.every((test) => test(facet));
      return (facet) => tests.some((test) => test(facet));
    }
    case 'not': {
      const test = userFacetTest(filter.of);
      return test === null ? null : (facet) => !test(facet);
    }
    case 'text':
    case 'ids':
    case 'emails':
    case 'organization':
    case 'metadata':
      return null;
  }
}

const cellOf = (facet: string, column: (typeof userFacets)[number]) =>
  cellsOfFacet(facet)[userFacets.indexOf(column)];

export function userNarrowings(filter: UserFilter, asking: Asking): readonly Narrowing[] {
  switch (filter.kind) {
    case 'text':
      return narrowedBySome(
        columnsOf[filter.field].map((column) =>
          narrowedByText(asking.reading, indexed('users', `${column}_lower`), filter.text),
        ),
      );
    case 'state':
      return [users(asking, 5, sql`state = ${filter.state}`)];
    case 'type':
      return [users(asking, 6, sql`kind = ${filter.type}`)];
    case 'ids':
      return [users(asking, 0, among(asking.reading, 'stream', streamsOf(filter.ids, asking)))];
    case 'emails':
      return [users(asking, 1, among(asking.reading, 'email_lower', lowered(filter)))];
    case 'metadata':
      return metadataNarrowings(filter, asking);
    case 'and':
      return narrowedByAll(filter.of.map((part) => userNarrowings(part, asking)));
    case 'or':
      return narrowedBySome(filter.of.map((part) => userNarrowings(part, asking)));
    case 'organization':
    case 'not':
      return [];
  }
}

const columnsOf = {
  username: ['username'],
  'login-name': ['username', 'email'],
  'given-name': ['given_name'],
  'family-name': ['family_name'],
  'nick-name': ['nick_name'],
  'display-name': ['display_name'],
  email: ['email'],
  phone: ['phone'],
} as const satisfies Record<TextField, readonly string[]>;

const indexed = (table: string, column: string) => ({ projection: 'users', table, column });

const users = ({ reading }: Asking, rank: number, condition: Condition): Narrowing => ({
  rank,
  streams: sql`select stream from ${sql.table(reading.tableOf('users', 'users'))} where ${condition}`,
});

const streamsOf = (ids: readonly UserId[], asking: Asking) => ids.map((id) => userStreamOf(asking, id));
const lowered = ({ emails }: { readonly emails: readonly string[] }) =>
  emails.map((one) => one.toLowerCase());

/** An address is a name to log in by once it is verified. Whoever has the same username needs it only once. */
export const isLoginEmail = sql<boolean>`(t.kind = 'human' and t.is_email_verified = 1 and t.email_key <> t.username_key)`;

function textCondition(field: TextField, text: TextMatch, { reading }: Asking): Condition {
  const holds = (column: string) =>
    holdsText(reading, { exact: `t.${column}`, lowered: `t.${column}_lower` }, text);
  if (field !== 'login-name') return holds(columnsOf[field][0]);
  return some([holds('username'), all([certainly(isLoginEmail), holds('email')])]);
}

type OfMetadata = Extract<UserFilter, { kind: 'metadata' }>;

function metadataCondition({ key, value }: OfMetadata, { reading }: Asking): Condition {
  const conditions = [
    sql<boolean>`m.organization_id = t.organization_id and m.stream = t.stream`,
    ...(key === null ? [] : [holdsText(reading, { exact: 'm.key', lowered: 'm.key_lower' }, key)]),
    ...(value === null ? [] : [certainly(sql`m.value = ${Buffer.from(value)}`)]),
  ];
  const table = sql.table(reading.tableOf('users', 'metadata'));
  return sql`(exists (select 1 from ${table} as m where ${all(conditions)}))`;
}

function metadataNarrowings({ key, value }: OfMetadata, { reading }: Asking): readonly Narrowing[] {
  const table = sql.table(reading.tableOf('users', 'metadata'));
  const byKey = key === null ? [] : narrowedByText(reading, indexed('metadata', 'key_lower'), key);
  if (value === null) return byKey;
  const streams = sql<{
    stream: string;
  }>`select stream from ${table} where value_hash = ${hashOfValue(value)}`;
  return [{ rank: 1, streams }, ...byKey];
}
