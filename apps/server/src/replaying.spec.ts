import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf } from '#application/testing/attempt.js';
import type { House } from '#application/testing/house.js';
import { human, openInhabited } from '#application/testing/people.js';
import type { UserId } from '#domain/ids.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { notedLog } from '#read-models/noted-log.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { SqliteQueries } from '#read-models/stores/sqlite/sqlite-queries.js';
import { Waits } from '#read-models/waits.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { Projecting } from '#server/projecting.js';
import { models } from '#server/projecting-parts.js';
import { Replaying } from '#server/replaying.js';
import { secretsOver } from '#server/secrets-over.js';

const all = ['users', 'organizations', 'sessions', 'audit'];

let directory: string;
let log: SqliteEventLog;
let keys: KeyStore;
let masterKeys: MasterKeys;
let house: House;
let waits: Waits;
let troubles: string[];
let projecting: Projecting;
let replaying: Replaying;
const threads: Worker[] = [];
const noteThread = (message: unknown): void => {
  threads.push((message as { worker: Worker }).worker);
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-replaying-'));
  log = await SqliteEventLog.open({ directory });
  keys = await SqliteKeyStore.open({ directory });
  masterKeys = parseMasterKeys(newMasterKeyLine('first'));
  waits = new Waits({ log, soleWriter: true });
  const noted = notedLog(log, (position) => waits.note(position));
  house = await openInhabited({ log: noted, secrets: await secretsOver(keys, masterKeys) });
  troubles = [];
  threads.splice(0);
  subscribe('worker_threads', noteThread);
  start();
});
afterEach(async () => {
  unsubscribe('worker_threads', noteThread);
  await replaying.close();
  await projecting.close();
  waits.close();
  await house.close();
  await keys.close();
  await log.close();
  rmSync(directory, { recursive: true });
});

const modelsPath = () => join(directory, 'read-models.db');

function start(after: Promise<void> = Promise.resolve()): void {
  const data = {
    log: { engine: 'embedded', directory, head: log.sharedHead },
    keysPath: keyFilePath(directory),
    masterKeys,
    modelsPath: modelsPath(),
    projections: all,
    onTrouble: (text: string) => troubles.push(text),
    restartDelaysMs: [10, 20],
  } as const;
  projecting = Projecting.start({
    ...data,
    onMoved: (projection, position) => waits.moveTo(projection, position),
    onReplayLeft: () => replaying.goOn(),
  });
  replaying = Replaying.start({ ...data, projecting, after, lookEveryMs: 200 });
}

/** On a machine that is slow, too. */
async function caughtUp(): Promise<void> {
  for (let seconds = 0; seconds < 20; seconds += 1)
    if ((await waits.awaitPosition({ projections: all, position: null })) === null) return;
  throw new Error(`they do not catch up: ${troubles.join('; ')}`);
}

async function phaseOf(build: number): Promise<string> {
  return (await replaying.status()).find((one) => one.build === build)?.phase ?? 'unknown';
}

