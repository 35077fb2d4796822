import { describe, expect, it } from '@jest/globals';

import type { Position } from '#event-log/event-log.js';
import { users } from '#read-models/models/users.js';
import type { Place } from '#read-models/projection.js';

const place: Place = {
  stream: 'user-1',
  revision: 4,
  position: '0000000000000009' as Position,
  time: 1_000,
  organizationId: 'one',
  editor: null,
  callId: null,
  traceId: null,
  sessionId: null,
  userStream: 'user-1',
};
const tables = Object.keys(users.tables);

describe('the rows of users', () => {
  it.each(['user.removed', 'user.erased'] as const)('are all taken away by %s alone', (type) => {
    const changes = users.on[type]?.({ type } as never, place) ?? [];
    const ofUser = { organization_id: 'one', stream: 'user-1' };
    expect(changes).toEqual(
      tables.map((table) => ({
        change: 'remove',
        table,
        where: table === 'users' ? { stream: 'user-1' } : ofUser,
      })),
    );
  });

  it('are moved by every event of their stream, and by none of another', () => {
    const event = { type: 'user.locked' } as const;
    const cells = { sequence: 5, changed_at: 1_000 };
    expect(users.onEach?.(event, place)).toEqual([
      { change: 'set', table: 'users', where: { stream: 'user-1' }, cells },
    ]);
    expect(users.onEach?.(event, { ...place, stream: 'organization-1' })).toEqual([]);
  });

  it('stand in no index by what every event of their stream moves', () => {
    const { indexes = [], key = [] } = users.tables.users ?? {};
    const indexed = indexes.flatMap((index) => ('contains' in index ? [index.contains] : index.columns));
    const moved = Object.keys({ sequence: 5, changed_at: 1_000 });
    expect(indexed.length).toBeGreaterThan(10);
    expect([...key, ...indexed].filter((column) => moved.includes(column))).toEqual([]);
  });

  it('hold neither secrets nor what proves one', () => {
    const columns = Object.values(users.tables).flatMap((table) => Object.keys(table.columns));
    expect(columns.filter((column) => /secret|hash/.test(column))).toEqual(['key_hash', 'value_hash']);
  });
});
