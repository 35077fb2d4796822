import type { OrganizationId, UserId } from '#domain/ids.js';
import { type Answer, accepted, rejected, type UserNotFound } from '#read-models/queries/queries.js';
import type { UserMetadata } from '#read-models/queries/user-metadata.js';
import type { AccessTokenAnswer, OneUser, UserAnswer } from '#read-models/queries/users.js';
import { type KnownUser, knownUser } from '#read-models/testing/folded/known-user.js';
import type { FoldedSources } from '#read-models/testing/folded/sources.js';

export async function getUser(
  organizationId: OrganizationId,
  { userId, withMetadata }: OneUser,
  sources: FoldedSources,
): Promise<Answer<UserAnswer, UserNotFound>> {
  return ofUser(organizationId, userId, { sources, tell: (user) => userAnswer(user, withMetadata) });
}

/** Those that have expired too, until they are removed; the oldest first. */
export async function listAccessTokens(
  organizationId: OrganizationId,
  userId: UserId,
  sources: FoldedSources,
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
  readonly sources: FoldedSources;
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
    password: known.password,
  };
}

/** In the order in which their keys were first set. */
export function metadataEntries({ account, sealer }: KnownUser): readonly UserMetadata[] {
  return account.metadata.map(({ keyHash, key, value, createdAt, changedAt }) => ({
    key: sealer.openText('metadata-key', key, keyHash),
    value: sealer.open('metadata-value', value, keyHash),
    createdAt,
    changedAt,
  }));
}
