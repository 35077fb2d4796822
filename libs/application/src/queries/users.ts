// What can be asked about one user.

import type { Details } from '#application/caller.js';
import { type KnownUser, knownUser } from '#application/queries/known-user.js';
import {
  type Answer,
  accepted,
  rejected,
  type Sources,
  type UserNotFound,
} from '#application/queries/queries.js';
import { metadataEntries, type UserMetadata } from '#application/queries/user-metadata.js';
import type { Gender, MachineProfile } from '#application/user/profile.js';
import type { AccessTokenId, Instant, OrganizationId, UserId } from '#domain/ids.js';
import type { LivingUser } from '#domain/user/state.js';

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
}

export interface MachineAnswer extends AnyUser {
  readonly kind: 'machine';
  readonly profile: MachineProfile;
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
  return ofUser(organizationId, userId, { sources, tell: (user) => userAnswer(user, withMetadata) });
}

export async function listUserMetadata(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<readonly UserMetadata[], UserNotFound>> {
  return ofUser(organizationId, userId, { sources, tell: metadataEntries });
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
  const tell = ({ account, sealer }: KnownUser) =>
    account.accessTokens.map(({ tokenId, name, scopes, createdAt, expiresAt }) => ({
      tokenId,
      name: sealer.openText('token-name', name, tokenId),
      scopes,
      createdAt,
      expiresAt,
    }));
  return ofUser(organizationId, userId, { sources, tell });
}

export interface Telling<Value> {
  readonly sources: Pick<Sources, 'application'>;
  readonly tell: (user: KnownUser) => Value;
}

export async function ofUser<Value>(
  organizationId: OrganizationId,
  userId: UserId,
  { sources, tell }: Telling<Value>,
): Promise<Answer<Value, UserNotFound>> {
  const user = await knownUser(organizationId, userId, sources.application);
  return user === null ? rejected({ code: 'user-not-found' }) : accepted(tell(user));
}

export function userAnswer(known: KnownUser, withMetadata: boolean): UserAnswer {
  const { userId, organizationId, user, username, loginNames, details, profile } = known;
  const all = {
    userId,
    organizationId,
    state: user.status,
    username,
    loginNames,
    preferredLoginName: username,
    createdAt: user.createdAt,
    details,
    metadata: withMetadata ? metadataEntries(known) : null,
  };
  if (user.kind === 'machine') {
    const { name = '', description = null } = profile;
    return { kind: 'machine', ...all, profile: { name, description } };
  }
  const {
    givenName = '',
    familyName = '',
    nickName = null,
    preferredLanguage = null,
    gender = null,
  } = profile;
  return {
    kind: 'human',
    ...all,
    profile: {
      givenName,
      familyName,
      nickName,
      displayName: known.displayName ?? '',
      preferredLanguage,
      gender,
    },
    email: { address: known.email ?? '', isVerified: known.isEmailVerified },
    phone: known.phone,
  };
}
