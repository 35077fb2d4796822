// Who calls without a credential, to be given one for what the message shows. Nothing is allowed to it by any role.

import { userStreamOf } from '#application/user/user-stream.js';
import type { AccessTokenId, OrganizationId } from '#domain/ids.js';
import type { TokenPrincipal } from '#transport/implementation.js';

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
