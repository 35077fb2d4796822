// What ListUsers asks for, in the words of the query.

import type { Violation } from '#application/violations.js';
import { ByteFilterMethod } from '#contract/zitadel/filter/v2/filter_pb.js';
import { type SearchQuery, Type, UserFieldName } from '#contract/zitadel/user/v2/query_pb.js';
import { UserState } from '#contract/zitadel/user/v2/user_pb.js';
import type { ListUsersRequest } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { UserColumn, UserSearch } from '#read-models/queries/list-users.js';
import { filterDepthMax, type TextField, type UserFilter } from '#read-models/queries/user-filter.js';
import { pageOf, pageViolations } from '#transport/dialects/zitadel/pages.js';
import { textMatchOf } from '#transport/dialects/zitadel/texts.js';
import { unknownValue, unset } from '#transport/dialects/zitadel/violations.js';

type Read<Of> = Of | readonly Violation[];

export const isRefused = <Of extends object>(read: Read<Of>): read is readonly Violation[] =>
  Array.isArray(read);

export function userSearchOf(
  { query, sortingColumn, queries }: ListUsersRequest,
  within: UserFilter | null,
): Read<UserSearch> {
  const page = pageOf(query);
  const column = columns.get(sortingColumn);
  const filters = filtersOf(queries, { field: 'queries', depth: 1 });
  const violations = [
    ...pageViolations(page, 'query'),
    ...(column === undefined ? [unknownValue('sorting_column')] : []),
    ...(isRefused(filters) ? filters : []),
  ];
  if (violations.length > 0 || column === undefined || isRefused(filters)) return violations;
  const all = [...(within === null ? [] : [within]), ...filters.of];
  return {
    filter: all.length === 0 ? null : { kind: 'and', of: all },
    column,
    isAscending: query?.asc ?? false,
    page,
    withMetadata: false,
  };
}

const columns: ReadonlyMap<UserFieldName, UserColumn> = new Map([
  [UserFieldName.UNSPECIFIED, 'creation-date'],
  [UserFieldName.USER_NAME, 'username'],
  [UserFieldName.FIRST_NAME, 'given-name'],
  [UserFieldName.LAST_NAME, 'family-name'],
  [UserFieldName.NICK_NAME, 'nick-name'],
  [UserFieldName.DISPLAY_NAME, 'display-name'],
  [UserFieldName.EMAIL, 'email'],
  [UserFieldName.STATE, 'state'],
  [UserFieldName.TYPE, 'type'],
  [UserFieldName.CREATION_DATE, 'creation-date'],
]);

interface Place {
  readonly field: string;
  readonly depth: number;
}

function filtersOf(
  queries: readonly SearchQuery[],
  { field, depth }: Place,
): Read<{ readonly of: readonly UserFilter[] }> {
  const read = queries.map((query, index) => filterOf(query, { field: `${field}[${index}]`, depth }));
  const violations = read.filter(isRefused).flat();
  return violations.length > 0 ? violations : { of: read.flatMap((one) => (isRefused(one) ? [] : [one])) };
}

type Condition = SearchQuery['query'];
type Nested = Extract<Condition, { case: 'orQuery' | 'andQuery' | 'notQuery' }>;

function filterOf({ query }: SearchQuery, place: Place): Read<UserFilter> {
  switch (query.case) {
    case undefined:
      return [unset(place.field)];
    case 'orQuery':
    case 'andQuery':
    case 'notQuery':
      return nestedFilter(query, place);
    default:
      return plainFilter(query, place.field);
  }
}

/** What is nested beyond all measure is not followed. */
function nestedFilter(query: Nested, { field, depth }: Place): Read<UserFilter> {
  if (depth > filterDepthMax)
    return [{ field, rule: 'maximum', message: `must be nested at most ${filterDepthMax} deep` }];
  if (query.case === 'notQuery') {
    const inner = `${field}.not_query.query`;
    if (query.value.query === undefined) return [unset(inner)];
    const of = filterOf(query.value.query, { field: inner, depth: depth + 1 });
    return isRefused(of) ? of : { kind: 'not', of };
  }
  const [kind, name] =
    query.case === 'orQuery' ? (['or', 'or_query'] as const) : (['and', 'and_query'] as const);
  const parts = filtersOf(query.value.queries, { field: `${field}.${name}.queries`, depth: depth + 1 });
  return isRefused(parts) ? parts : { kind, of: parts.of };
}

