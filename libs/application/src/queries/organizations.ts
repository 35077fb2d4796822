// What can be asked about organizations, and which there are.

import type { Details } from '#application/caller.js';
import { type KnownUser, knownByStream } from '#application/queries/known-user.js';
import {
  type Answer,
  accepted,
  compareKeys,
  everyOrganization,
  type Listed,
  type ListRefusal,
  lookedUp,
  matchesText,
  type OrganizationNotFound,
  type Page,
  pageOf,
  refusedPage,
  rejected,
  type Scope,
  type Sources,
  type TextMatch,
} from '#application/queries/queries.js';
import { Slices, sortedInSlices } from '#application/queries/slices.js';
import { filterPartsMax, filterValuesMax } from '#application/queries/user-filter.js';
import type { Loaded } from '#application/streams.js';
import { instanceStream } from '#application/surroundings.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { SettingName, Settings } from '#domain/organization/settings.js';
import {
  effectiveSettings,
  isLiving,
  type LivingOrganization,
  type OrganizationState,
} from '#domain/organization/state.js';

export interface OrganizationAnswer {
  readonly organizationId: OrganizationId;
  readonly name: string;
  readonly state: LivingOrganization['status'];
  readonly createdAt: Instant;
  readonly details: Details;
}

export async function getOrganization(
  organizationId: OrganizationId,
  { application }: Sources,
): Promise<Answer<OrganizationAnswer, OrganizationNotFound>> {
  const loaded = await application.organizations.streams.current(
    application.organizationStream(organizationId),
  );
  const organization = organizationAnswer(organizationId, loaded);
  return organization === null ? notFound : accepted(organization);
}

export type OrganizationFilter =
  | { readonly kind: 'ids'; readonly ids: readonly OrganizationId[] }
  | { readonly kind: 'name'; readonly text: TextMatch }
  | { readonly kind: 'state'; readonly state: LivingOrganization['status'] };

export interface OrganizationSearch {
  /** Each must hold. */
  readonly filters: readonly OrganizationFilter[];
  readonly column: 'creation-date' | 'name';
  readonly isAscending: boolean;
  readonly page: Page;
}

export async function listOrganizations(
  scope: Scope,
  search: OrganizationSearch,
  { application, directory, signal, position }: Sources,
): Promise<Answer<Listed<OrganizationAnswer>, ListRefusal>> {
  const refusal =
    refusedPage(search.page) ?? refusedFilters(search.filters) ?? (await directory.awaitWritten(position));
  signal.throwIfAborted();
  if (refusal !== null) return rejected(refusal);
  const slices = new Slices(signal);
  const ids = [...directory.organizations()].filter((id) => scope === everyOrganization || scope === id);
  const { streams } = application.organizations;
  const look = (id: string) => {
    const loaded = streams.current(application.organizationStream(id as OrganizationId));
    const answer = (found: Loaded<OrganizationState>) => wanted(id as OrganizationId, found, search);
    return loaded instanceof Promise ? loaded.then(answer) : answer(loaded);
  };
  const found = await lookedUp(idsAmong(ids, search), look, slices);
  const placed = found.map((one, place) => ({ one, place }));
  const sign = search.isAscending ? 1 : -1;
  const key = ({ one, place }: Placed) => (search.column === 'name' ? one.name.toLowerCase() : place);
  const sorted = await sortedInSlices(
    placed,
    (one, other) => sign * compareKeys(key(one), key(other)) || one.place - other.place,
    slices,
  );
  return accepted({ items: pageOf(sorted, search.page).map(({ one }) => one), total: sorted.length });
}

export interface MemberAnswer {
  readonly userId: UserId;
  readonly roles: readonly string[];
}

/** Whoever was removed or erased is none any more, although the roles still stand there. */
export async function listMembers(
  organizationId: OrganizationId,
  { application, signal }: Sources,
): Promise<Answer<readonly MemberAnswer[], OrganizationNotFound>> {
  const { state } = await application.organizations.streams.current(
    application.organizationStream(organizationId),
  );
  if (!isLiving(state)) return notFound;
  const slices = new Slices(signal);
  const byStream = new Map(state.members.map((member) => [application.userStream(member.userId), member]));
  const alive = await lookedUp([...byStream.keys()], (stream) => knownByStream(application, stream), slices);
  const memberOf = ({ stream }: KnownUser) => byStream.get(stream);
  return accepted(alive.map(memberOf).filter((member) => member !== undefined));
}

export interface SettingsAnswer {
  /** What holds. */
  readonly settings: Settings;
  /** What the organization chose for itself; the rest follows the instance. */
  readonly chosen: readonly SettingName[];
  readonly details: Details;
}

export async function settingsOf(
  organizationId: OrganizationId,
  { application }: Sources,
): Promise<Answer<SettingsAnswer, OrganizationNotFound>> {
  const { organizations, instance } = application;
  const loaded = await organizations.streams.current(application.organizationStream(organizationId));
  const { state } = loaded;
  if (!isLiving(state)) return notFound;
  const { state: around } = await instance.streams.current(instanceStream);
  return accepted({
    settings: effectiveSettings(state, around),
    chosen: Object.keys(state.overrides) as SettingName[],
    details: detailsOf(organizationId, loaded),
  });
}

const notFound = rejected<OrganizationNotFound>({ code: 'organization-not-found' });

interface Placed {
  readonly one: OrganizationAnswer;
  readonly place: number;
}

function refusedFilters(filters: readonly OrganizationFilter[]): ListRefusal | null {
  if (filters.length > filterPartsMax) return { code: 'filter-too-large', maximum: filterPartsMax };
  return filters.some((filter) => filter.kind === 'ids' && filter.ids.length > filterValuesMax)
    ? { code: 'filter-too-large', maximum: filterValuesMax }
    : null;
}

/** Of which no others need to be loaded. */
function idsAmong(
  ids: readonly OrganizationId[],
  { filters }: OrganizationSearch,
): readonly OrganizationId[] {
  const asked = filters.filter((filter) => filter.kind === 'ids').map((filter) => new Set(filter.ids));
  return ids.filter((id) => asked.every((some) => some.has(id)));
}

function wanted(
  organizationId: OrganizationId,
  loaded: Loaded<OrganizationState>,
  { filters }: OrganizationSearch,
): OrganizationAnswer | null {
  const organization = organizationAnswer(organizationId, loaded);
  if (organization === null) return null;
  return filters.every((filter) => matches(filter, organization)) ? organization : null;
}

function matches(filter: OrganizationFilter, { organizationId, name, state }: OrganizationAnswer): boolean {
  switch (filter.kind) {
    case 'ids':
      return filter.ids.includes(organizationId);
    case 'name':
      return matchesText(filter.text, name);
    case 'state':
      return filter.state === state;
  }
}

function organizationAnswer(
  organizationId: OrganizationId,
  loaded: Loaded<OrganizationState>,
): OrganizationAnswer | null {
  const { state } = loaded;
  if (!isLiving(state)) return null;
  const { name, status, createdAt } = state;
  return { organizationId, name, state: status, createdAt, details: detailsOf(organizationId, loaded) };
}

const detailsOf = (resourceOwner: OrganizationId, { revision, changedAt }: Loaded<unknown>): Details => ({
  sequence: revision + 1,
  changeDate: changedAt,
  resourceOwner,
});
