// Users by what is known of them.

import { listed } from '#read-models/queries/listing.js';
import {
  type Answer,
  accepted,
  everyOrganization,
  type Listed,
  type ListRefusal,
  type Page,
  refusedPage,
  rejected,
  type Scope,
  type Sources,
} from '#read-models/queries/queries.js';
import { userCondition, userFacetTest, userNarrowings } from '#read-models/queries/user-conditions.js';
import { conjunctsOf, refusedFilter, type UserFilter } from '#read-models/queries/user-filter.js';
import { metadataOf } from '#read-models/queries/user-metadata.js';
import { type UserAnswer, userAnswer, userRows } from '#read-models/queries/users.js';

export type UserColumn =
  | 'creation-date'
  | 'username'
  | 'given-name'
  | 'family-name'
  | 'nick-name'
  | 'display-name'
  | 'email'
  | 'state'
  | 'type';

export interface UserSearch {
  /** Null is everybody. */
  readonly filter: UserFilter | null;
  /** Texts in lower case; who has none comes first. Equals stay in the order in which they were added. */
  readonly column: UserColumn;
  readonly isAscending: boolean;
  readonly page: Page;
  readonly withMetadata: boolean;
}

/** Where no index leads to those who are meant: some tenths of a second. */
export const usersLookedAtMax = 100_000;

/** Null is the order of adding. */
const columns = {
  'creation-date': null,
  username: 'username_lower',
  'given-name': 'given_name_lower',
  'family-name': 'family_name_lower',
  'nick-name': 'nick_name_lower',
  'display-name': 'display_name_lower',
  email: 'email_lower',
  state: 'state',
  type: 'kind',
} as const satisfies Record<UserColumn, string | null>;

export async function listUsers(
  scope: Scope,
  search: UserSearch,
  sources: Sources & { readonly lookedAtMax?: number },
): Promise<Answer<Listed<UserAnswer>, ListRefusal>> {
  const { reading, lookedAtMax = usersLookedAtMax } = sources;
  const { column, isAscending, page } = search;
  const refusal = refusedPage(page) ?? (search.filter === null ? null : refusedFilter(search.filter));
  if (refusal !== null) return rejected(refusal);
  const conjuncts = conjunctsOf(search.filter);
  const organization = conjuncts.find((one) => one.kind === 'organization');
  const others = conjuncts.filter((one) => one !== organization);
  const asked = organization?.kind === 'organization' ? organization.organizationId : null;
  const only = scope === everyOrganization ? asked : scope;
  if (asked !== null && asked !== only) return accepted({ items: [], total: 0, isMore: false });
  const filter: UserFilter | null = others.length === 0 ? null : { kind: 'and', of: others };
  const found = await listed({
    reading,
    table: reading.tableOf('users', 'users'),
    ranks: reading.ranksOf('users', 'users'),
    organizationId: only,
    holdsFor: filter === null ? null : userFacetTest(filter),
    filter: filter === null ? null : userCondition(filter, sources),
    narrowings: filter === null ? [] : userNarrowings(filter, sources),
    column: columns[column],
    isAscending,
    page,
    lookedAtMax,
  });
  if ('code' in found) return rejected(found);
  const { streams, ...counted } = found;
  return accepted({ items: await told(streams, search, sources), ...counted });
}

async function told(
  streams: readonly string[],
  { withMetadata }: UserSearch,
  { reading }: Sources,
): Promise<readonly UserAnswer[]> {
  const rows = new Map((await userRows(reading, streams)).map((row) => [row.stream, row]));
  const metadata = withMetadata ? await metadataOf(reading, streams) : null;
  const onPage = streams.map((stream) => rows.get(stream)).filter((row) => row !== undefined);
  return onPage.map((row) => userAnswer(row, metadata));
}
