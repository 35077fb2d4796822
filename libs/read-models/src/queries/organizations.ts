// What can be asked about organizations, and which there are.

import { sql } from 'kysely';

import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { SettingName, Settings } from '#domain/organization/settings.js';
import type { LivingOrganization } from '#domain/organization/state.js';
import { all, among, type Condition, certainly, holdsText } from '#read-models/queries/conditions.js';
import { listed } from '#read-models/queries/listing.js';
import { type Narrowing, narrowedByText } from '#read-models/queries/narrowing.js';
import {
  type Answer,
  accepted,
  type Details,
  everyOrganization,
  type Listed,
  type ListRefusal,
  type OrganizationNotFound,
  type Page,
  refusedPage,
  rejected,
  type Scope,
  type Sources,
  type TextMatch,
} from '#read-models/queries/queries.js';
import { chosenBy, effectiveSettings, inheritedSettings } from '#read-models/queries/settings.js';
import { userStreamOf } from '#read-models/queries/user-conditions.js';
import { filterPartsMax, filterValuesMax } from '#read-models/queries/user-filter.js';
import { detailsOf } from '#read-models/queries/users.js';
import type { Reading } from '#read-models/store.js';

export interface OrganizationAnswer {
  readonly organizationId: OrganizationId;
  readonly name: string;
  readonly state: LivingOrganization['status'];
  readonly createdAt: Instant;
  readonly details: Details;
}

