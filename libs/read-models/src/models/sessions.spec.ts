import { describe, expect, it } from '@jest/globals';

import type { SessionEvent } from '#domain/session/events.js';
import { catalogue } from '#event-catalog/catalogue.js';
import type { Position } from '#event-log/event-log.js';
import { sessions } from '#read-models/models/sessions.js';
import type { Place, RowChange } from '#read-models/projection.js';

const place: Place = {
  stream: 'session-1',
  revision: 4,
  position: '0000000000000009' as Position,
  time: 1_000,
  organizationId: 'one',
  editor: 'login',
  callId: null,
  traceId: null,
  sessionId: '1',
  userStream: 'user-1',
};
const sealed = { user: '1', organizationId: 'one', sealed: 'sealed' };
const fields = {
  ...sealed,
  userAgent: sealed,
  metadata: sealed,
  fingerprintKey: 'key',
  userId: 'sealed',
  generation: 0,
  lifetimeSeconds: 60,
};
const types = Object.keys(catalogue.session) as SessionEvent['type'][];

const changesOf = (type: SessionEvent['type']): readonly RowChange[] =>
  sessions.on[type]?.({ type, ...fields } as never, place) ?? [];

describe('the rows of sessions', () => {
  it.each(types.filter((type) => type !== 'session.terminated'))('are moved by %s', (type) => {
    const [change] = changesOf(type);
    const cells =
      change === undefined
        ? {}
        : { ...('cells' in change && change.cells), ...('row' in change && change.row) };
    expect(cells).toMatchObject({ sequence: 5, changed_at: 1_000 });
  });

  it('are taken away when the session is terminated, which is the end of its stream', () => {
    expect(changesOf('session.terminated')).toEqual([
      { change: 'remove', table: 'sessions', where: { stream: 'session-1' } },
    ]);
    expect(sessions.endings).toContain('session.terminated');
  });

  it.each([
    'user.locked',
    'user.deactivated',
    'user.removed',
    'user.erased',
    'user.mfa.reset',
    'user.sessions.ended',
  ] as const)('count %s as an end of all sessions, also where it leaves no row of them', (type) => {
    const ofUser = { ...place, stream: 'user-1' };
    const row = { user_stream: 'user-1', place: place.position, except_session: null };
    const changes = sessions.on[type]?.({ type, except: null } as never, ofUser) ?? [];
    expect(changes.at(-1)).toEqual({ change: 'put', table: 'endings', row });
    const isGone = sessions.endings?.includes(type) ?? false;
    const removed = { change: 'remove', table: 'sessions', where: { user_stream: 'user-1' } };
    expect(changes.slice(0, -1)).toEqual(isGone ? [removed] : []);
  });

  it('are made without opening anything, so that an erasure reaches what is appended after it', () => {
    const all = types.flatMap(changesOf);
    expect(all.length).toBeGreaterThan(types.length - 1);
    expect(all.filter((change) => change.change !== 'remove' && change.openings !== undefined)).toEqual([]);
  });

  it('stand in no index by what their events move', () => {
    const { indexes = [], key = [] } = sessions.tables.sessions ?? {};
    const indexed = indexes.flatMap((index) => ('contains' in index ? [index.contains] : index.columns));
    expect(indexed.length).toBeGreaterThan(5);
    expect(
      [...key, ...indexed].filter((name) => /changed_at|sequence|checked_at|expires/.test(name)),
    ).toEqual([]);
  });

  it('hold no token, and no hash of one', () => {
    const columns = Object.values(sessions.tables).flatMap((table) => Object.keys(table.columns));
    expect(columns.filter((column) => /token|hash|secret/.test(column))).toEqual([]);
  });
});
