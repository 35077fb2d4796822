import type { Application } from '#application/application.js';
import { userStreamOf } from '#application/user/user-stream.js';
import { tokenState } from '#domain/access-token/decide.js';
import type { AccessTokenId, Instant, OrganizationId, UserId } from '#domain/ids.js';
import { isAlive } from '#domain/user/state.js';

export interface CheckedToken {
  readonly userStream: string;
  /** Null where it was brought along and is not an id of ours: a stream is not named after those. */
  readonly userId: UserId | null;
  readonly tokenId: AccessTokenId;
  readonly organizationId: OrganizationId;
  readonly scopes: readonly string[];
  /** Null, and it lasts until it is removed. */
  readonly expiresAt: Instant | null;
}

/**
 * Whose token this is; null for whatever is wrong with it, so that nobody learns what. Nor by the time it takes:
 * a secret is hashed and compared whether there is such a token or not, and a no costs one read of the log,
 * whether its user is unknown, known, or at hand.
 */
export async function checkAccessToken(application: Application, text: string): Promise<CheckedToken | null> {
  const { secrets, clock } = application.parts;
  const parsed = secrets.parseAccessToken(text);
  if (parsed === null) return null;
  const userStream = userStreamOf({ user: parsed.userStream });
  const { streams } = application.accounts;
  const found = streams.current(userStream);
  const { state } = found instanceof Promise ? await found : found;
  const tokenId = parsed.tokenId as AccessTokenId;
  const token = tokenState(state, tokenId, clock());
  const isSame = secrets.sameSecret(parsed.secret, token.status === 'unknown' ? null : token.hash);
  if (!isSame || token.status !== 'valid' || !isAlive(state.user)) {
    if (!(found instanceof Promise)) await streams.fresh(userStream);
    return null;
  }
  const { organizationId } = state.user;
  const around = application.surroundings.of(organizationId);
  const { organization } = around instanceof Promise ? await around : around;
  if (organization !== 'active') return null;
  const isOurs = secrets.names.streamId(parsed.userStream) === parsed.userStream;
  const userId = isOurs ? (parsed.userStream as UserId) : null;
  return { userStream, userId, tokenId, organizationId, scopes: token.scopes, expiresAt: token.expiresAt };
}
