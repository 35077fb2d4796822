import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { answerOf } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { human, openInhabited } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import type { UserId } from '#domain/ids.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { Hurry } from '#read-models/hurry.js';
import { notedLog } from '#read-models/noted-log.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { Waits } from '#read-models/waits.js';
import type { KeyStore } from '#secrets/key-store.js';
import { type MasterKeys, newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { ProjectingAway } from '#server/order-errors.js';
import { Projecting, type ProjectingOptions } from '#server/projecting.js';
import { secretsOver } from '#server/secrets-over.js';

const all = ['users', 'organizations', 'sessions', 'audit'];

let directory: string;
let log: SqliteEventLog;
let keys: KeyStore;
let masterKeys: MasterKeys;
let house: House;
let waits: Waits;
let hurry: Hurry;
let troubles: string[];
let threads: Worker[];
const noteThread = (message: unknown): void => {
  threads.push((message as { worker: Worker }).worker);
};
const running: Projecting[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-projecting-'));
  log = await SqliteEventLog.open({ directory });
  keys = await SqliteKeyStore.open({ directory });
  masterKeys = parseMasterKeys(newMasterKeyLine('first'));
  hurry = new Hurry();
  waits = new Waits({ log, soleWriter: true, hurry });
  const noted = notedLog(log, (position) => waits.note(position));
  house = await openInhabited({ log: noted, secrets: await secretsOver(keys, masterKeys) });
  troubles = [];
  threads = [];
  subscribe('worker_threads', noteThread);
});
afterEach(async () => {
  unsubscribe('worker_threads', noteThread);
  for (const projecting of running.splice(0)) await projecting.close();
  waits.close();
  await house.close();
  await keys.close();
  await log.close();
  rmSync(directory, { recursive: true });
});

const modelsPath = () => join(directory, 'read-models.db');

function start(chosen: Partial<ProjectingOptions> = {}): Projecting {
  const projecting = Projecting.start({
    log: { engine: 'embedded', directory, head: log.sharedHead },
    keysPath: keyFilePath(directory),
    masterKeys,
    modelsPath: modelsPath(),
    hurry: hurry.buffer,
    projections: all,
    onMoved: (projection, position) => waits.moveTo(projection, position),
    onTrouble: (text) => troubles.push(text),
    restartDelaysMs: [10, 20],
    ...chosen,
  });
  running.push(projecting);
  return projecting;
}

/** On a machine that is slow, too. */
async function caughtUp(projections: readonly string[] = all): Promise<void> {
  for (let seconds = 0; seconds < 20; seconds += 1)
    if ((await waits.awaitPosition({ projections, position: null })) === null) return;
  throw new Error(`${projections.join(', ')} do not catch up: ${troubles.join('; ')}`);
}

async function rowsOf(projection: string, table: string): Promise<readonly Record<string, unknown>[]> {
  const store = openSqliteStore(modelsPath());
  try {
    return await store.read(({ db, tableOf }) =>
      db.selectFrom(tableOf(projection, table)).selectAll().execute(),
    );
  } finally {
    await store.close();
  }
}

const newUser = async (name: string): Promise<UserId> => {
  const userId = randomUUID() as UserId;
  await answerOf(house, human(userId, name));
  return userId;
};
const textOf = (rows: unknown) => JSON.stringify(rows);

