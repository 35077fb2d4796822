// Erased is erased as far as PostgreSQL can: from every file but its WAL at once, and from that when the server is done
// with it. ADR 31 says what an operator does about the rest.

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';

import { PostgresKeyStore } from '#key-store-postgres/postgres-key-store.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { sampleKey } from '#secrets/contract/samples.js';
import type { KeyStore, WrappedKey } from '#secrets/key-store.js';

const isUnavailable = (reason: RegExp) => ({
  name: 'KeyStoreError',
  code: 'unavailable',
  message: expect.stringMatching(reason),
});

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(directory, path), { throwIfNoEntry: false })?.isFile(),
  );
}

describeOnPostgres('a key that was erased from PostgreSQL', (server) => {
  let url: string;
  let store: KeyStore;
  beforeEach(async () => {
    url = await server().createDatabase();
    store = await PostgresKeyStore.open({ url });
  });
  afterEach(() => store.close());

  /** Names of the files that have a piece of the key in them, when everything that waits in memory was written. */
  async function filesWith({ wrapped }: WrappedKey): Promise<string[]> {
    await server().administer('CHECKPOINT');
    const piece = Buffer.from(wrapped.subarray(20, 40));
    const directory = server().dataDirectory;
    return filesBelow(directory).filter((path) => readFileSync(join(directory, path)).includes(piece));
  }

  const isWal = (path: string): boolean => path.startsWith('pg_wal/');

  it('stands in no file but those of the WAL, in none of its wrappings, and the others stay', async () => {
    const keys = Array.from({ length: 40 }, (_, index) => sampleKey({ subject: `user-${index}` }));
    for (const key of keys) await store.add(key);
    const [first, second] = keys as [WrappedKey, WrappedKey];
    const again = { ...first, masterKeyId: 'm2', wrapped: sampleKey().wrapped };
    await store.rewrap(first, again);
    for (const key of [first, again, second])
      expect((await filesWith(key)).filter((path) => !isWal(path))).toHaveLength(1);
    expect(await store.erase(first.subject)).toBe(true);
    for (const key of [first, again])
      expect((await filesWith(key)).filter((path) => !isWal(path))).toEqual([]);
    for (const { subject } of keys.slice(1)) expect(await store.get(subject)).toMatchObject({ subject });
  });

  it('stands in no file at all when the server goes on to new ones for its WAL and does not use old ones again', async () => {
    await server().administer('ALTER SYSTEM SET wal_recycle = off');
    await server().administer('SELECT pg_reload_conf()');
    const key = sampleKey();
    await store.add(key);
    await store.erase(key.subject);
    expect(await filesWith(key)).not.toEqual([]);
    for (let round = 0; round < 2; round += 1) {
      await server().administer(
        'CREATE TABLE IF NOT EXISTS written (at timestamptz); INSERT INTO written VALUES (now())',
      );
      await server().administer('SELECT pg_switch_wal()');
      await server().administer('CHECKPOINT');
    }
    expect(await filesWith(key)).toEqual([]);
  });

  it('is not acknowledged while a backup reads where it stood; it is served to nobody, and the next call finishes', async () => {
    const key = sampleKey();
    await store.add(key);
    const backup = new pg.Client({ connectionString: url });
    await backup.connect();
    await backup.query('BEGIN; SELECT count(*) FROM keys.data_keys');
    await expect(store.erase(key.subject)).rejects.toMatchObject(isUnavailable(/lock timeout$/));
    expect(await store.get(key.subject)).toBeNull();
    await backup.end();
    expect(await store.erase(key.subject)).toBe(false);
    expect((await filesWith(key)).filter((path) => !isWal(path))).toEqual([]);
  });

  it('is gone after the next start when whoever erased it was cut short', async () => {
    const key = sampleKey();
    await store.add(key);
    const backup = new pg.Client({ connectionString: url });
    await backup.connect();
    await backup.query('BEGIN; SELECT count(*) FROM keys.data_keys');
    await expect(store.erase(key.subject)).rejects.toMatchObject({ code: 'unavailable' });
    await backup.end();
    await store.close();
    store = await PostgresKeyStore.open({ url });
    expect((await filesWith(key)).filter((path) => !isWal(path))).toEqual([]);
  });
});