type Plain = Exclude<Condition, Nested | { case: undefined }>;

function plainFilter(query: Plain, field: string): Read<UserFilter> {
  switch (query.case) {
    case 'inUserIdsQuery':
      return { kind: 'ids', ids: query.value.userIds as UserId[] };
    case 'inUserEmailsQuery':
      return { kind: 'emails', emails: query.value.userEmails };
    case 'organizationIdQuery':
      return { kind: 'organization', organizationId: query.value.organizationId as OrganizationId };
    case 'stateQuery':
      return stateFilter(query.value.state, `${field}.state_query.state`);
    case 'typeQuery':
      return typeFilter(query.value.type, `${field}.type_query.type`);
    case 'metadataKeyFilter':
    case 'metadataValueFilter':
      return metadataFilter(query, field);
    default:
      return textFilter(query, field);
  }
}

/** Who is removed is nobody any more, and nobody is initial. */
const states: ReadonlyMap<UserState, UserFilter> = new Map<UserState, UserFilter>([
  [UserState.ACTIVE, { kind: 'state', state: 'active' }],
  [UserState.INACTIVE, { kind: 'state', state: 'inactive' }],
  [UserState.LOCKED, { kind: 'state', state: 'locked' }],
  [UserState.DELETED, { kind: 'or', of: [] }],
  [UserState.INITIAL, { kind: 'or', of: [] }],
]);

const stateFilter = (state: UserState, field: string): Read<UserFilter> =>
  states.get(state) ?? [unknownValue(field)];

function typeFilter(type: Type, field: string): Read<UserFilter> {
  if (type === Type.HUMAN) return { kind: 'type', type: 'human' };
  return type === Type.MACHINE ? { kind: 'type', type: 'machine' } : [unknownValue(field)];
}

type OfMetadata = Extract<Plain, { case: 'metadataKeyFilter' | 'metadataValueFilter' }>;

function metadataFilter(query: OfMetadata, field: string): Read<UserFilter> {
  if (query.case === 'metadataKeyFilter') {
    const key = textMatchOf(query.value.key, query.value.method, `${field}.metadata_key_filter.method`);
    return 'rule' in key ? [key] : { kind: 'metadata', key, value: null };
  }
  const { value, method } = query.value;
  const has: UserFilter = { kind: 'metadata', key: null, value };
  if (method === ByteFilterMethod.EQUALS) return has;
  if (method === ByteFilterMethod.NOT_EQUALS) return { kind: 'not', of: has };
  return [unknownValue(`${field}.metadata_value_filter.method`)];
}

type OfText = Exclude<
  Plain,
  | OfMetadata
  | { case: 'inUserIdsQuery' | 'inUserEmailsQuery' | 'organizationIdQuery' | 'stateQuery' | 'typeQuery' }
>;

function textFilter(query: OfText, place: string): Read<UserFilter> {
  const { name, field, value } = textOf(query);
  const text = textMatchOf(value, query.value.method, `${place}.${name}.method`);
  return 'rule' in text ? [text] : { kind: 'text', field, text };
}

interface Text {
  /** Of the condition in the request. */
  readonly name: string;
  readonly field: TextField;
  readonly value: string;
}

function textOf(query: OfText): Text {
  switch (query.case) {
    case 'userNameQuery':
      return { name: 'user_name_query', field: 'username', value: query.value.userName };
    case 'firstNameQuery':
      return { name: 'first_name_query', field: 'given-name', value: query.value.firstName };
    case 'lastNameQuery':
      return { name: 'last_name_query', field: 'family-name', value: query.value.lastName };
    case 'nickNameQuery':
      return { name: 'nick_name_query', field: 'nick-name', value: query.value.nickName };
    case 'displayNameQuery':
      return { name: 'display_name_query', field: 'display-name', value: query.value.displayName };
    case 'emailQuery':
      return { name: 'email_query', field: 'email', value: query.value.emailAddress };
    case 'loginNameQuery':
      return { name: 'login_name_query', field: 'login-name', value: query.value.loginName };
    case 'phoneQuery':
      return { name: 'phone_query', field: 'phone', value: query.value.number };
  }
}
