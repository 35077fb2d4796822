import type { AccessTokenEvent } from '#domain/access-token/events.js';
import type { AccessToken } from '#domain/access-token/state.js';
import type { Circumstances } from '#domain/account/circumstances.js';
import type { Account } from '#domain/account/state.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { AccessTokenId, Instant, Sealed } from '#domain/ids.js';
import { type KnownRefusal, known, type OfUser } from '#domain/user/decide.js';

/** Live ones of a user: enough for every program and its successor, few enough to be carried with each decision. */
export const accessTokensMax = 50;
/** A token that needs more wants to be two. */
export const scopesMax = 20;
/** Of one scope: room for four or five words. */
export const scopeCharactersMax = 100;

export type AddAccessTokenRefusal =
  | KnownRefusal
  /** Between 1 and the maximum are needed: lower-case words joined by dots and hyphens, each but once. */
  | { readonly code: 'access-token-scopes-invalid'; readonly maximum: number }
  /** It would never have been valid. */
  | { readonly code: 'access-token-expiry-past' }
  /** The user has as many live tokens as anybody may have; one has to be removed first. */
  | { readonly code: 'access-tokens-max'; readonly maximum: number };

export type RemoveAccessTokenRefusal =
  | KnownRefusal
  /** The user has no such token, or not any more. */
  | { readonly code: 'access-token-not-found' };

export interface AddAccessToken extends OfUser {
  readonly tokenId: AccessTokenId;
  readonly name: Sealed;
  readonly scopes: readonly string[];
  readonly expiresAt: Instant | null;
  readonly hash: string;
}

/** What a checker needs. An expired one still has its hash: only who knows the secret is told that it expired. */
export type TokenState =
  | {
      readonly status: 'valid' | 'expired';
      readonly scopes: readonly string[];
      readonly expiresAt: Instant | null;
      readonly hash: string;
    }
  | { readonly status: 'unknown' };

const unknownToken: TokenState = { status: 'unknown' };

/** Tokens of a user who is not active are as unknown as others. Whether the organization is active is not known here. */
export function tokenState(account: Account, tokenId: AccessTokenId, now: Instant): TokenState {
  const token = account.user.status === 'active' ? find(account, tokenId) : undefined;
  if (token === undefined) return unknownToken;
  const { scopes, expiresAt, hash } = token;
  return { status: isExpired(token, now) ? 'expired' : 'valid', scopes, expiresAt, hash };
}

/** As many tokens are kept as may be live: beyond that, the longest expired ones make room. */
export function add(
  account: Account,
  command: AddAccessToken,
  { now }: Circumstances,
): Decision<AccessTokenEvent, AddAccessTokenRefusal> {
  const { organizationId, tokenId, name, scopes, expiresAt, hash } = command;
  const unknown = known(account, organizationId);
  if (unknown !== null) return reject(unknown.refusal);
  if (find(account, tokenId) !== undefined) throw new TypeError('the id of a new token is a new id');
  if (!areScopes(scopes)) return reject({ code: 'access-token-scopes-invalid', maximum: scopesMax });
  if (expiresAt !== null && expiresAt <= now) return reject({ code: 'access-token-expiry-past' });
  const { accessTokens } = account;
  const expired = accessTokens.filter((token) => isExpired(token, now));
  if (accessTokens.length - expired.length >= accessTokensMax)
    return reject({ code: 'access-tokens-max', maximum: accessTokensMax });
  const tooMany = Math.max(0, accessTokens.length + 1 - accessTokensMax);
  return accept(...expired.toSorted(byExpiry).slice(0, tooMany).map(removed), {
    type: 'user.pat.added',
    tokenId,
    name,
    scopes,
    expiresAt,
    hash,
  });
}

export function remove(
  account: Account,
  { organizationId, tokenId }: OfUser & { readonly tokenId: AccessTokenId },
): Decision<AccessTokenEvent, RemoveAccessTokenRefusal> {
  const unknown = known(account, organizationId);
  if (unknown !== null) return reject(unknown.refusal);
  const token = find(account, tokenId);
  return token === undefined ? reject({ code: 'access-token-not-found' }) : accept(removed(token));
}

type Expiring = AccessToken & { readonly expiresAt: Instant };

const isExpired = (token: AccessToken, now: Instant): token is Expiring =>
  token.expiresAt !== null && token.expiresAt <= now;

const byExpiry = (one: Expiring, other: Expiring) => one.expiresAt - other.expiresAt;

const removed = ({ tokenId }: AccessToken): AccessTokenEvent => ({ type: 'user.pat.removed', tokenId });

const find = ({ accessTokens }: Account, tokenId: AccessTokenId) =>
  accessTokens.find((token) => token.tokenId === tokenId);

const areScopes = (scopes: readonly string[]) =>
  scopes.length >= 1 &&
  scopes.length <= scopesMax &&
  new Set(scopes).size === scopes.length &&
  scopes.every(isScope);

const isScope = (scope: string) =>
  scope.length <= scopeCharactersMax && /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(scope);