async function untilOver(build: number): Promise<string> {
  for (;;) {
    const phase = await phaseOf(build);
    if (['done', 'failed', 'cancelled'].includes(phase)) return phase;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const newUser = async (name: string): Promise<void> => {
  await answerOf(house, human(randomUUID() as UserId, name));
};

async function openReader(): Promise<() => Promise<string>> {
  const queries = await SqliteQueries.open({ path: modelsPath() });
  const read = () =>
    queries.read(async ({ db, tableOf }) =>
      JSON.stringify(await db.selectFrom(tableOf('users', 'users')).selectAll().execute()),
    );
  return Object.assign(read, { close: () => queries.close() });
}

describe('a replay in a thread of its own', () => {
  it('is switched to while users are added, and every reader sees whom it waited for', async () => {
    await newUser('first');
    await caughtUp();
    const read = (await openReader()) as (() => Promise<string>) & { close(): Promise<void> };
    const began = await Promise.all(all.map((projection) => replaying.begin(projection)));
    const missing: string[] = [];
    for (let nth = 0; nth < 40; nth += 1) {
      await newUser(`person-${nth}`);
      await caughtUp();
      const rows = await read();
      for (let seen = 0; seen <= nth; seen += 1)
        if (!rows.includes(`person-${seen}@example.com`)) missing.push(`${seen} at ${nth}`);
    }
    for (const { build } of began) expect(await untilOver(build)).toBe('done');
    await newUser('last');
    await caughtUp();
    expect(await read()).toContain('last@example.com');
    expect(missing).toEqual([]);
    expect(troubles).toEqual([]);
    const builds = (await projecting.status()).map(({ build }) => build);
    expect(builds.sort()).toEqual(began.map(({ build }) => build).sort());
    const comparisons = (await replaying.status()).map(({ comparison }) => comparison?.kind);
    expect(comparisons).toEqual(all.map(() => 'equal'));
    await read.close();
  });

  it('ends when nothing is left to replay, is there again for the next order, and its replays stay known', async () => {
    expect(threads).toHaveLength(1);
    const { build } = await replaying.begin('users');
    expect(threads).toHaveLength(2);
    expect(await untilOver(build)).toBe('done');
    await once(threads[1] as Worker, 'exit');
    const [told] = await replaying.status();
    expect(told).toMatchObject({ build, phase: 'done', position: await log.head() });
    expect(threads).toHaveLength(2);
    await expect(replaying.pause(999)).rejects.toMatchObject({ name: 'OrderRefused' });
    expect(threads).toHaveLength(3);
    expect((await replaying.status()).map((one) => one.build)).toEqual([build]);
  });

  it('is there at the start of the next process only where a replay was under way', async () => {
    const { build } = await replaying.begin('users', { eventsPerSecondMax: 1 });
    const restart = async () => {
      await replaying.close();
      await projecting.close();
      threads.splice(0);
      start();
      await caughtUp();
      await replaying.status();
    };
    await restart();
    while (threads.length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    await replaying.pause(build);
    await restart();
    expect(await phaseOf(build)).toBe('paused');
    expect(threads).toHaveLength(1);
  });

  it('is begun by itself where rows of an earlier version are live, and told as what is waited for until then', async () => {
    await newUser('first');
    await replaying.close();
    await projecting.close();
    for (const name of readdirSync(directory).filter((one) => one.startsWith('read-models.db')))
      rmSync(join(directory, name));
    const store = openSqliteStore(modelsPath());
    for (const model of models) await store.open({ ...model, version: model.version - 1 });
    await store.close();
    const begin = Promise.withResolvers<void>();
    start(begin.promise);
    const phases = async () => (await projecting.status()).map(({ phase }) => phase);
    expect(await phases()).toEqual(all.map(() => 'to-be-replayed'));
    expect(await replaying.status()).toEqual([]);
    begin.resolve();
    await caughtUp();
    expect((await replaying.status()).map(({ phase }) => phase)).toEqual(all.map(() => 'done'));
    expect(await phases()).toEqual(all.map(() => 'following'));
  });

  it('is gone on with by the next process, paused, and cancelled', async () => {
    for (let nth = 0; nth < 10; nth += 1) await newUser(`person-${nth}`);
    await caughtUp();
    const { build } = await replaying.begin('users', { eventsPerSecondMax: 10 });
    await replaying.close();
    await projecting.close();
    start();
    expect(['building', 'indexing']).toContain(await phaseOf(build));
    await replaying.pause(build);
    expect(await phaseOf(build)).toBe('paused');
    await replaying.resume(build);
    await expect(replaying.begin('users')).rejects.toThrow('already');
    await replaying.cancel(build);
    expect(await phaseOf(build)).toBe('cancelled');
    expect(readdirSync(directory).filter((name) => name.includes('.build-'))).toEqual([]);
    await expect(replaying.drop(1)).rejects.toThrow('live');
  });
});
