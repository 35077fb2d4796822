// Who calls without a credential, to be given one for what the message shows. Nothing is allowed to it by any role.

import type { Somebody } from '#application/session/find-user.js';
import { userStreamOf } from '#application/user/user-stream.js';
import type { AccessTokenId, OrganizationId, SessionId } from '#domain/ids.js';
import type { SessionPrincipal, TokenPrincipal } from '#transport/implementation.js';

/** As events name who began a session for a stranger. */
export const strangersEditor = 'login';

export const stranger: TokenPrincipal = {
  via: 'token',
  userStream: userStreamOf({ user: strangersEditor }),
  userId: null,
  tokenId: strangersEditor as AccessTokenId,
  organizationId: '' as OrganizationId,
  scopes: [],
  expiresAt: null,
};

/** Whom it has turned out to be, by what it showed: the session that stands for that has no id yet. */
export const foundToBe = ({ userId, userStream, organizationId }: Somebody): SessionPrincipal => ({
  via: 'session',
  userId,
  userStream,
  organizationId,
  sessionId: '' as SessionId,
  scopes: ['self'],
  assurance: 'may-complete',
  hasFactor: false,
  factorAt: null,
});
