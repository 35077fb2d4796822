// What goes wrong around a store in PostgreSQL, and how it is told.

import { setTimeout as pause } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { sql } from 'kysely';

import type { Position } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import { openPostgresStore } from '#read-models/stores/postgres/postgres-model-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const letters: Projection = {
  name: 'letters',
  version: 1,
  tables: {
    texts: {
      columns: { id: { kind: 'text' }, text: { kind: 'text' } },
      key: ['id'],
      indexes: [{ contains: 'text' }],
    },
  },
  on: {},
};

const at = (events: number) => ({ log: 'a', position: String(events) as Position, events });
const put = (id: string, text = id) => [{ change: 'put', table: 'texts', row: { id, text } }] as const;
const failure = (code: string, reason: RegExp) => ({
  name: 'ModelStoreError',
  code,
  message: expect.stringMatching(reason),
});

describeOnPostgres('around read models in PostgreSQL', (server) => {
  let url: string;
  beforeEach(async () => {
    url = await server().createDatabase();
  });

  it('a server that goes away is told as unavailable, and what was acknowledged is there when it is back', async () => {
    const troubles: string[] = [];
    const store = await openPostgresStore({ url, onTrouble: (text) => troubles.push(text) });
    const build = await store.open(letters);
    await store.apply({ build, changes: put('a'), from: null, to: at(1) });
    await server().interrupt('fast');
    const next = { build, changes: put('b'), from: at(1), to: at(2) };
    await expect(store.apply(next)).rejects.toMatchObject(failure('unavailable', /./));
    await expect(store.read(async () => 1)).rejects.toMatchObject(failure('unavailable', /./));
    await expect(store.builds()).rejects.toMatchObject(failure('unavailable', /./));
    await server().resume();
    await store.apply(next);
    expect(await store.checkpoint(build)).toEqual(at(2));
    expect(await store.digest(build, 'texts')).toMatchObject({ rows: 2 });
    expect(troubles.join()).toMatch(/^a connection to the read models broke/);
    await store.close();
  }, 60_000);

  it('a connection that is lost within a transaction leaves neither rows nor a checkpoint, and no connection behind', async () => {
    const store = await openPostgresStore({ url, connections: 1 });
    await store.open(letters);
    const reading = store.read(async ({ db }) => {
      await server().administer(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        url,
      );
      await sql`SELECT 1`.execute(db);
    });
    await expect(reading).rejects.toMatchObject(failure('unavailable', /./));
    expect(await store.read(async ({ checkpointOf }) => checkpointOf('letters'))).toBeNull();
    await store.close();
  });

  it('what cannot be parked leaves neither rows nor a checkpoint', async () => {
    const store = await openPostgresStore({ url });
    const build = await store.open(letters);
    const parked = {
      position: '1' as Position,
      error: 'a zero that PostgreSQL does not keep: \0',
      attempts: 1,
    };
    const batch = {
      build,
      changes: put('a'),
      from: null,
      to: at(1),
      parking: [{ stream: 'user-1', parked }],
    };
    await expect(store.apply(batch)).rejects.toMatchObject({ name: 'RowRefused' });
    expect(await store.checkpoint(build)).toBeNull();
    expect(await store.digest(build, 'texts')).toMatchObject({ rows: 0 });
    await store.close();
  });

  it('a query that takes too long is ended, and the next one has its connection', async () => {
    const store = await openPostgresStore({ url, connections: 1, statementTimeoutMs: 300 });
    const slow = store.read(({ db }) => sql`SELECT pg_sleep(60)`.execute(db));
    await expect(slow).rejects.toMatchObject(failure('too-slow', /statement timeout/));
    expect(await store.builds()).toEqual([]);
    await store.close();
  });

  it('rows are held still for longer than a transaction may otherwise be idle', async () => {
    const store = await openPostgresStore({ url: `${url}?idle_in_transaction_session_timeout=200` });
    const build = await store.open(letters);
    await store.apply({ build, changes: put('a'), from: null, to: at(1) });
    const still = await store.hold(build, async ({ digest }) => {
      await pause(1_000);
      return digest('texts');
    });
    expect(still).toMatchObject({ rows: 1 });
    const idle = store.read(async ({ db }) => {
      await pause(1_000);
      await sql`SELECT 1`.execute(db);
    });
    await expect(idle).rejects.toMatchObject(failure('unavailable', /./));
    await store.close();
  });

  it('what a query itself throws is thrown as it is', async () => {
    const store = await openPostgresStore({ url });
    await expect(store.read(() => Promise.reject(new RangeError('no such page')))).rejects.toThrow(
      RangeError,
    );
    await store.close();
  });

  it('several servers that start at once make the tables once', async () => {
    const stores = await Promise.all(Array.from({ length: 3 }, () => openPostgresStore({ url })));
    const builds = await Promise.all(stores.map((store) => store.open(letters)));
    expect(new Set(builds.map(({ build }) => build)).size).toBe(1);
    expect(await stores[0]?.builds()).toHaveLength(1);
    await Promise.all(stores.map((store) => store.close()));
  });

  it("a schema that is somebody else's is refused, and left as it is", async () => {
    await server().administer('CREATE SCHEMA read_models CREATE TABLE books (number int)', url);
    await expect(openPostgresStore({ url })).rejects.toMatchObject(
      failure('damaged', /somebody else's; give Countersign a database of its own$/),
    );
    expect((await server().administer('SELECT * FROM read_models.books', url)).rows).toEqual([]);
  });

  it('a role without the rights is told which statement gives them, one after the other', async () => {
    const role = `r${Math.random().toString(36).slice(2)}`;
    await server().administer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const own = server().url(new URL(url).pathname.slice(1), role, 'secret');
    const refused = (reason: RegExp) =>
      expect(openPostgresStore({ url: own })).rejects.toMatchObject(failure('unavailable', reason));
    await refused(/let an administrator of the database run CREATE SCHEMA read_models AUTHORIZATION <role>$/);
    await server().administer(`CREATE SCHEMA read_models AUTHORIZATION ${role}`, url);
    await refused(/let an administrator of the database run CREATE EXTENSION pg_trgm$/);
    await server().administer('CREATE EXTENSION pg_trgm', url);
    const store = await openPostgresStore({ url: own });
    const build = await store.open(letters);
    await store.apply({ build, changes: put('a'), from: null, to: at(1) });
    expect(await store.digest(build, 'texts')).toMatchObject({ rows: 1 });
    await store.close();
  });

  it('a password stands in no message', async () => {
    const wrong = server().url('postgres', 'postgres', 'canary-of-a-password');
    const error = await openPostgresStore({ url: wrong }).catch((caught: unknown) => caught);
    expect(error).toMatchObject(failure('unavailable', /password authentication failed/));
    expect(JSON.stringify([String(error), (error as Error).stack])).not.toContain('canary');
  });

  it('a text is looked for by the index of groups of three', async () => {
    const store = await openPostgresStore({ url });
    const build = await store.open(letters);
    const many = Array.from({ length: 3_000 }, (_, index) =>
      put(`t${index}`, `Mail${index}@Example.com`),
    ).flat();
    await store.apply({ build, changes: many, from: null, to: at(1) });
    await server().administer('ANALYZE', url);
    const sought = { projection: 'letters', table: 'texts', column: 'text', text: 'AIL2999@ex' };
    const plan = await store.read(async ({ db, tableOf, mayContain }) => {
      // A table of a spec is small enough to be read whole.
      await sql`SET LOCAL enable_seqscan = off`.execute(db);
      return JSON.stringify(
        await db.selectFrom(tableOf('letters', 'texts')).where(mayContain(sought)).selectAll().explain(),
      );
    });
    expect(plan).toContain('Bitmap Index Scan');
    await store.close();
  });
});
