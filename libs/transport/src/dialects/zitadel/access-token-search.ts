// Which tokens of a user a list has, and in what order.

import { type Timestamp, timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt';
import type { Violation } from '#application/violations.js';
import { type TimestampFilter, TimestampFilterMethod } from '#contract/zitadel/filter/v2/filter_pb.js';
import {
  PersonalAccessTokenFieldName,
  type PersonalAccessTokensSearchFilter,
} from '#contract/zitadel/user/v2/pat_pb.js';
import type { ListPersonalAccessTokensRequest } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { compareKeys } from '#read-models/queries/queries.js';
import type { AccessTokenAnswer } from '#read-models/queries/users.js';
import { broken, unknownValue, unset } from '#transport/dialects/zitadel/violations.js';

export interface OwnedToken extends AccessTokenAnswer {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
}

export const filterViolations = ({
  filters,
  sortingColumn,
}: ListPersonalAccessTokensRequest): readonly Violation[] => [
  ...broken([!(columnOf(sortingColumn) in PersonalAccessTokenFieldName), unknownValue('sorting_column')]),
  ...filters.flatMap(violationsOf),
];

function violationsOf({ filter }: PersonalAccessTokensSearchFilter, index: number): readonly Violation[] {
  const field = `filters[${index}]`;
  if (filter.case === undefined) return [unset(field)];
  if (filter.case !== 'createdDateFilter' && filter.case !== 'expirationDateFilter') return [];
  const { timestamp, method } = filter.value;
  const place = `${field}.${filter.case === 'createdDateFilter' ? 'created' : 'expiration'}_date_filter`;
  return broken(
    [timestamp === undefined, unset(`${place}.timestamp`)],
    [!(method in TimestampFilterMethod), unknownValue(`${place}.method`)],
  );
}

export function matchesToken({ filter }: PersonalAccessTokensSearchFilter, token: OwnedToken): boolean {
  switch (filter.case) {
    case 'tokenIdFilter':
      return filter.value.id === token.tokenId;
    case 'userIdFilter':
      return filter.value.id === token.userId;
    case 'organizationIdFilter':
      return filter.value.id === token.organizationId;
    case 'createdDateFilter':
      return lies(token.createdAt, filter.value);
    case 'expirationDateFilter':
      return lies(token.expiresAt ?? Number.POSITIVE_INFINITY, filter.value);
    case undefined:
      return true;
  }
}

/** What never expires does so after any time. */
function lies(at: number, { timestamp, method }: TimestampFilter): boolean {
  const asked = timestampMs(timestamp as Timestamp);
  switch (method) {
    case TimestampFilterMethod.EQUALS:
      return at === asked;
    case TimestampFilterMethod.AFTER:
      return at > asked;
    case TimestampFilterMethod.AFTER_OR_EQUALS:
      return at >= asked;
    case TimestampFilterMethod.BEFORE:
      return at < asked;
    case TimestampFilterMethod.BEFORE_OR_EQUALS:
      return at <= asked;
  }
}

const columnOf = (column: PersonalAccessTokenFieldName | undefined) =>
  column ?? PersonalAccessTokenFieldName.UNSPECIFIED;

/** In the order of their making where they have the same key, as those of one user and one organization have. */
export function sortedTokens(
  tokens: readonly OwnedToken[],
  { sortingColumn, pagination }: ListPersonalAccessTokensRequest,
): readonly OwnedToken[] {
  const key = keyOf(columnOf(sortingColumn));
  const ascending = tokens.toSorted((one, other) => compareKeys(key(one), key(other)));
  return pagination?.asc ? ascending : ascending.toReversed();
}

function keyOf(column: PersonalAccessTokenFieldName): (token: OwnedToken) => string | number {
  if (column === PersonalAccessTokenFieldName.ID) return ({ tokenId }) => tokenId;
  if (column === PersonalAccessTokenFieldName.EXPIRATION_DATE)
    return ({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY;
  return ({ createdAt }) => createdAt;
}

export const tokenMessage = ({ tokenId, userId, organizationId, createdAt, expiresAt }: OwnedToken) => ({
  id: tokenId,
  userId,
  organizationId,
  creationDate: timestampFromMs(createdAt),
  changeDate: timestampFromMs(createdAt),
  ...(expiresAt === null ? {} : { expirationDate: timestampFromMs(expiresAt) }),
});
