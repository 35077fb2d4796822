// What can be asked about sessions, and which there are. What was ended is not there; what has only expired is, with its
// time.

import { sql } from 'kysely';

import type { Instant, OrganizationId, Sealed, SessionId, UserId } from '#domain/ids.js';
import { all, among, certainly } from '#read-models/queries/conditions.js';
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
import {
  goesOn,
  refusedSessionFilters,
  type SessionFilter,
  sessionCondition,
  sessionKey,
  sessionNarrowings,
} from '#read-models/queries/session-filter.js';
import { effectiveSettings } from '#read-models/queries/settings.js';
import { userStreamOf } from '#read-models/queries/user-conditions.js';
import { orNull, type UserRow, userRows } from '#read-models/queries/users.js';
import type { Reading } from '#read-models/store.js';

export interface SessionAnswer {
  readonly sessionId: SessionId;
  /** Of its user; before there is one, of whoever made it. */
  readonly organizationId: OrganizationId;
  readonly user: SessionUser | null;
  readonly passwordAt: Instant | null;
  readonly totpAt: Instant | null;
  readonly recoveryCodeAt: Instant | null;
  readonly metadata: readonly SessionMetadata[];
  readonly userAgent: UserAgent | null;
  /** Whoever made the call that made it. */
  readonly creator: string | null;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
  /** Events in its stream so far. */
  readonly sequence: number;
  /** By its own lifetime, or by the longest that its organization lets any have, whichever is sooner. */
  readonly expiresAt: Instant;
}

export interface SessionUser {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly loginName: string;
  readonly displayName: string;
  readonly checkedAt: Instant;
}

export interface SessionMetadata {
  readonly key: string;
  readonly value: Buffer;
}

/** As whoever made the session told of it; each null where it was not told. */
export interface UserAgent {
  readonly fingerprintId: string | null;
  readonly ip: string | null;
  readonly description: string | null;
  readonly headers: Readonly<Record<string, readonly string[]>>;
}

export interface SessionNotFound {
  /** Unknown, over, or of somebody who is not there: nobody can tell which. */
  readonly code: 'session-not-found';
}

/** One that has only expired is answered, too: it says so by its time. */
export async function getSession(
  scope: Scope,
  sessionId: SessionId,
  sources: Sources,
): Promise<Answer<SessionAnswer, SessionNotFound>> {
  const [row] = await sessionRows([`session-${sources.streamId(sessionId)}`], sources);
  const isOfScope = scope === everyOrganization || row?.organization_id === scope;
  const [answer] = row !== undefined && isOfScope ? await told([row], sources) : [];
  return answer === undefined ? rejected({ code: 'session-not-found' }) : accepted(answer);
}

export interface SessionSearch {
  /** Each must hold. */
  readonly filters: readonly SessionFilter[];
  /** Of their adding: there is no other order. */
  readonly isAscending: boolean;
  readonly page: Page;
}

/** Where no index leads to those that are meant: some tenths of a second. */
export const sessionsLookedAtMax = 100_000;
/** Each is held against the endings of its user. */
const countedLookedAtMax = 5_000;

export async function listSessions(
  scope: Scope,
  search: SessionSearch,
  sources: Sources & { readonly lookedAtMax?: number },
): Promise<Answer<Listed<SessionAnswer>, ListRefusal>> {
  const { reading, lookedAtMax = sessionsLookedAtMax } = sources;
  const { filters, isAscending, page } = search;
  const refusal = refusedPage(page) ?? refusedSessionFilters(filters);
  if (refusal !== null) return rejected(refusal);
  const only = await organizationWithin(scope, filters, sources);
  if (only === 'another') return accepted({ items: [], total: 0, isMore: false });
  const key = sessionKey(filters, sources);
  const found = await listed({
    reading,
    table: reading.tableOf('sessions', 'sessions'),
    organizationId: only,
    ...(key !== null && { key }),
    filter: all([goesOn(sources), ...filters.map((filter) => sessionCondition(filter, sources))]),
    narrowings: filters.flatMap((filter) => sessionNarrowings(filter, sources)),
    column: null,
    isAscending,
    page,
    lookedAtMax,
    countedLookedAtMax,
  });
  if ('code' in found) return rejected(found);
  const { streams, ...counted } = found;
  const rows = new Map((await sessionRows(streams, sources)).map((row) => [row.stream, row]));
  const onPage = streams.map((stream) => rows.get(stream)).filter((row) => row !== undefined);
  return accepted({ items: await told(onPage, sources), ...counted });
}

/** Sessions of a user are of its organization, which is looked at once. Null for whichever there is. */
async function organizationWithin(
  scope: Scope,
  filters: readonly SessionFilter[],
  sources: Sources,
): Promise<OrganizationId | null | 'another'> {
  if (scope === everyOrganization) return null;
  const ofUser = filters.find((filter) => filter.kind === 'user');
  if (ofUser === undefined) return scope;
  const [user] = await userRows(sources.reading, [userStreamOf(sources, ofUser.userId)]);
  return user?.organization_id === scope ? null : 'another';
}

