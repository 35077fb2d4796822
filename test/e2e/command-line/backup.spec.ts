// Copies of a data directory that somebody uses, and what they are worth.

import {
  copyFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';

import { fileOf, listFile } from '#cli/backup-files.js';
import { exitCodes } from '#cli/exit-codes.js';
import { sample } from '#event-log/contract/samples.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { wrappedBytes } from '#key-store-sqlite/key-file.js';
import { readKeys } from '#key-store-sqlite/read-keys.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { tokenIn } from '#test/administrator-token.js';
import { countersign, linesOf } from '#test/e2e/command-line/countersign.js';
import {
  addUser,
  ask,
  copyOf,
  type LivedIn,
  livedIn,
  serve,
  stop,
  verifyCode,
} from '#test/e2e/command-line/lived-in.js';
import { endAll, ServerProcess, temporaryDirectory, until } from '#test/e2e/server-process.js';

let lived: LivedIn;
beforeAll(async () => {
  lived = await livedIn();
}, 60_000);
afterAll(endAll);
/** Each is some ten processes, one after the other. */
jest.setTimeout(120_000);

const backUp = (directory: string, to: string, ...more: readonly string[]) =>
  countersign(['backup', to, '--data-dir', directory, ...more]);
const restoreTo = (directory: string, from: string, ...more: readonly string[]) =>
  countersign(['restore', from, '--data-dir', directory, ...more]);
const elsewhere = (): string => join(temporaryDirectory(), 'there');

async function eventsOf(directory: string): Promise<string[]> {
  const { output } = await countersign(['events', 'export', '--data-dir', directory]);
  return output.split('\n').filter((line) => line.startsWith('{"position"'));
}

/** So much that it is copied in several steps, between which others write. */
async function fill(log: SqliteEventLog): Promise<number> {
  const large = { filling: 'x'.repeat(2_000) };
  for (let number = 0; number < 30; number += 1)
    await log.append(
      `filling-${number}`,
      Array.from({ length: 400 }, () => sample(large)),
      'no-stream',
    );
  return 30 * 400;
}

/** Appends that a service makes: a key that is durable, then the first event that it seals. */
async function appendBusily(
  directory: string,
  stopped: AbortSignal,
): Promise<{ acknowledged: () => number; ended: Promise<void> }> {
  const log = await SqliteEventLog.open({ directory });
  const keys = await SqliteKeyStore.open({ directory });
  let acknowledged = await fill(log);
  const one = async (number: number): Promise<void> => {
    const stream = `user-${number}`;
    await keys.add({
      subject: stream,
      keyId: `key-${number}`,
      masterKeyId: 'first',
      wrapped: new Uint8Array(wrappedBytes),
    });
    await log.append(stream, [sample({ number, filling: 'x'.repeat(300) })], 'no-stream');
    acknowledged += 1;
  };
  const run = async (): Promise<void> => {
    // Ten every 20 ms: 500 a second.
    for (let number = 0; !stopped.aborted; number += 10) {
      const turn = delay(20);
      await Promise.all(Array.from({ length: 10 }, (_, index) => one(number + index)));
      await turn;
    }
    await log.close();
    await keys.close();
  };
  return { acknowledged: () => acknowledged, ended: run() };
}

describe('a backup under 500 appends a second', () => {
  it('is a beginning of the log with all that was acknowledged before it, and the key of every event', async () => {
    const [directory, restored, to] = [temporaryDirectory(), elsewhere(), elsewhere()];
    const stopping = new AbortController();
    const { acknowledged, ended } = await appendBusily(directory, stopping.signal);
    await until('some events', () => acknowledged() > 13_000);
    const before = acknowledged();
    const ran = await backUp(directory, to, '--json');
    const after = acknowledged();
    stopping.abort();
    await ended;
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(after).toBeGreaterThan(before);
    expect(await restoreTo(restored, to)).toMatchObject({ code: exitCodes.done, errors: '' });
    const events = await eventsOf(restored);
    const [{ events: told } = {}] = linesOf(ran);
    expect(events.length).toBe(told);
    expect(events.length).toBeGreaterThanOrEqual(before);
    expect(events).toEqual((await eventsOf(directory)).slice(0, events.length));
    const subjects = new Set(readKeys(restored).map(({ subject }) => subject));
    const streams = events.map((line) => (JSON.parse(line) as { stream: string }).stream);
    expect(streams.filter((stream) => stream.startsWith('user-') && !subjects.has(stream))).toEqual([]);
  });
});

describe('backup and restore', () => {
  it('carry a served directory over: a code is verified in the new place', async () => {
    const house = copyOf(lived);
    const running = await serve(house.directory);
    const [to, restored] = [elsewhere(), elsewhere()];
    const ran = await backUp(house.directory, to);
    await stop(running);
    expect(ran.output).toMatch(
      /^backed up \d+ events .*, proved\nthe master keys are not in it.*\nread models are not in it/,
    );
    expect(readdirSync(to).toSorted()).toEqual([listFile, 'events.db', 'events.head', 'keys.db']);
    expect(readdirSync(to).filter((name) => (statSync(join(to, name)).mode & 0o077) !== 0)).toEqual([]);
    expect((await restoreTo(restored, to)).output).toContain('needs the master keys first');
    copyFileSync(join(house.directory, 'master.key'), join(restored, 'master.key'));
    const server = await serve(restored);
    expect(await verifyCode(server, tokenIn(house.directory), house)).toMatchObject({ status: 200 });
    await stop(server);
  });

  it('take the master keys along only when told to', async () => {
    const house = copyOf(lived);
    const [to, restored] = [elsewhere(), elsewhere()];
    expect((await backUp(house.directory, to, '--with-master-key')).output).toContain('can open all of it');
    expect((await restoreTo(restored, to)).code).toBe(exitCodes.done);
    expect(readFileSync(join(restored, 'master.key'))).toEqual(
      readFileSync(join(house.directory, 'master.key')),
    );
  });

  it('go nowhere where something is', async () => {
    const house = copyOf(lived);
    const [to, there] = [elsewhere(), temporaryDirectory()];
    expect(await backUp(house.directory, there)).toMatchObject({ code: exitCodes.notNow, output: '' });
    await backUp(house.directory, to);
    const ran = await restoreTo(house.directory, to);
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('is not empty: it has');
    const served = await serve(house.directory);
    expect((await restoreTo(house.directory, to)).errors).toContain('another process');
    await stop(served);
  });

  it('see a log that is damaged, and a backup that is', async () => {
    const house = copyOf(lived);
    const to = elsewhere();
    await backUp(house.directory, to);
    const damaged = elsewhere();
    cpSync(to, damaged, { recursive: true });
    const bytes = readFileSync(join(damaged, 'keys.db'));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(join(damaged, 'keys.db'), bytes);
    const ran = await restoreTo(elsewhere(), damaged);
    expect(ran).toMatchObject({ code: exitCodes.notInOrder, output: '' });
    expect(ran.errors).toContain('keys.db is not the file that was backed up');
    const database = new Database(join(house.directory, 'events.db'));
    database.exec("UPDATE events SET data = '{}' WHERE position = 3");
    database.close();
    const target = elsewhere();
    const second = await backUp(house.directory, target);
    expect(second).toMatchObject({ code: exitCodes.notInOrder, output: '' });
    expect(second.errors).toContain('damaged at position 0000000000000003');
    expect(existsSync(target)).toBe(false);
  });

  it('leave no rows that are ahead of a log which was put back by hand: they are made anew', async () => {
    const house = copyOf(lived);
    const to = elsewhere();
    await backUp(house.directory, to);
    const before = await serve(house.directory);
    await addUser(before, tokenIn(house.directory), 'Bob');
    await stop(before);
    for (const name of ['keys.db', 'events.db', 'events.head']) {
      for (const end of ['-wal', '-shm']) rmSync(join(house.directory, name + end), { force: true });
      copyFileSync(join(to, name), join(house.directory, name));
    }
    // As long as the log was before, so that its length says nothing any more.
    for (let nth = 0; nth < 4; nth += 1)
      await countersign(['tokens', 'add', house.userId, '--data-dir', house.directory]);
    const server = await serve(house.directory);
    const listed = await ask(server, { token: tokenIn(house.directory), path: '/v2/users', body: {} });
    expect(JSON.stringify(listed)).toContain('ada@example.com');
    expect(JSON.stringify(listed)).not.toContain('bob@example.com');
    await stop(server);
    const aside = readdirSync(house.directory).filter((name) => name.endsWith('.aside'));
    expect(aside).toHaveLength(1);
  });

  it('no service starts on a restore that was cut short, and the next restore ends it', async () => {
    const house = copyOf(lived);
    const [to, restored] = [elsewhere(), temporaryDirectory()];
    await backUp(house.directory, to, '--with-master-key');
    writeFileSync(join(restored, 'restore.unfinished'), '');
    copyFileSync(join(to, 'keys.db'), join(restored, 'keys.db'));
    const environment = { COUNTERSIGN_DATA_DIR: restored, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
    const refused = new ServerProcess({ environment });
    expect(await refused.ended).toEqual({ code: 1, signal: null });
    expect(refused.standardError).toMatch(/^countersign: .*was cut short: run countersign restore again\n$/);
    expect(await restoreTo(restored, to)).toMatchObject({ code: exitCodes.done });
    const server = await serve(restored);
    await stop(server);
  });
});

describe('who was erased', () => {
  async function erasedAfterBackup() {
    const house = copyOf(lived);
    const [older, newer] = [elsewhere(), elsewhere()];
    await backUp(house.directory, older);
    const server = await serve(house.directory);
    const token = tokenIn(house.directory);
    await ask(server, { token, path: `/countersign/v1/users/${house.userId}/erase`, body: {} });
    await stop(server);
    await backUp(house.directory, newer);
    return { ...house, older, newer, stream: `user-${house.userId}` };
  }

  const hasKey = (directory: string, stream: string): boolean =>
    readKeys(directory).some(({ subject }) => subject === stream);

  it('is erased again by a restore, where the keys are older than the log', async () => {
    const { older, newer, stream } = await erasedAfterBackup();
    expect([hasKey(older, stream), hasKey(newer, stream)]).toEqual([true, false]);
    copyFileSync(join(older, 'keys.db'), join(newer, 'keys.db'));
    const list = JSON.parse(readFileSync(join(newer, listFile), 'utf8')) as { files: { name: string }[] };
    list.files = [await fileOf(newer, 'keys.db'), ...list.files.filter(({ name }) => name !== 'keys.db')];
    writeFileSync(join(newer, listFile), JSON.stringify(list));
    const restored = elsewhere();
    expect((await restoreTo(restored, newer)).output).toContain('erased 1 users again');
    expect(hasKey(restored, stream)).toBe(false);
  });

  it('is erased again by a start, where somebody put an older key store back by hand', async () => {
    const { directory, older, stream } = await erasedAfterBackup();
    // The start that notes how far the log was looked through.
    const first = await serve(directory);
    await until('the note', () => existsSync(join(directory, 'erasures.json')));
    await stop(first);
    copyFileSync(join(older, 'keys.db'), join(directory, 'keys.db'));
    expect(hasKey(directory, stream)).toBe(true);
    const second = await serve(directory);
    await until('the erasure', () => !hasKey(directory, stream));
    await stop(second);
  });
});
