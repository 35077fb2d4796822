import { checkAccessToken } from '#application/access-token/check-token.js';
import type { Application } from '#application/application.js';
import type { Refused } from '#application/caller.js';
import { checkSessionToken } from '#application/session/check-session-token.js';
import type { SessionId } from '#domain/ids.js';
import type { Assurance } from '#domain/session/assurance.js';
import type { Principal, SessionPrincipal } from '#transport/implementation.js';
import type { SessionRefusal } from '#transport/refusals.js';

const scheme = 'bearer ';

export type Authenticated =
  | { readonly kind: 'known'; readonly principal: Principal }
  /** The token is right, and its session has not shown everything that is asked of it. */
  | (Refused<SessionRefusal> & {
      readonly sessionId: SessionId;
      /** Whom it stands for as soon as a second factor is shown; null where more is missing. */
      readonly begun: SessionPrincipal | null;
    })
  | Refused<{ readonly code: 'unauthenticated' }>;

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
  const text = authorization.slice(scheme.length);
  return application.parts.secrets.parseSessionToken(text) === null
    ? byToken(application, text)
    : bySession(application, text);
}

/** Who is not authenticated is told what is missing: whoever has the token has begun to log in by it. */
async function bySession(application: Application, text: string): Promise<Authenticated> {
  const checked = await checkSessionToken(application, text);
  if (checked === null) return unauthenticated;
  const { sessionId, user, assurance } = checked;
  if (user === null) return notAuthenticated(sessionId, 'user');
  const { userStream, userId, organizationId, hasFactor } = user;
  const who = { via: 'session', userStream, userId, organizationId, sessionId, scopes: ofSessions } as const;
  if (assurance.level === 'none') {
    const begun = { ...who, assurance: 'may-complete', hasFactor, factorAt: null } as const;
    return notAuthenticated(sessionId, assurance.missing, begun);
  }
  const factorAt = assurance.level === 'authenticated' ? assurance.factorAt : null;
  return { kind: 'known', principal: { ...who, assurance: assurance.level, hasFactor, factorAt } };
}

const ofSessions = ['self'] as const;

function notAuthenticated(
  sessionId: SessionId,
  missing: Missing,
  begun: SessionPrincipal | null = null,
): Authenticated {
  switch (missing) {
    case 'session':
      return unauthenticated;
    case 'second-factor':
      return { kind: 'rejected', refusal: { code: 'second-factor-required' }, sessionId, begun };
    case 'user':
    case 'password':
      return {
        kind: 'rejected',
        refusal: { code: 'authentication-required', missing },
        sessionId,
        begun: null,
      };
  }
}

type Missing = Extract<Assurance, { readonly level: 'none' }>['missing'];

async function byToken(application: Application, text: string): Promise<Authenticated> {
  const checked = await checkAccessToken(application, text);
  return checked === null ? unauthenticated : { kind: 'known', principal: { via: 'token', ...checked } };
}
