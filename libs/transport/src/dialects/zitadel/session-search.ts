// What ListSessions asks for, in the words of the query.

import { type Timestamp, timestampMs } from '@bufbuild/protobuf/wkt';

import type { Violation } from '#application/violations.js';
import { TimestampQueryMethod } from '#contract/zitadel/object_pb.js';
import { type SearchQuery, SessionFieldName } from '#contract/zitadel/session/v2/session_pb.js';
import type { ListSessionsRequest } from '#contract/zitadel/session/v2/session_service_pb.js';
import type { SessionId, UserId } from '#domain/ids.js';
import type { InstantMatch, SessionFilter } from '#read-models/queries/session-filter.js';
import type { SessionSearch } from '#read-models/queries/sessions.js';
import { pageOf, pageViolations } from '#transport/dialects/zitadel/pages.js';
import { unknownValue, unset } from '#transport/dialects/zitadel/violations.js';

type Read<Value> = Value | readonly Violation[];

export const isRefused = <Value extends object>(read: Read<Value>): read is readonly Violation[] =>
  Array.isArray(read);

/** Whether some condition means whoever asks. */
export const asksForItself = ({ queries }: ListSessionsRequest): boolean =>
  queries.some(({ query }) => query.case === 'creatorQuery' && query.value.id === undefined);

interface Asker {
  /** Null where nothing asks for it. */
  readonly itself: UserId | null;
  /** Whose sessions may be seen; null for all of them. */
  readonly only: UserId | null;
}

export function sessionSearchOf(
  { query, queries, sortingColumn }: ListSessionsRequest,
  { itself, only }: Asker,
): Read<SessionSearch> {
  const page = pageOf(query);
  const read = queries.map((one, index) => filterOf(one, `queries[${index}]`, itself));
  const violations = [
    ...pageViolations(page, 'query'),
    ...(columns.has(sortingColumn) ? [] : [unknownValue('sorting_column')]),
    ...read.filter(isRefused).flat(),
  ];
  if (violations.length > 0) return violations;
  const asked = read.flatMap((one) => (isRefused(one) ? [] : [one]));
  const own: readonly SessionFilter[] = only === null ? [] : [{ kind: 'own', userId: only }];
  return { filters: [...own, ...asked], isAscending: query?.asc ?? false, page };
}

/** There is no other order than that of their making. */
const columns: ReadonlySet<SessionFieldName> = new Set([
  SessionFieldName.UNSPECIFIED,
  SessionFieldName.CREATION_DATE,
]);

function filterOf({ query }: SearchQuery, field: string, itself: UserId | null): Read<SessionFilter> {
  switch (query.case) {
    case undefined:
      return [unset(field)];
    case 'idsQuery':
      return { kind: 'ids', ids: query.value.ids as SessionId[] };
    case 'userIdQuery':
      return { kind: 'user', userId: query.value.id as UserId };
    case 'creatorQuery':
      return { kind: 'creator', userId: (query.value.id ?? itself) as UserId };
    case 'userAgentQuery': {
      const { fingerprintId } = query.value;
      return fingerprintId === undefined
        ? [unset(`${field}.user_agent_query.fingerprint_id`)]
        : { kind: 'fingerprint', fingerprint: fingerprintId };
    }
    case 'creationDateQuery': {
      const { creationDate: date, method } = query.value;
      return dateFilterOf('creation', { date, method }, field);
    }
    case 'expirationDateQuery': {
      const { expirationDate: date, method } = query.value;
      return dateFilterOf('expiration', { date, method }, field);
    }
  }
}

const methods: ReadonlyMap<TimestampQueryMethod, InstantMatch['method']> = new Map([
  [TimestampQueryMethod.EQUALS, 'equals'],
  [TimestampQueryMethod.GREATER, 'greater'],
  [TimestampQueryMethod.GREATER_OR_EQUALS, 'greater-or-equals'],
  [TimestampQueryMethod.LESS, 'less'],
  [TimestampQueryMethod.LESS_OR_EQUALS, 'less-or-equals'],
]);

interface Dated {
  readonly date: Timestamp | undefined;
  readonly method: TimestampQueryMethod;
}

function dateFilterOf(
  of: 'creation' | 'expiration',
  { date, method }: Dated,
  field: string,
): Read<SessionFilter> {
  const place = `${field}.${of}_date_query`;
  const known = methods.get(method);
  if (known === undefined) return [unknownValue(`${place}.method`)];
  if (date === undefined) return [unset(`${place}.${of}_date`)];
  return { kind: `${of}-date`, match: { value: timestampMs(date), method: known } };
}
