import { checkAccessToken } from '#application/access-token/check-token.js';
import type { Application } from '#application/application.js';
import type { Principal } from '#transport/implementation.js';

const scheme = 'bearer ';

/**
 * Null for whatever is wrong with it, so that nobody learns what. A header that names no token at all is found
 * out at once: it has nothing that its time could tell of.
 */
export function authenticate(
  application: Application,
  authorization: string | null,
): Promise<Principal | null> | null {
  if (authorization === null || authorization.slice(0, scheme.length).toLowerCase() !== scheme) return null;
  return byToken(application, authorization.slice(scheme.length));
}

async function byToken(application: Application, text: string): Promise<Principal | null> {
  const checked = await checkAccessToken(application, text);
  return checked === null ? null : { via: 'token', ...checked };
}