describeOnPostgres('the keys in PostgreSQL', (server) => {
  it('are unavailable where the server dies while one is erased, and the next start finishes', async () => {
    const url = await server().createDatabase();
    const store = await PostgresKeyStore.open({ url });
    const key = sampleKey();
    await store.add(key);
    const backup = new pg.Client({ connectionString: url });
    const ended = new Promise((resolve) => backup.once('error', resolve));
    await backup.connect();
    await backup.query('BEGIN; SELECT count(*) FROM keys.data_keys');
    const erasing = store.erase(key.subject).catch((error: unknown) => error);
    const waiting = async () =>
      (await server().administer('SELECT FROM pg_locks WHERE NOT granted')).rowCount === 1;
    while (!(await waiting())) await delay(20);
    await server().interrupt();
    expect(await erasing).toMatchObject({ name: 'KeyStoreError', code: 'unavailable' });
    await ended;
    await store.close();
    await server().resume();
    const again = await PostgresKeyStore.open({ url });
    expect(await again.get(key.subject)).toBeNull();
    expect((await server().administer('SELECT FROM keys.to_write_anew', url)).rowCount).toBe(0);
    await again.close();
  }, 60_000);

  it('are unavailable while the server is away, and there again with it', async () => {
    const troubles: string[] = [];
    const url = await server().createDatabase();
    const store = await PostgresKeyStore.open({ url, onTrouble: (text) => troubles.push(text) });
    const key = sampleKey();
    await store.add(key);
    await server().interrupt();
    await expect(store.get(key.subject)).rejects.toMatchObject({
      name: 'KeyStoreError',
      code: 'unavailable',
    });
    await expect(store.add(sampleKey())).rejects.toMatchObject({ code: 'unavailable' });
    await server().resume();
    expect(await store.get(key.subject)).toMatchObject({ keyId: key.keyId });
    expect(troubles.join()).toMatch(/^a connection to the key store broke/);
    await store.close();
  }, 60_000);

  it('are made by several that start at once', async () => {
    const url = await server().createDatabase();
    const stores = await Promise.all(Array.from({ length: 3 }, () => PostgresKeyStore.open({ url })));
    const key = sampleKey();
    await stores[0]?.add(key);
    expect(await stores[2]?.get(key.subject)).toMatchObject({ keyId: key.keyId });
    await Promise.all(stores.map((store) => store.close()));
  });

  it('are waited for where another server that started is slow to make them', async () => {
    const url = await server().createDatabase();
    const slow = new pg.Client({ connectionString: url });
    await slow.connect();
    await slow.query('BEGIN; SELECT pg_advisory_xact_lock(7346021150)');
    const opening = PostgresKeyStore.open({ url });
    const waited = await Promise.race([opening.then(() => 'opened'), delay(3_000, 'waits', { ref: false })]);
    expect(waited).toBe('waits');
    await slow.end();
    await (await opening).close();
  });

  it("are not kept where the schema is somebody else's, which is left as it is", async () => {
    const url = await server().createDatabase();
    await server().administer('CREATE SCHEMA keys CREATE TABLE doors (number int)', url);
    await expect(PostgresKeyStore.open({ url })).rejects.toMatchObject({
      code: 'damaged',
      message: expect.stringMatching(/the schema "keys" of this database is somebody else's$/),
    });
    expect((await server().administer('SELECT * FROM keys.doors', url)).rows).toEqual([]);
  });

  it('say what to do when their role may not make a schema, and are kept once it was done', async () => {
    const url = await server().createDatabase();
    const role = `r${Math.random().toString(36).slice(2)}`;
    await server().administer(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
    const own = server().url(new URL(url).pathname.slice(1), role, 'secret');
    await expect(PostgresKeyStore.open({ url: own })).rejects.toMatchObject(
      isUnavailable(/let an administrator of the database run CREATE SCHEMA keys AUTHORIZATION <role>$/),
    );
    await server().administer(`CREATE SCHEMA keys AUTHORIZATION ${role}`, url);
    const store = await PostgresKeyStore.open({ url: own });
    expect(await store.add(sampleKey())).toBe(true);
    await store.close();
  });

  it.each([
    ['fsync=off', 'ALTER SYSTEM SET fsync = off', 'ALTER SYSTEM RESET fsync'],
    [
      'synchronous_commit=off',
      'ALTER SYSTEM SET synchronous_commit = off',
      'ALTER SYSTEM RESET synchronous_commit',
    ],
  ])('are not kept by a server with %s', async (setting, setBy, resetBy) => {
    const url = await server().createDatabase();
    await server().administer(setBy);
    await server().administer('SELECT pg_reload_conf(), pg_sleep(0.5)');
    await expect(PostgresKeyStore.open({ url })).rejects.toMatchObject(isUnavailable(new RegExp(setting)));
    await server().administer(resetBy);
    await server().administer('SELECT pg_reload_conf(), pg_sleep(0.5)');
    await (await PostgresKeyStore.open({ url })).close();
  });
});
