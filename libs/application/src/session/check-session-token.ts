import type { Application } from '#application/application.js';
import { sealerOf, settingsFor } from '#application/session/sessions.js';
import { userStreamOf } from '#application/user/user-stream.js';
import { noAccount } from '#domain/account/state.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import { type Assurance, assuranceOf, hasSecondFactor, type Session } from '#domain/session/assurance.js';
import type { CheckedUser } from '#domain/session/state.js';

export interface CheckedSession {
  readonly sessionId: SessionId;
  /** What it is worth now; never that it is over. */
  readonly assurance: Assurance;
  /** Null before one was checked. */
  readonly user: SessionUser | null;
}

export interface SessionUser {
  readonly userStream: string;
  readonly userId: UserId;
  readonly organizationId: OrganizationId;
  /** That the session notes: with its id, what `sessionsEnded` keeps it by. */
  readonly generation: number;
  /** Whether there is a second factor that could be asked for. */
  readonly hasFactor: boolean;
}

/**
 * Which session this is a token of; null for whatever is wrong with it, or with the session, so that nobody learns
 * what. Nor by the time it takes: a secret is hashed and compared whether there is such a session or not, and a no
 * costs one read of the log, whether the session is unknown, known, or at hand.
 */
export async function checkSessionToken(
  application: Application,
  text: string,
): Promise<CheckedSession | null> {
  const { secrets } = application.parts;
  const parsed = secrets.parseSessionToken(text);
  if (parsed === null) return null;
  const sessionId = parsed.sessionId as SessionId;
  const stream = application.sessionStream(sessionId);
  const { streams } = application.sessions;
  const found = streams.current(stream);
  const { state } = found instanceof Promise ? await found : found;
  if (!secrets.sameSecret(parsed.secret, state.status === 'active' ? state.tokenHash : null)) {
    if (!(found instanceof Promise)) await streams.fresh(stream);
    return null;
  }
  const user = state.status === 'active' ? state.user : null;
  const session = { sessionId, state };
  const checked = await (user === null ? ofNobody(application, session) : ofUser(application, session, user));
  return checked === null || isOver(checked.assurance) ? null : checked;
}

const isOver = (assurance: Assurance): boolean =>
  assurance.level === 'none' && assurance.missing === 'session';

async function ofNobody(application: Application, session: Session): Promise<CheckedSession> {
  const settings = await settingsFor(application, null);
  const circumstances = { now: application.parts.clock(), settings, organization: 'unknown' } as const;
  const assurance = assuranceOf(session, noAccount, circumstances);
  return { sessionId: session.sessionId, assurance, user: null };
}

/** Whoever has no key any more is being erased. */
async function ofUser(
  application: Application,
  session: Session,
  user: CheckedUser,
): Promise<CheckedSession | null> {
  const { organizationId, generation } = user;
  const userStream = userStreamOf(user);
  const sealing = await sealerOf(application, { userStream, organizationId });
  if (sealing.kind === 'rejected') return null;
  const userId = sealing.sealer.openText('user-id', user.userId) as UserId;
  const { state: account } = await application.accounts.streams.current(userStream);
  const { settings, organization } = await application.surroundings.of(organizationId);
  const circumstances = { now: application.parts.clock(), settings, organization };
  const assurance = assuranceOf(session, account, circumstances);
  const hasFactor = hasSecondFactor(account);
  return {
    sessionId: session.sessionId,
    assurance,
    user: { userStream, userId, organizationId, generation, hasFactor },
  };
}
