// What ListOrganizations asks for, in the words of the query.

import type { Violation } from '#application/violations.js';
import { OrganizationState } from '#contract/zitadel/org/v2/org_pb.js';
import type { ListOrganizationsRequest } from '#contract/zitadel/org/v2/org_service_pb.js';
import { OrganizationFieldName, type SearchQuery } from '#contract/zitadel/org/v2/query_pb.js';
import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationFilter, OrganizationSearch } from '#read-models/queries/organizations.js';
import { pageOf, pageViolations } from '#transport/dialects/zitadel/pages.js';
import { textMatchOf } from '#transport/dialects/zitadel/texts.js';
import { unknownValue, unset } from '#transport/dialects/zitadel/violations.js';

/** Whether the one that the first start made is asked for: it alone has to be looked up. */
export const asksForFirst = ({ queries }: ListOrganizationsRequest): boolean =>
  queries.some(({ query }) => query.case === 'defaultQuery');

export function organizationSearchOf(
  { query, sortingColumn, queries }: ListOrganizationsRequest,
  first: OrganizationId | null,
): OrganizationSearch | readonly Violation[] {
  const page = pageOf(query);
  const read = queries.map((one, index) => filterOf(one, `queries[${index}]`, first));
  const violations = [
    ...pageViolations(page, 'query'),
    ...(sortingColumn in OrganizationFieldName ? [] : [unknownValue('sorting_column')]),
    ...read.flatMap((one) => ('rule' in one ? [one] : [])),
  ];
  if (violations.length > 0) return violations;
  return {
    filters: read.flatMap((one) => ('rule' in one ? [] : [one])),
    column: sortingColumn === OrganizationFieldName.NAME ? 'name' : 'creation-date',
    isAscending: query?.asc ?? false,
    page,
  };
}

/** Of none, which nothing is one of. */
const nothing: OrganizationFilter = { kind: 'ids', ids: [] };

const states: ReadonlyMap<OrganizationState, OrganizationFilter> = new Map<
  OrganizationState,
  OrganizationFilter
>([
  [OrganizationState.ACTIVE, { kind: 'state', state: 'active' }],
  [OrganizationState.INACTIVE, { kind: 'state', state: 'inactive' }],
  // What is removed is not listed any more.
  [OrganizationState.REMOVED, nothing],
]);

function filterOf(
  { query }: SearchQuery,
  field: string,
  first: OrganizationId | null,
): OrganizationFilter | Violation {
  switch (query.case) {
    case undefined:
      return unset(field);
    case 'nameQuery': {
      const text = textMatchOf(query.value.name, query.value.method, `${field}.name_query.method`);
      return 'rule' in text ? text : { kind: 'name', text };
    }
    case 'domainQuery': {
      const text = textMatchOf(query.value.domain, query.value.method, `${field}.domain_query.method`);
      return 'rule' in text ? text : nothing;
    }
    case 'stateQuery':
      return states.get(query.value.state) ?? unknownValue(`${field}.state_query.state`);
    case 'idQuery':
      return { kind: 'ids', ids: [query.value.id as OrganizationId] };
    case 'defaultQuery':
      // The first start made it before any other could be made.
      return first === null ? nothing : { kind: 'ids', ids: [first] };
  }
}
