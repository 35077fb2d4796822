// What every event of a user moves must cost a row, and none of the many indexes that lead to it, nor other rows.

import { expect, it } from '@jest/globals';
import { sql } from 'kysely';

import type { Position } from '#event-log/event-log.js';
import { users } from '#read-models/models/users.js';
import type { ModelStore, OpenedChange } from '#read-models/store.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });
const everyColumn = Object.entries(users.tables.users?.columns ?? {});
const user = (stream: string): OpenedChange => ({
  change: 'put',
  table: 'users',
  row: Object.fromEntries([
    ...everyColumn.map(([name, { kind }]) => [name, kind === 'integer' ? 1 : `${name} of ${stream}`]),
    ['stream', stream],
  ]),
});
const moved = (stream: string): OpenedChange => ({
  change: 'set',
  table: 'users',
  where: { stream },
  cells: { sequence: 2, changed_at: 2 },
});

async function countedOf(store: ModelStore): Promise<Record<string, unknown>> {
  // What the one connection did is counted once this transaction has ended.
  await store.read(({ db }) => sql`SELECT pg_stat_force_next_flush()`.execute(db));
  return store.read(async ({ db, tableOf }) => {
    const { rows } = await sql<Record<string, unknown>>`
      SELECT n_tup_upd AS all, n_tup_hot_upd AS within_their_page, seq_tup_read AS read_through
        FROM pg_stat_user_tables WHERE relname = ${tableOf('users', 'users')}`.execute(db);
    return rows[0] ?? {};
  });
}

describeOnPostgres('users in PostgreSQL', (server) => {
  it('are moved by an event without a word to any index', async () => {
    const store = await openPostgresStore({ url: await server().createDatabase(), connections: 1 });
    const build = await store.open(users);
    const streams = Array.from({ length: 200 }, (_, number) => `user-${number}`);
    await store.apply({ build, changes: streams.map(user), from: null, to: at(1) });
    const chosen = streams.filter((_, index) => index % 20 === 0);
    for (const [index, stream] of chosen.entries())
      await store.apply({ build, changes: [moved(stream)], from: at(index + 1), to: at(index + 2) });
    const { all, within_their_page } = await countedOf(store);
    expect({ all, within_their_page }).toEqual({ all: chosen.length, within_their_page: chosen.length });
    await store.close();
  });
  it('are found by their keys while nothing is known of how many there are', async () => {
    const store = await openPostgresStore({ url: await server().createDatabase(), connections: 1 });
    const build = await store.open(users);
    const streams = Array.from({ length: 2_000 }, (_, number) => `user-${number}`);
    await store.apply({ build, changes: streams.map(user), from: null, to: at(1) });
    const before = await countedOf(store);
    const chosen = streams.slice(0, 500);
    await store.apply({ build, changes: chosen.map(moved), from: at(1), to: at(2) });
    expect(await countedOf(store)).toMatchObject({ all: 500, read_through: before.read_through });
    await store.close();
  });
});