describe('what commands append', () => {
  it('is there for who waits for it sooner than for who does not', async () => {
    start();
    await caughtUp();
    const waited: number[] = [];
    for (let times = 0; times < 9; times += 1) {
      await newUser(`ada-${times}`);
      const began = performance.now();
      await caughtUp();
      waited.push(performance.now() - began);
    }
    // Half of what a thread rests that nobody waits for.
    expect(waited.toSorted((one, other) => one - other)[4]).toBeLessThan(50);
  });

  it('is in rows of a file, opened, when a query that waited for it is let go', async () => {
    start();
    for (let nth = 0; nth < 5; nth += 1) {
      await newUser(`person-${nth}`);
      await caughtUp(['users']);
      expect(textOf(await rowsOf('users', 'users'))).toContain(`person-${nth}@example.com`);
    }
    await caughtUp();
    expect(await rowsOf('organizations', 'organizations')).toHaveLength(2);
    expect(textOf(await rowsOf('audit', 'entries'))).not.toContain('person-1@example.com');
    expect(troubles).toEqual([]);
  });

  it('is told of as a status, and positions as often as it moves', async () => {
    const moves: string[] = [];
    const projecting = start({
      onMoved: (projection, position) => {
        moves.push(`${projection} ${position}`);
        waits.moveTo(projection, position);
      },
    });
    await newUser('grace');
    await caughtUp();
    const head = await log.head();
    const statuses = await projecting.status();
    expect(
      statuses.map(({ projection, position, lagEvents }) => ({ projection, position, lagEvents })),
    ).toEqual(all.map((projection) => ({ projection, position: head, lagEvents: 0 })));
    expect(new Set(moves).size).toBe(moves.length);
    for (const projection of all) expect(moves).toContain(`${projection} ${head}`);
  });

  it('is projected on from where another process stopped', async () => {
    const before = start();
    await newUser('ada');
    await caughtUp();
    await before.close();
    await newUser('grace');
    start();
    await caughtUp();
    expect((await rowsOf('users', 'users')).length).toBe(2);
  });
});

describe('a user who is erased', () => {
  it('is in no row any more, and another who is not still is', async () => {
    start();
    const [gone, stays] = [await newUser('gone'), await newUser('stays')];
    await caughtUp();
    await answerOf(house, new EraseUser({ organizationId, userId: gone, by }));
    await answerOf(house, new LockUser({ organizationId, userId: stays, by }));
    await caughtUp();
    const rows = textOf(await rowsOf('users', 'users'));
    expect(rows).toContain('stays@example.com');
    expect(rows).not.toContain('gone@example.com');
  });
});

describe('the thread that projects', () => {
  it('is started again when it ends, and no row is missing or there twice', async () => {
    const projecting = start();
    await newUser('ada');
    await caughtUp();
    for (let nth = 0; nth < 3; nth += 1) {
      const thread = threads.at(-1) as Worker;
      const asked = projecting.status().catch((error: unknown) => error);
      await thread.terminate();
      expect([true, false]).toContain((await asked) instanceof ProjectingAway);
      await newUser(`after-${nth}`);
      await caughtUp();
    }
    expect((await rowsOf('users', 'users')).length).toBe(4);
    const events = await rowsOf('audit', 'entries');
    expect(events).toHaveLength(Number(await log.head()));
    expect(troubles).toHaveLength(3);
  });

  it('that cannot begin is tried again and again, with an operator told, until it can', async () => {
    const nowhere = join(directory, 'not-there-yet');
    start({ keysPath: keyFilePath(directory), modelsPath: join(nowhere, 'read-models.db') });
    while (troubles.length < 3) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(troubles[0]).toMatch(/^the thread that projects ended.*; it is started again$/);
  });

  it('answers every order once, also those that came too late', async () => {
    const projecting = start();
    await caughtUp();
    await projecting.pause('users');
    const before = await log.head();
    await newUser('ada');
    await caughtUp(['audit']);
    const paused = (await projecting.status()).find(({ projection }) => projection === 'users');
    expect(paused).toMatchObject({ phase: 'paused', position: before });
    await projecting.resume('users');
    await caughtUp();
    const nobodys = { stream: 'user-nobody', position: before };
    expect(await projecting.retryParked({ ...nobodys, projection: 'users' })).toBe('not-parked');
    await expect(projecting.skipParked({ ...nobodys, projection: 'nothing' })).rejects.toThrow('nothing');
    await projecting.close();
    await expect(projecting.status()).rejects.toThrow(ProjectingAway);
  });

  it('ends in time while it is busy, and what it left is done by the next', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, nth) => newUser(`person-${nth}`)));
    const tookMs: number[] = [];
    // What else the machine does only adds.
    while (tookMs.length < 3 && Math.min(...tookMs) >= 10_000) {
      const projecting = start();
      const began = performance.now();
      await projecting.close();
      tookMs.push(performance.now() - began);
    }
    expect(Math.min(...tookMs)).toBeLessThan(10_000);
    start();
    await caughtUp();
    expect((await rowsOf('users', 'users')).length).toBe(50);
  }, 60_000);
});
