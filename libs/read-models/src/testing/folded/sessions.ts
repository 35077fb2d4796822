import type { SessionId } from '#domain/ids.js';
import { sessionExpiry } from '#domain/session/decide.js';
import type { ActiveSession } from '#domain/session/state.js';
import { goesOn } from '#domain/user-sessions/decide.js';
import { decodeSessionEvent } from '#event-catalog/catalogue.js';
import { type EventLog, logStart, type RecordedEvent } from '#event-log/event-log.js';
import {
  type Answer,
  accepted,
  everyOrganization,
  type Listed,
  pageDefault,
  type Scope,
} from '#read-models/queries/queries.js';
import type { InstantMatch, SessionFilter } from '#read-models/queries/session-filter.js';
import type { SessionAnswer, SessionSearch, UserAgent } from '#read-models/queries/sessions.js';
import { type KnownUser, knownByStream } from '#read-models/testing/folded/known-user.js';
import type { FoldedSources } from '#read-models/testing/folded/sources.js';

/** In the order in which they were added. */
export async function listSessions(
  scope: Scope,
  { filters, isAscending, page }: SessionSearch,
  { application }: FoldedSources,
): Promise<Answer<Listed<SessionAnswer>, never>> {
  const streamId = (id: string) => application.parts.secrets.names.streamId(id);
  const streams = await streamsOfSessions(application.parts.log);
  const all = await Promise.all(streams.map((events) => knownSession(events, { application })));
  const meant = all
    .filter((session) => session !== null)
    .filter(({ organizationId }) => scope === everyOrganization || organizationId === scope)
    .filter((session) => filters.every((filter) => matches(filter, session, streamId)));
  const sorted = isAscending ? meant : meant.toReversed();
  const items = sorted.slice(page.offset, page.offset + (page.limit ?? pageDefault));
  return accepted({ items, total: sorted.length, isMore: false });
}

type Stream = readonly [RecordedEvent, ...RecordedEvent[]];

/** There are few. */
async function streamsOfSessions(log: EventLog): Promise<readonly Stream[]> {
  const streams = new Map<string, [RecordedEvent, ...RecordedEvent[]]>();
  let after = logStart;
  for (let count = 1; count > 0; ) {
    const events = await log.readAll({ direction: 'forward', after, limit: 500 });
    for (const event of events.filter(({ stream }) => stream.startsWith('session-'))) {
      const known = streams.get(event.stream);
      if (known === undefined) streams.set(event.stream, [event]);
      else known.push(event);
    }
    after = events.at(-1)?.position ?? after;
    count = events.length;
  }
  return [...streams.values()];
}

async function knownSession(events: Stream, { application }: FoldedSources): Promise<SessionAnswer | null> {
  const [first] = events;
  const { state, revision, changedAt } = await application.sessions.streams.current(first.stream);
  if (state.status !== 'active') return null;
  const sessionId = first.stream.slice('session-'.length) as SessionId;
  const user = state.user === null ? null : await knownByStream(application, `user-${state.user.user}`);
  if (state.user !== null) {
    if (user === null) return null;
    if (!goesOn(user.account.sessions, { sessionId, generation: state.user.generation })) return null;
  }
  const { surroundings } = application;
  const organizationId = state.user?.organizationId ?? String(first.metadata.organization);
  const settings =
    state.user === null
      ? surroundings.inherited()
      : (await surroundings.of(state.user.organizationId)).settings;
  return {
    sessionId,
    organizationId: organizationId as SessionAnswer['organizationId'],
    user: userOf(user, state),
    passwordAt: state.passwordAt,
    totpAt: state.totpAt,
    recoveryCodeAt: state.recoveryCodeAt,
    metadata: metadataOf(user, state, sessionId),
    userAgent: userAgentOf(user, first, sessionId),
    creator: String(first.metadata.editor),
    createdAt: state.createdAt,
    changedAt,
    sequence: revision + 1,
    expiresAt: sessionExpiry(state, { settings: await settings }),
  };
}

function userOf(user: KnownUser | null, { user: checked }: ActiveSession): SessionAnswer['user'] {
  if (user === null || checked === null) return null;
  return {
    userId: user.userId,
    organizationId: user.organizationId,
    loginName: user.username,
    displayName: user.displayName ?? user.profile.name ?? '',
    checkedAt: checked.checkedAt,
  };
}

function metadataOf(user: KnownUser | null, { metadata }: ActiveSession, sessionId: SessionId) {
  if (user === null || metadata === null) return [];
  const text = user.sealer.openText('session-metadata', metadata.sealed, sessionId);
  return Object.entries(JSON.parse(text) as Record<string, string>).map(([key, value]) => ({
    key,
    value: Buffer.from(value, 'base64'),
  }));
}

function userAgentOf(user: KnownUser | null, first: RecordedEvent, sessionId: SessionId): UserAgent | null {
  const added = decodeSessionEvent(first);
  if (user === null || added.type !== 'session.added' || added.userAgent === null) return null;
  return JSON.parse(user.sealer.openText('session-user-agent', added.userAgent.sealed, sessionId));
}

function matches(filter: SessionFilter, session: SessionAnswer, streamId: (id: string) => string): boolean {
  switch (filter.kind) {
    case 'ids':
      return filter.ids.includes(session.sessionId);
    case 'user':
      return session.user?.userId === filter.userId;
    case 'creator':
      return session.creator === streamId(filter.userId);
    case 'own':
      return session.user?.userId === filter.userId || session.creator === streamId(filter.userId);
    case 'fingerprint':
      return session.userAgent?.fingerprintId === filter.fingerprint;
    case 'creation-date':
      return compares(filter.match, session.createdAt);
    case 'expiration-date':
      return compares(filter.match, session.expiresAt);
  }
}

function compares({ value, method }: InstantMatch, instant: number): boolean {
  switch (method) {
    case 'equals':
      return instant === value;
    case 'greater':
      return instant > value;
    case 'greater-or-equals':
      return instant >= value;
    case 'less':
      return instant < value;
    case 'less-or-equals':
      return instant <= value;
  }
}