/** Of the table of sessions; engines may tell numbers as text. */
interface SessionRow {
  readonly stream: string;
  readonly session_id: SessionId;
  readonly organization_id: OrganizationId;
  readonly user_stream: string | null;
  readonly creator: string | null;
  readonly user_agent: Sealed | null;
  readonly metadata: Sealed | null;
  readonly user_checked_at: number | null;
  readonly password_checked_at: number | null;
  readonly totp_checked_at: number | null;
  readonly recovery_code_checked_at: number | null;
  readonly created_at: number;
  readonly changed_at: number;
  readonly sequence: number;
  readonly expires_at: number | null;
}

async function sessionRows(streams: readonly string[], sources: Sources): Promise<readonly SessionRow[]> {
  if (streams.length === 0) return [];
  const { reading } = sources;
  const { rows } = await sql<SessionRow>`
    select * from ${sql.table(reading.tableOf('sessions', 'sessions'))} as t
    where ${among(reading, 't.stream', streams)} and ${certainly(goesOn(sources))}`.execute(reading.db);
  return rows;
}

/** Whose user is not there any more is not told of, whatever was appended late. */
async function told(rows: readonly SessionRow[], sources: Sources): Promise<readonly SessionAnswer[]> {
  const { reading } = sources;
  const streams = rows.map(({ user_stream }) => user_stream).filter((stream) => stream !== null);
  const users = new Map((await userRows(reading, [...new Set(streams)])).map((user) => [user.stream, user]));
  const longest = await longestOf(new Set(rows.map(({ organization_id }) => organization_id)), reading);
  const answers: SessionAnswer[] = [];
  for (const row of rows) {
    const user = row.user_stream === null ? null : users.get(row.user_stream);
    if (user === undefined) continue;
    answers.push(await sessionAnswer(row, { user, sources, longest }));
  }
  return answers;
}

async function longestOf(
  organizations: ReadonlySet<OrganizationId>,
  reading: Reading,
): Promise<ReadonlyMap<OrganizationId, number>> {
  const found = new Map<OrganizationId, number>();
  for (const one of organizations)
    found.set(one, (await effectiveSettings(one, reading)).sessionLifetimeSecondsMax * 1_000);
  return found;
}

interface Beside {
  readonly user: UserRow | null;
  readonly sources: Sources;
  /** Milliseconds that a session of each organization lasts at most. */
  readonly longest: ReadonlyMap<OrganizationId, number>;
}

async function sessionAnswer(row: SessionRow, { user, sources, longest }: Beside): Promise<SessionAnswer> {
  const createdAt = Number(row.created_at);
  const latest = createdAt + (longest.get(row.organization_id) ?? 0);
  const open = (purpose: string, sealed: Sealed | null) => opened(row, { purpose, sealed }, sources);
  const [userAgent, metadata] = [
    await open('session-user-agent', row.user_agent),
    await open('session-metadata', row.metadata),
  ];
  return {
    sessionId: row.session_id,
    organizationId: row.organization_id,
    user: user === null ? null : userOf(user, Number(row.user_checked_at)),
    passwordAt: orNull(row.password_checked_at),
    totpAt: orNull(row.totp_checked_at),
    recoveryCodeAt: orNull(row.recovery_code_checked_at),
    metadata: metadata === null ? [] : metadataIn(metadata),
    userAgent: userAgent === null ? null : userAgentIn(userAgent),
    creator: row.creator,
    createdAt,
    changedAt: Number(row.changed_at),
    sequence: Number(row.sequence),
    expiresAt: Math.min(orNull(row.expires_at) ?? latest, latest),
  };
}

async function opened(
  { user_stream, organization_id, session_id }: SessionRow,
  { purpose, sealed }: { readonly purpose: string; readonly sealed: Sealed | null },
  { open }: Sources,
): Promise<string | null> {
  if (sealed === null || user_stream === null) return null;
  const of = { userStream: user_stream, organizationId: organization_id, factor: session_id };
  return (await open({ ...of, purpose, sealed }))?.toString('utf8') ?? null;
}

const userOf = (user: UserRow, checkedAt: Instant): SessionUser => ({
  userId: user.user_id,
  organizationId: user.organization_id,
  loginName: user.username ?? '',
  displayName: user.display_name ?? user.machine_name ?? '',
  checkedAt,
});

function metadataIn(text: string): readonly SessionMetadata[] {
  return Object.entries(JSON.parse(text) as Record<string, string>).map(([key, value]) => ({
    key,
    value: Buffer.from(value, 'base64'),
  }));
}

const userAgentIn = (text: string): UserAgent => JSON.parse(text) as UserAgent;
