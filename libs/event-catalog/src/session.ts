import type { SealedOf, SessionEvent } from '#domain/session/events.js';
import type { UserSessionsEvent } from '#domain/user-sessions/events.js';
import type { Entries } from '#event-catalog/entry.js';
import {
  fingerprintKey,
  id,
  instant,
  integer,
  nullable,
  record,
  sealed,
  tokenHash,
} from '#event-catalog/fields.js';

/** Null where it was checked just before. */
const at = nullable(instant);
const sealedOf = record<SealedOf>({ user: id(), organizationId: id(), sealed: sealed() });

export const sessionEvents = {
  'session.added': {
    meaning: 'A session was begun, on this browser or app where that is known.',
    fields: { userAgent: nullable(sealedOf), fingerprintKey: nullable(fingerprintKey()) },
  },
  'session.user.checked': {
    meaning:
      'The session is for this user, and goes on for as long as nothing ends all sessions of the user.',
    fields: { user: id(), userId: sealed(), organizationId: id(), generation: integer, at },
  },
  'session.password.checked': {
    meaning: 'The password of the user was given: just before, or when it says.',
    fields: { at },
  },
  'session.totp.checked': {
    meaning: 'A TOTP code of the user was given: just before, or when it says.',
    fields: { at },
  },
  'session.recoveryCode.checked': {
    meaning: 'A recovery code of the user was given: just before, or when it says.',
    fields: { at },
  },
  'session.token.set': {
    meaning: 'A token was made for the session, and shown once; an earlier one is void.',
    fields: { hash: tokenHash },
  },
  'session.metadata.set': {
    meaning: 'What its maker notes down about the session is this, all of it.',
    fields: { metadata: sealedOf },
  },
  'session.lifetime.set': {
    meaning: 'The session expires when so many seconds have passed from now on, if it has not before.',
    fields: { lifetimeSeconds: integer },
  },
  'session.terminated': { meaning: 'The session was ended, and opens nothing any more.', fields: {} },
} satisfies Entries<SessionEvent>;

/** In the stream of the user. */
export const userSessionsEvents = {
  'user.sessions.ended': {
    meaning: 'All sessions of the user are over, but the one that they were ended in, where there was one.',
    fields: { except: nullable(id()) },
  },
} satisfies Entries<UserSessionsEvent>;
