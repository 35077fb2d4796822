import { checkAccessToken } from '#application/access-token/check-token.js';
import type { Application } from '#application/application.js';
import type { Refused } from '#application/caller.js';
import type { Principal } from '#transport/implementation.js';
import type { SessionRefusal } from '#transport/refusals.js';

const scheme = 'bearer ';

export type Authenticated =
  | { readonly kind: 'known'; readonly principal: Principal }
  | Refused<SessionRefusal | { readonly code: 'unauthenticated' }>;

const unauthenticated: Authenticated = { kind: 'rejected', refusal: { code: 'unauthenticated' } };

/**
 * The same refusal for whatever is wrong with it, so that nobody learns what. A header that names no token at all is found
 * out at once: it has nothing that its time could tell of.
 */
export function authenticate(
  application: Application,
  authorization: string | null,
): Authenticated | Promise<Authenticated> {
  if (authorization === null || authorization.slice(0, scheme.length).toLowerCase() !== scheme)
    return unauthenticated;
  return byToken(application, authorization.slice(scheme.length));
}

async function byToken(application: Application, text: string): Promise<Authenticated> {
  const checked = await checkAccessToken(application, text);
  return checked === null ? unauthenticated : { kind: 'known', principal: { via: 'token', ...checked } };
}
