import type { Application } from '#application/application.js';
import { tokenState } from '#domain/access-token/decide.js';
import type { AccessTokenId, OrganizationId, UserId } from '#domain/ids.js';
import { isAlive } from '#domain/user/state.js';

export interface CheckedToken {
  readonly userStream: string;
  /** Null where it was brought along and is not an id of ours: a stream is not named after those. */
  readonly userId: UserId | null;
  readonly tokenId: AccessTokenId;
  readonly organizationId: OrganizationId;
  readonly scopes: readonly string[];
}

/** Whose token this is; null for whatever is wrong with it, so that nobody learns what. */
export async function checkAccessToken(application: Application, text: string): Promise<CheckedToken | null> {
  const { secrets, clock } = application.parts;
  const parsed = secrets.parseAccessToken(text);
  if (parsed === null) return null;
  const userStream = `user-${parsed.userStream}`;
  const { streams } = application.accounts;
  const { state } = await streams.current(userStream);
  const tokenId = parsed.tokenId as AccessTokenId;
  const token = tokenState(state, tokenId, clock());
  if (token.status !== 'valid' || !isAlive(state.user)) return null;
  if (!secrets.sameHash(secrets.hashToken(parsed.secret), token.hash)) return null;
  const { organizationId } = state.user;
  const { organization } = await application.surroundings.of(organizationId);
  if (organization !== 'active') return null;
  const isOurs = secrets.names.streamId(parsed.userStream) === parsed.userStream;
  const userId = isOurs ? (parsed.userStream as UserId) : null;
  return { userStream, userId, tokenId, organizationId, scopes: token.scopes };
}