export async function getOrganization(
  organizationId: OrganizationId,
  sources: Sources,
): Promise<Answer<OrganizationAnswer, OrganizationNotFound>> {
  const row = await organizationRow(organizationId, sources);
  return row === null ? notFound : accepted(organizationAnswer(row));
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

/** Where no index leads to those that are meant. */
const organizationsLookedAtMax = 200_000;

export async function listOrganizations(
  scope: Scope,
  search: OrganizationSearch,
  sources: Sources,
): Promise<Answer<Listed<OrganizationAnswer>, ListRefusal>> {
  const { filters, column, isAscending, page } = search;
  const refusal = refusedPage(page) ?? refusedFilters(filters);
  if (refusal !== null) return rejected(refusal);
  const { reading } = sources;
  const found = await listed({
    reading,
    table: reading.tableOf('organizations', 'organizations'),
    organizationId: scope === everyOrganization ? null : scope,
    filter: filters.length === 0 ? null : all(filters.map((filter) => condition(filter, sources))),
    narrowings: filters.flatMap((filter) => narrowings(filter, sources)),
    column: column === 'name' ? 'name_lower' : null,
    isAscending,
    page,
    lookedAtMax: organizationsLookedAtMax,
  });
  if ('code' in found) return rejected(found);
  const { streams, ...counted } = found;
  const rows = new Map((await organizationRows(reading, streams)).map((row) => [row.stream, row]));
  const onPage = streams.map((stream) => rows.get(stream)).filter((row) => row !== undefined);
  return accepted({ items: onPage.map(organizationAnswer), ...counted });
}

/** The one that was added before any other that is there. */
export async function firstOrganization({ reading }: Sources): Promise<Answer<OrganizationId | null, never>> {
  const [first] = await reading.db
    .selectFrom(reading.tableOf('organizations', 'organizations'))
    .select('organization_id')
    .orderBy('place')
    .limit(1)
    .execute();
  return accepted(first?.organization_id ?? null);
}

export interface MemberAnswer {
  readonly userId: UserId;
  readonly roles: readonly string[];
}

/** Whoever was removed or erased is none any more, although the roles still stand there. */
export async function listMembers(
  organizationId: OrganizationId,
  sources: Sources,
): Promise<Answer<readonly MemberAnswer[], OrganizationNotFound>> {
  const { reading } = sources;
  if ((await organizationRow(organizationId, sources)) === null) return notFound;
  const members: { user_id: UserId; roles: string }[] = await reading.db
    .selectFrom(reading.tableOf('organizations', 'members'))
    .select(['user_id', 'roles'])
    .where('organization_id', '=', organizationId)
    .orderBy('place')
    .execute();
  const streams = members.map(({ user_id }) => userStreamOf(sources, user_id));
  const { rows } = await sql<{ stream: string }>`
    select t.stream from ${sql.table(reading.tableOf('users', 'users'))} as t
    where ${among(reading, 't.stream', streams)} and t.place is not null`.execute(reading.db);
  const alive = new Set(rows.map(({ stream }) => stream));
  return accepted(
    members
      .filter((_, index) => alive.has(streams[index] ?? ''))
      .map(({ user_id, roles }) => ({ userId: user_id, roles: JSON.parse(roles) as string[] })),
  );
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
  sources: Sources,
): Promise<Answer<SettingsAnswer, OrganizationNotFound>> {
  const { reading } = sources;
  const row = await organizationRow(organizationId, sources);
  if (row === null) return notFound;
  return accepted({
    settings: await effectiveSettings(organizationId, reading),
    chosen: Object.keys(await chosenBy(organizationId, reading)) as SettingName[],
    details: detailsOf(row),
  });
}

/** What every organization inherits. */
export async function instanceSettings({ reading }: Sources): Promise<Answer<SettingsAnswer, never>> {
  const [instance] = await reading.db
    .selectFrom(reading.tableOf('organizations', 'instances'))
    .selectAll()
    .execute();
  const { sequence = 0, changed_at = 0, instance_id = '' } = instance ?? {};
  return accepted({
    settings: await inheritedSettings(reading),
    chosen: [],
    details: detailsOf({ sequence, changed_at, organization_id: instance_id }),
  });
}

const notFound = rejected<OrganizationNotFound>({ code: 'organization-not-found' });

interface OrganizationRow {
  readonly stream: string;
  readonly organization_id: OrganizationId;
  readonly name: string;
  readonly state: LivingOrganization['status'];
  readonly created_at: number;
  readonly changed_at: number;
  readonly sequence: number;
}

const streamOf = ({ streamId }: Sources, id: OrganizationId) => `organization-${streamId(id)}`;

async function organizationRow(id: OrganizationId, sources: Sources): Promise<OrganizationRow | null> {
  const [row = null] = await organizationRows(sources.reading, [streamOf(sources, id)]);
  return row;
}

async function organizationRows(
  reading: Reading,
  streams: readonly string[],
): Promise<readonly OrganizationRow[]> {
  const table = sql.table(reading.tableOf('organizations', 'organizations'));
  const { rows } = await sql<OrganizationRow>`select * from ${table} as t
    where ${among(reading, 't.stream', streams)}`.execute(reading.db);
  return rows;
}

const organizationAnswer = (row: OrganizationRow): OrganizationAnswer => ({
  organizationId: row.organization_id,
  name: row.name,
  state: row.state,
  createdAt: Number(row.created_at),
  details: detailsOf(row),
});

function refusedFilters(filters: readonly OrganizationFilter[]): ListRefusal | null {
  if (filters.length > filterPartsMax) return { code: 'filter-too-large', maximum: filterPartsMax };
  return filters.some((filter) => filter.kind === 'ids' && filter.ids.length > filterValuesMax)
    ? { code: 'filter-too-large', maximum: filterValuesMax }
    : null;
}

function condition(filter: OrganizationFilter, sources: Sources): Condition {
  const { reading } = sources;
  switch (filter.kind) {
    case 'ids':
      return certainly(among(reading, 't.stream', streamsOf(filter.ids, sources)));
    case 'name':
      return holdsText(reading, { exact: 't.name', lowered: 't.name_lower' }, filter.text);
    case 'state':
      return certainly(sql`t.state = ${filter.state}`);
  }
}

function narrowings(filter: OrganizationFilter, sources: Sources): readonly Narrowing[] {
  const { reading } = sources;
  const table = sql.table(reading.tableOf('organizations', 'organizations'));
  const indexed = { projection: 'organizations', table: 'organizations', column: 'name_lower' };
  switch (filter.kind) {
    case 'ids': {
      const isOne = among(reading, 'stream', streamsOf(filter.ids, sources));
      return [{ rank: 0, streams: sql`select stream from ${table} where ${isOne}` }];
    }
    case 'name':
      return narrowedByText(reading, indexed, filter.text);
    case 'state':
      return [{ rank: 5, streams: sql`select stream from ${table} where state = ${filter.state}` }];
  }
}

const streamsOf = (ids: readonly OrganizationId[], sources: Sources) =>
  ids.map((id) => streamOf(sources, id));
