// What a session says of itself. Whether its user still is what it thinks is not known in its stream: that is for
// `assuranceOf`, each time.

import { accept, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { FingerprintKey, Instant } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { SealedOf, SessionEvent } from '#domain/session/events.js';
import type { ActiveSession, CheckedUser, SessionState } from '#domain/session/state.js';

/** What was shown for the user of a session. */
export type SessionFactor = 'password' | 'totp' | 'recovery-code';

export type SessionEndedRefusal =
  /** There never was a session of this id. */
  | { readonly code: 'session-not-found' }
  /** It was ended, by itself or with all of its user's. */
  | { readonly code: 'session-terminated' }
  /** Its lifetime is over, or the longest that any may have. */
  | { readonly code: 'session-expired' };

export type TerminateSessionRefusal = Extract<SessionEndedRefusal, { code: 'session-not-found' }>;

/** What is about a user can be checked, or noted down, where it is known about whom. */
export interface SessionUserMissing {
  readonly code: 'session-user-missing';
  readonly field: SessionFactor | 'metadata' | 'user-agent';
}

/** Nothing would be left of what was shown for the one before. */
export interface SessionUserChange {
  readonly code: 'session-user-change';
}

export interface SessionLifetimeRefusal {
  readonly code: 'session-lifetime-out-of-range';
  readonly minimum: number;
  readonly maximum: number;
}

export type SessionChangeRefusal = SessionUserMissing | SessionUserChange | SessionLifetimeRefusal;

export type AddSessionRefusal =
  | SessionChangeRefusal
  /** The same call made it, longer ago than a repeat is answered. */
  | { readonly code: 'session-already-exists' };

export interface CheckedFactor {
  readonly factor: SessionFactor;
  /** Null for now. */
  readonly at: Instant | null;
}

export interface UserToNote extends Omit<CheckedUser, 'checkedAt'> {
  /** Null for now. */
  readonly at: Instant | null;
}

export interface SessionChanges {
  readonly user: UserToNote | null;
  /** In the order in which they were checked. */
  readonly checked: readonly CheckedFactor[];
  readonly metadata: SealedOf | null;
  readonly lifetimeSeconds: number | null;
  /** Of the token that is good from then on. */
  readonly tokenHash: string;
}

export interface NewSession extends SessionChanges {
  readonly userAgent: SealedOf | null;
  readonly fingerprintKey: FingerprintKey | null;
}

export interface SessionFacts {
  readonly now: Instant;
  /** Of the organization of the user, as far as there is one. */
  readonly settings: Pick<Settings, 'sessionLifetimeSecondsDefault' | 'sessionLifetimeSecondsMax'>;
}

export function addSession(
  session: SessionState,
  { userAgent, fingerprintKey, ...changes }: NewSession,
  facts: SessionFacts,
): Decision<SessionEvent, AddSessionRefusal> {
  if (session.status !== 'unknown') return reject({ code: 'session-already-exists' });
  const refusal = unchangeable(null, { ...changes, userAgent }, facts);
  if (refusal !== null) return reject(refusal);
  const lifetimeSeconds = changes.lifetimeSeconds ?? facts.settings.sessionLifetimeSecondsDefault;
  return accept(
    { type: 'session.added', userAgent, fingerprintKey },
    ...changed(null, { ...changes, lifetimeSeconds }),
  );
}

/** Nothing to change is no change: the token stays what it was. */
export function changeSession(
  session: SessionState,
  changes: SessionChanges,
  facts: SessionFacts,
): Decision<SessionEvent, SessionEndedRefusal | SessionChangeRefusal> {
  const found = runningSession(session, facts);
  if (found.kind === 'rejected') return reject(found.refusal);
  const refusal = unchangeable(found.session.user, { ...changes, userAgent: null }, facts);
  if (refusal !== null) return reject(refusal);
  return accept(...changed(found.session, changes));
}

/** Shown to the user's stream, in this session: its token stays what it was. */
export const noteTotp = (session: SessionState, at: Instant | null): Decision<SessionEvent, never> =>
  session.status === 'active' ? accept(...factorsChecked(session, [{ factor: 'totp', at }])) : accept();

/** What has ended need not be ended. */
export function terminateSession(session: SessionState): Decision<SessionEvent, TerminateSessionRefusal> {
  if (session.status === 'unknown') return reject({ code: 'session-not-found' });
  return session.status === 'active' ? accept({ type: 'session.terminated' }) : accept();
}

/** The session, as far as its own stream says that it goes on, or why it does not. */
export function runningSession(
  session: SessionState,
  facts: SessionFacts,
): { readonly kind: 'running'; readonly session: ActiveSession } | Rejected<SessionEndedRefusal> {
  if (session.status === 'unknown') return refused('session-not-found');
  if (session.status === 'terminated') return refused('session-terminated');
  if (facts.now >= sessionExpiry(session, facts)) return refused('session-expired');
  return { kind: 'running', session };
}

/** Its own lifetime counts from when it was set, the longest one from the beginning. */
export function sessionExpiry(
  { createdAt, expiresAt }: ActiveSession,
  { settings }: Pick<SessionFacts, 'settings'>,
): Instant {
  return Math.min(expiresAt ?? Infinity, createdAt + settings.sessionLifetimeSecondsMax * 1_000);
}

/** Why none of the changes can be made to a session of this user; it can be asked before anything is checked. */
export function unchangeable(
  present: Pick<CheckedUser, 'user'> | null,
  { user, checked, metadata, userAgent, lifetimeSeconds }: Unchecked,
  { settings }: Pick<SessionFacts, 'settings'>,
): SessionChangeRefusal | null {
  if (present !== null && user !== null && present.user !== user.user) return { code: 'session-user-change' };
  const isNamed = present !== null || user !== null;
  const [first] = checked;
  const field =
    first?.factor ?? (metadata === null ? null : 'metadata') ?? (userAgent === null ? null : 'user-agent');
  if (!isNamed && field !== null) return { code: 'session-user-missing', field };
  const maximum = settings.sessionLifetimeSecondsMax;
  if (lifetimeSeconds !== null && !(lifetimeSeconds >= 1 && lifetimeSeconds <= maximum))
    return { code: 'session-lifetime-out-of-range', minimum: 1, maximum };
  return null;
}

interface Unchecked extends Pick<SessionChanges, 'lifetimeSeconds'> {
  readonly user: Pick<CheckedUser, 'user'> | null;
  readonly checked: readonly Pick<CheckedFactor, 'factor'>[];
  readonly metadata: unknown;
  readonly userAgent: unknown;
}

const noted = {
  password: { type: 'session.password.checked', at: 'passwordAt' },
  totp: { type: 'session.totp.checked', at: 'totpAt' },
  'recovery-code': { type: 'session.recoveryCode.checked', at: 'recoveryCodeAt' },
} as const satisfies Record<SessionFactor, { type: SessionEvent['type']; at: keyof ActiveSession }>;

function changed(
  session: ActiveSession | null,
  { user, checked, metadata, lifetimeSeconds, tokenHash }: SessionChanges,
): readonly SessionEvent[] {
  const events: SessionEvent[] = [];
  if (user !== null) events.push(userChecked(user));
  events.push(...factorsChecked(session, checked));
  if (metadata !== null) events.push({ type: 'session.metadata.set', metadata });
  if (lifetimeSeconds !== null) events.push({ type: 'session.lifetime.set', lifetimeSeconds });
  if (events.length > 0) events.push({ type: 'session.token.set', hash: tokenHash });
  return events;
}

const userChecked = ({ user, userId, organizationId, generation, at }: UserToNote): SessionEvent => ({
  type: 'session.user.checked',
  user,
  userId,
  organizationId,
  generation,
  at,
});

/** What was checked before is not noted over what was checked since. */
const factorsChecked = (
  session: ActiveSession | null,
  checked: readonly CheckedFactor[],
): readonly SessionEvent[] =>
  checked
    .filter(({ factor, at }) => at === null || at > (session?.[noted[factor].at] ?? -Infinity))
    .map(({ factor, at }) => ({ type: noted[factor].type, at }));

const refused = <Code extends string>(code: Code) => ({ kind: 'rejected', refusal: { code } }) as const;
