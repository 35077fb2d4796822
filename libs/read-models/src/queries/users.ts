// What can be asked about one user.

import { sql } from 'kysely';

import type { AccessTokenId, Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { LivingUser } from '#domain/user/state.js';
import { among } from '#read-models/queries/conditions.js';
import {
  type Answer,
  accepted,
  type Details,
  rejected,
  type Sources,
  type UserNotFound,
} from '#read-models/queries/queries.js';
import { userStreamOf } from '#read-models/queries/user-conditions.js';
import { metadataOf, type UserMetadata } from '#read-models/queries/user-metadata.js';
import type { Reading } from '#read-models/store.js';

export type UserAnswer = HumanAnswer | MachineAnswer;

interface AnyUser {
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  readonly state: LivingUser['status'];
  readonly username: string;
  /** Whatever the user can be found by. */
  readonly loginNames: readonly string[];
  readonly preferredLoginName: string;
  readonly createdAt: Instant;
  readonly details: Details;
  /** Null where it was not asked for. */
  readonly metadata: readonly UserMetadata[] | null;
}

export type Gender = 'female' | 'male' | 'diverse';

export interface HumanAnswer extends AnyUser {
  readonly kind: 'human';
  readonly profile: {
    readonly givenName: string;
    readonly familyName: string;
    readonly nickName: string | null;
    /** Where none was chosen, both names. */
    readonly displayName: string;
    readonly preferredLanguage: string | null;
    readonly gender: Gender | null;
  };
  readonly email: { readonly address: string; readonly isVerified: boolean };
  readonly phone: string | null;
  /** Null where the person has none. */
  readonly password: PasswordAnswer | null;
}

export interface PasswordAnswer {
  readonly changedAt: Instant;
  /** The person is to choose another one at the next login. */
  readonly isChangeRequired: boolean;
}

export interface MachineAnswer extends AnyUser {
  readonly kind: 'machine';
  readonly profile: { readonly name: string; readonly description: string | null };
}

export interface OneUser {
  readonly userId: UserId;
  readonly withMetadata: boolean;
}

export async function getUser(
  organizationId: OrganizationId,
  { userId, withMetadata }: OneUser,
  sources: Sources,
): Promise<Answer<UserAnswer, UserNotFound>> {
  const tell = async (row: UserRow) => {
    const metadata = withMetadata ? await metadataOf(sources.reading, [row.stream]) : null;
    return userAnswer(row, metadata);
  };
  return ofUser(organizationId, userId, { sources, tell });
}

/** What the last change of the user has moved. */
export async function userDetails(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<Details, UserNotFound>> {
  return ofUser(organizationId, userId, { sources, tell: detailsOf });
}

/** Streams are not named after ids that were brought along. */
export async function userIdOfStream(
  organizationId: OrganizationId,
  stream: string,
  { reading }: Sources,
): Promise<Answer<UserId, UserNotFound>> {
  const [row] = await userRows(reading, [stream]);
  return row?.organization_id === organizationId
    ? accepted(row.user_id)
    : rejected({ code: 'user-not-found' });
}

export async function listUserMetadata(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<readonly UserMetadata[], UserNotFound>> {
  const tell = async ({ stream }: UserRow) => (await metadataOf(sources.reading, [stream])).get(stream) ?? [];
  return ofUser(organizationId, userId, { sources, tell });
}

export interface AccessTokenAnswer {
  readonly tokenId: AccessTokenId;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: Instant;
  /** Null, and it lasts until it is removed. */
  readonly expiresAt: Instant | null;
}

/** Those that have expired too, until they are removed; the oldest first. */
export async function listAccessTokens(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<readonly AccessTokenAnswer[], UserNotFound>> {
  const { reading } = sources;
  const tell = async ({ stream }: UserRow) => {
    const rows: Record<string, string>[] = await reading.db
      .selectFrom(reading.tableOf('users', 'access_tokens'))
      .selectAll()
      .where('organization_id', '=', organizationId)
      .where('stream', '=', stream)
      .orderBy('place')
      .execute();
    return rows.map(({ token_id, name, scopes, created_at, expires_at }) => ({
      tokenId: token_id as AccessTokenId,
      name: name ?? '',
      scopes: JSON.parse(scopes ?? '[]') as string[],
      createdAt: Number(created_at),
      expiresAt: orNull(expires_at),
    }));
  };
  return ofUser(organizationId, userId, { sources, tell });
}

/** Of the table of users; engines may tell numbers as text. */
export interface UserRow {
  readonly stream: string;
  readonly organization_id: OrganizationId;
  readonly user_id: UserId;
  readonly kind: LivingUser['kind'];
  readonly state: LivingUser['status'];
  readonly username: string | null;
  readonly username_key: string;
  readonly given_name: string | null;
  readonly family_name: string | null;
  readonly nick_name: string | null;
  readonly display_name: string | null;
  readonly preferred_language: string | null;
  readonly gender: Gender | null;
  readonly machine_name: string | null;
  readonly description: string | null;
  readonly email: string | null;
  readonly email_key: string | null;
  readonly is_email_verified: number;
  readonly phone: string | null;
  readonly password_changed_at: number | null;
  readonly is_password_change_required: number;
  readonly created_at: number;
  readonly changed_at: number;
  readonly sequence: number;
}

export interface Telling<Value> {
  readonly sources: Sources;
  readonly tell: (user: UserRow) => Value | Promise<Value>;
}

export async function ofUser<Value>(
  organizationId: OrganizationId,
  userId: UserId,
  { sources, tell }: Telling<Value>,
): Promise<Answer<Value, UserNotFound>> {
  const [row] = await userRows(sources.reading, [userStreamOf(sources, userId)]);
  if (row === undefined || row.organization_id !== organizationId)
    return rejected({ code: 'user-not-found' });
  return accepted(await tell(row));
}

export async function userRows(reading: Reading, streams: readonly string[]): Promise<readonly UserRow[]> {
  if (streams.length === 0) return [];
  const { rows } = await sql<UserRow>`select * from ${sql.table(reading.tableOf('users', 'users'))} as t
    where ${among(reading, 't.stream', streams)} and t.place is not null`.execute(reading.db);
  return rows;
}

/** @param metadata by streams; null where it was not asked for */
export function userAnswer(
  row: UserRow,
  metadata: ReadonlyMap<string, readonly UserMetadata[]> | null,
): UserAnswer {
  const username = row.username ?? '';
  const all = {
    userId: row.user_id,
    organizationId: row.organization_id,
    state: row.state,
    username,
    loginNames: loginNamesOf(row),
    preferredLoginName: username,
    createdAt: Number(row.created_at),
    details: detailsOf(row),
    metadata: metadata === null ? null : (metadata.get(row.stream) ?? []),
  };
  if (row.kind === 'machine') {
    return {
      kind: 'machine',
      ...all,
      profile: { name: row.machine_name ?? '', description: row.description },
    };
  }
  return {
    kind: 'human',
    ...all,
    profile: {
      givenName: row.given_name ?? '',
      familyName: row.family_name ?? '',
      nickName: row.nick_name,
      displayName: row.display_name ?? '',
      preferredLanguage: row.preferred_language,
      gender: row.gender,
    },
    email: { address: row.email ?? '', isVerified: isVerified(row) },
    phone: row.phone,
    password: passwordOf(row),
  };
}

function passwordOf(row: UserRow): PasswordAnswer | null {
  const changedAt = orNull(row.password_changed_at);
  if (changedAt === null) return null;
  return { changedAt, isChangeRequired: Number(row.is_password_change_required) === 1 };
}

export const detailsOf = (row: Pick<UserRow, 'sequence' | 'changed_at' | 'organization_id'>): Details => ({
  sequence: Number(row.sequence),
  changeDate: Number(row.changed_at),
  resourceOwner: row.organization_id,
});

const isVerified = (row: UserRow): boolean => Number(row.is_email_verified) === 1;

/** The username, and the email address once it is verified. */
function loginNamesOf(row: UserRow): readonly string[] {
  const { kind, username, email, username_key, email_key } = row;
  const isAnother = kind === 'human' && email_key !== username_key && isVerified(row);
  return isAnother && email !== null ? [username ?? '', email] : [username ?? ''];
}

export const orNull = (value: unknown): number | null =>
  value === null || value === undefined ? null : Number(value);
