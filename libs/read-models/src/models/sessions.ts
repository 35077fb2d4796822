// Sessions as they are listed. What is sealed in them stays sealed in the row: a session may be written to in the very
// moment in which its user is erased, and nobody can open what is left then. Which of them their user has ended is told
// by counting, as the domain does it, so that it does not matter in which order the two streams come here.

import { integer, moved, orNull, text } from '#read-models/models/cells.js';
import type { Place, Projection, Removal, Row, RowChange, Table } from '#read-models/projection.js';

const sessionsTable: Table = {
  columns: {
    stream: text,
    session_id: text,
    /** Of its user; before there is one, of whoever made it. */
    organization_id: text,
    /** Null until its user is checked, and so is the generation. */
    user_stream: orNull(text),
    generation: orNull(integer),
    creator: orNull(text),
    fingerprint_key: orNull(text),
    /** Sealed, as the metadata are. */
    user_agent: orNull(text),
    metadata: orNull(text),
    user_checked_at: orNull(integer),
    password_checked_at: orNull(integer),
    totp_checked_at: orNull(integer),
    recovery_code_checked_at: orNull(integer),
    created_at: integer,
    changed_at: integer,
    sequence: integer,
    /** By its own lifetime alone: the longest that any may have is a setting. */
    expires_at: orNull(integer),
    /** Where it was added to the log. */
    place: text,
  },
  key: ['stream'],
  indexes: [
    { columns: ['place'] },
    { columns: ['organization_id', 'place'] },
    { columns: ['user_stream', 'place'] },
    { columns: ['creator', 'place'] },
    { columns: ['fingerprint_key', 'place'] },
    { columns: ['created_at'] },
  ],
};

/**
 * Each is the end of all sessions of a user but one, and begins the next generation of them. They stay when the user is
 * gone: whoever is added again under the same id goes on counting.
 */
const endingsTable: Table = {
  columns: { user_stream: text, place: text, except_session: orNull(text) },
  key: ['user_stream', 'place'],
};

const set = (place: Place, cells: Row = {}): readonly RowChange[] => [
  { change: 'set', table: 'sessions', where: { stream: place.stream }, cells: { ...moved(place), ...cells } },
];

const ended = (place: Place, except: string | null = null): readonly RowChange[] => [
  {
    change: 'put',
    table: 'endings',
    row: { user_stream: place.stream, place: place.position, except_session: except },
  },
];

const withoutUser = (place: Place): readonly RowChange[] => [
  ...without({ user_stream: place.stream }),
  ...ended(place),
];

const ofOrganization = ({ organizationId }: Place) => ({ organization_id: organizationId ?? '' });

const without = (where: Row): readonly Removal[] => [{ change: 'remove', table: 'sessions', where }];

export const sessions: Projection = {
  name: 'sessions',
  version: 2,
  tables: { sessions: sessionsTable, endings: endingsTable },
  on: {
    'session.added': ({ userAgent, fingerprintKey }, place) => [
      {
        change: 'put',
        table: 'sessions',
        row: {
          stream: place.stream,
          session_id: place.stream.slice('session-'.length),
          organization_id: place.organizationId ?? '',
          creator: place.editor,
          fingerprint_key: fingerprintKey,
          user_agent: userAgent?.sealed ?? null,
          created_at: place.time,
          ...moved(place),
          place: place.position,
        },
      },
    ],
    'session.user.checked': ({ user, organizationId, generation, at }, place) =>
      set(place, {
        organization_id: organizationId,
        user_stream: `user-${user}`,
        generation,
        user_checked_at: at ?? place.time,
      }),
    'session.password.checked': ({ at }, place) => set(place, { password_checked_at: at ?? place.time }),
    'session.totp.checked': ({ at }, place) => set(place, { totp_checked_at: at ?? place.time }),
    'session.recoveryCode.checked': ({ at }, place) =>
      set(place, { recovery_code_checked_at: at ?? place.time }),
    'session.token.set': (_, place) => set(place),
    'session.metadata.set': ({ metadata }, place) => set(place, { metadata: metadata.sealed }),
    'session.lifetime.set': ({ lifetimeSeconds }, place) =>
      set(place, { expires_at: place.time + lifetimeSeconds * 1_000 }),
    'session.terminated': (_, place) => without({ stream: place.stream }),
    'user.sessions.ended': ({ except }, place) => ended(place, except),
    'user.locked': (_, place) => ended(place),
    'user.deactivated': (_, place) => ended(place),
    'user.mfa.reset': (_, place) => ended(place),
    'user.removed': (_, place) => withoutUser(place),
    'user.erased': (_, place) => withoutUser(place),
    'org.removed': (_, place) => without(ofOrganization(place)),
  },
  endings: ['session.terminated', 'user.removed', 'user.erased', 'org.removed'],
  erasures: ['user.erased'],
  reaches: {
    'user.removed': (_, place, stream) => without({ stream, user_stream: place.stream }),
    'user.erased': (_, place, stream) => without({ stream, user_stream: place.stream }),
    'org.removed': (_, place, stream) => without({ stream, ...ofOrganization(place) }),
  },
};
