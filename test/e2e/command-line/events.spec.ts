// The events of a data directory, by the built command line.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';

import { exitCodes } from '#cli/exit-codes.js';
import { samples } from '#event-log/contract/samples.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { tokenIn } from '#test/administrator-token.js';
import { begin, countersign, linesOf } from '#test/e2e/command-line/countersign.js';
import { type LivedIn, livedIn, serve, stop, verifyCode } from '#test/e2e/command-line/lived-in.js';
import { endAll, temporaryDirectory, until } from '#test/e2e/server-process.js';

interface Comparison {
  readonly kind: string;
  readonly tables: readonly { readonly table: string; readonly replayed: object }[];
}

let house: LivedIn;
beforeAll(async () => {
  house = await livedIn();
}, 60_000);
afterAll(endAll);
/** Each is some processes, one after the other. */
jest.setTimeout(120_000);

const events = (...words: readonly string[]) =>
  countersign(['events', ...words, '--data-dir', house.directory]);

/** A log of so many events in a directory of its own. */
async function logOf(count: number): Promise<string> {
  const directory = temporaryDirectory();
  const log = await SqliteEventLog.open({ directory });
  for (let at = 0; at < count; at += 500)
    await log.append(`user-${at}`, samples(Math.min(500, count - at)), 'no-stream');
  await log.close();
  return directory;
}

describe('events list', () => {
  it('prints the last ones in their order, and those after a position', async () => {
    const all = linesOf(await events('list', '--after', '0', '--limit', '1000', '--json'));
    expect(all.map(({ position }) => Number(position))).toEqual(all.map((_, index) => index + 1));
    expect(linesOf(await events('list', '--limit', '3', '--json'))).toEqual(all.slice(-3));
    expect(linesOf(await events('list', '--after', '2', '--before', '5', '--json'))).toEqual(all.slice(2, 4));
    expect(linesOf(await events('list', '--before', '5', '--limit', '2', '--json'))).toEqual(all.slice(2, 4));
  });

  it('picks by stream, type, editor and time', async () => {
    const stream = `user-${house.userId}`;
    const all = linesOf(await events('list', '--limit', '1000', '--json'));
    const ofStream = linesOf(await events('list', '--stream', stream, '--json'));
    expect(ofStream.length).toBeGreaterThan(2);
    expect(ofStream).toEqual(all.filter((event) => event.stream === stream));
    const ofType = linesOf(await events('list', '--type', 'user.human.mfa.*', '--json'));
    expect(ofType.map(({ type }) => type)).toEqual([
      'user.human.mfa.otp.added',
      'user.human.mfa.otp.verified',
    ]);
    const byFirstStart = linesOf(await events('list', '--editor', 'first-start', '--json'));
    expect(byFirstStart.length).toBeGreaterThan(0);
    expect(byFirstStart.length).toBeLessThan(all.length);
    expect(linesOf(await events('list', '--since', '1h', '--json')).length).toBe(all.length);
    expect(linesOf(await events('list', '--until', '2020-01-01', '--json'))).toEqual([]);
  });

  it('prints a table without colours where nobody looks, with a line an event', async () => {
    const { output } = await events('list', '--limit', '2');
    const [head = '', ...lines] = output.trimEnd().split('\n');
    expect(head).toMatch(/^position +time +type +stream +revision +by$/);
    expect(lines).toHaveLength(2);
    expect(output).not.toContain('\u001b');
  });

  it('names the first event that is damaged, and prints none of it', async () => {
    const directory = await logOf(10);
    const database = new Database(join(directory, 'events.db'));
    database.exec("UPDATE events SET data = '{}' WHERE position = 7");
    database.close();
    const ran = await countersign(['events', 'list', '--data-dir', directory]);
    expect(ran).toMatchObject({ code: exitCodes.notInOrder, output: '' });
    expect(ran.errors).toContain('damaged at position 0000000000000007');
  });
});

describe('events show', () => {
  it('prints one event, sealed parts only as sealed, and in JSON as it is stored', async () => {
    const [added] = linesOf(await events('list', '--type', 'user.human.added', '--json'));
    const { output } = await events('show', String(added?.position));
    expect(output).toContain('"username": "(sealed)"');
    expect(linesOf(await events('show', String(added?.position), '--json'))).toEqual([added]);
  });

  it('says where the log ends when it is asked for more', async () => {
    const ran = await events('show', '99999');
    expect(ran).toMatchObject({ code: exitCodes.refused, output: '' });
    expect(ran.errors).toMatch(/there is no event at position 99999\n {2}the last one is at \d+/);
  });
});

describe('events tail', () => {
  it('prints what a running service appends, and ends with 0 when it is told to', async () => {
    const directory = temporaryDirectory();
    const log = await SqliteEventLog.open({ directory });
    await log.append('user-1', samples(20), 'no-stream');
    const tail = begin(['events', 'tail', '--last', '2', '--json', '--data-dir', directory]);
    const positions = () => linesOf(tail.ran).map(({ position }) => Number(position));
    await until('the last two', () => positions().length === 2);
    await log.append('user-2', samples(3), 'no-stream');
    await until('three more', () => positions().length === 5);
    tail.child.kill('SIGINT');
    expect(await tail.ended).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(positions()).toEqual([19, 20, 21, 22, 23]);
    await log.close();
  });
});

describe('events verify', () => {
  it('says what a whole log holds, also beside the service', async () => {
    const log = await SqliteEventLog.open({ directory: await logOf(3) });
    await log.close();
    const ran = await events('verify', '--json');
    expect(linesOf(ran)).toEqual([
      expect.objectContaining({ status: 'whole', headMark: 'agrees', adopted: false }),
    ]);
    expect(ran.code).toBe(exitCodes.done);
  });

  it('ends with 1 and names the first position that is damaged', async () => {
    const directory = await logOf(3);
    const database = new Database(join(directory, 'events.db'));
    database.exec("UPDATE events SET data = '{}' WHERE position = 2");
    database.close();
    expect(await countersign(['events', 'verify', '--data-dir', directory])).toEqual({
      code: exitCodes.notInOrder,
      output: 'damaged at position 0000000000000002: its content is not what was written\n',
      errors: '',
    });
    truncateSync(join(directory, 'events.db'), 0);
    expect((await countersign(['events', 'verify', '--data-dir', directory])).code).toBe(
      exitCodes.notInOrder,
    );
  });

  it('writes a head mark that is missing only when told to, and not beside a service', async () => {
    const directory = await logOf(3);
    rmSync(join(directory, 'events.head'));
    const verify = (...more: readonly string[]) =>
      countersign(['events', 'verify', '--data-dir', directory, ...more]);
    expect(await verify()).toMatchObject({
      code: exitCodes.notInOrder,
      output: expect.stringContaining('--adopt-head'),
    });
    expect((await verify('--adopt-head')).code).toBe(exitCodes.done);
    expect((await verify()).code).toBe(exitCodes.done);
  });

  it('ends with 3 where there is nothing to prove', async () => {
    const empty = temporaryDirectory();
    const ran = await countersign(['events', 'verify', '--data-dir', empty]);
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain(`there is no log in ${empty}`);
  });
});

describe('events export and import', () => {
  const exported = async (directory: string, ...more: readonly string[]): Promise<string> => {
    const ran = await countersign(['events', 'export', '--data-dir', directory, ...more]);
    expect(ran.code).toBe(exitCodes.done);
    return ran.output;
  };
  const file = (text: string): string => {
    const path = join(temporaryDirectory(), 'events.jsonl');
    writeFileSync(path, text);
    return path;
  };
  const imported = (path: string, directory: string) =>
    countersign(['events', 'import', path, '--data-dir', directory]);

  it('give the same bytes when what was imported is exported again, and keep every secret sealed', async () => {
    const first = await exported(house.directory);
    const directory = join(temporaryDirectory(), 'new');
    expect(await imported(file(first), directory)).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(await exported(directory)).toBe(first);
    expect(await exported(house.directory)).toBe(first);
    expect(first).not.toContain('example.com');
    expect(first).not.toContain('"key":');
    expect((await countersign(['events', 'verify', '--data-dir', directory])).code).toBe(exitCodes.done);
  });

  /** Of the rows that a replay makes, table by table. It must find them equal to those that are live. */
  async function digestsIn(directory: string): Promise<readonly unknown[]> {
    const digests: unknown[] = [];
    for (const projection of ['users', 'organizations', 'sessions', 'audit']) {
      const words = ['replay', projection, '--dry-run', '--json', '--data-dir', directory];
      const ran = await countersign(words);
      expect(ran.code).toBe(exitCodes.done);
      const { comparison } = linesOf(ran).at(-1) as { readonly comparison: Comparison };
      expect(comparison.kind).toBe('equal');
      digests.push(comparison.tables.map(({ table, replayed }) => ({ projection, table, ...replayed })));
    }
    return digests.flat();
  }

  it('carry the users over, with their keys: the same rows are made, and a code is verified', async () => {
    const first = await exported(house.directory, '--with-keys');
    const directory = temporaryDirectory();
    const ran = await imported(file(first), directory);
    expect(ran.output).toContain('needs the master keys first');
    expect(await exported(directory, '--with-keys')).toBe(first);
    copyFileSync(join(house.directory, 'master.key'), join(directory, 'master.key'));
    const made = await digestsIn(house.directory);
    expect(made).toContainEqual(expect.objectContaining({ projection: 'users', table: 'users', rows: 2 }));
    const server = await serve(directory);
    await stop(server);
    expect(await digestsIn(directory)).toEqual(made);
    const again = await serve(directory);
    const verified = await verifyCode(again, tokenIn(house.directory), house);
    expect(verified).toMatchObject({ status: 200 });
    await stop(again);
  });

  it('write a file as a whole, which nobody else can read, and over none that is there', async () => {
    const path = join(temporaryDirectory(), 'events.jsonl');
    await exported(house.directory, '--to', path);
    expect(readFileSync(path, 'utf8')).toBe(await exported(house.directory));
    const again = await events('export', '--to', path);
    expect(again).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(again.errors).toContain('is there already');
  });

  it('refuse a log that is not empty', async () => {
    const ran = await imported(file(await exported(house.directory)), await logOf(1));
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toMatch(/is not empty: it holds 1 event/);
  });

  it.each<[string, (lines: string[]) => string[]]>([
    ['the last line is missing', (lines) => lines.slice(0, -1)],
    ['the first line is missing', (lines) => lines.slice(1)],
    ['a line is missing', (lines) => lines.toSpliced(3, 1)],
    ['two lines are exchanged', ([first = '', a = '', b = '', ...rest]) => [first, b, a, ...rest]],
    ['an event was changed', (lines) => lines.with(2, (lines[2] ?? '').replace(/"time":"2/, '"time":"1'))],
    ['an event says the same in other words', (lines) => lines.with(2, (lines[2] ?? '').replace('{', '{ '))],
    ['something follows the end', (lines) => [...lines, lines[1] ?? '']],
    ['a line is no JSON', (lines) => lines.with(2, 'x')],
  ])('refuse an export of which %s, and leave the log empty', async (_, change) => {
    const lines = (await exported(house.directory)).trimEnd().split('\n');
    const directory = temporaryDirectory();
    const ran = await imported(file(`${change(lines).join('\n')}\n`), directory);
    expect(ran).toMatchObject({ code: exitCodes.notInOrder, output: '' });
    expect(ran.errors).toMatch(/line \d+/);
    expect(await imported(file(`${lines.join('\n')}\n`), directory)).toMatchObject({ code: exitCodes.done });
  });

  it('leave an empty log when they are killed on the way, into which the next one goes', async () => {
    const text = await exported(await logOf(20_000));
    const directory = temporaryDirectory();
    const { child, ended } = begin(['events', 'import', '-', '--data-dir', directory], { keepOpen: true });
    // Far more than a pipe holds: when it was taken, most of it is in the transaction, which waits for the rest.
    const half = text.slice(0, text.length / 2);
    await new Promise((resolve) => child.stdin?.write(half, resolve));
    expect(existsSync(join(directory, 'events.db'))).toBe(true);
    child.kill('SIGKILL');
    expect((await ended).code).toBe(null);
    expect(await imported(file(text), directory)).toMatchObject({ code: exitCodes.done });
    expect(await exported(directory)).toBe(text);
  });

  it('can be read in a pipe that is closed early', () => {
    // The reader is gone long before the first line is written, so that no line can be lost in the pipe unnoticed.
    const script = `{ sleep 1; '${process.execPath}' dist/apps/cli/src/main.js events export --data-dir '${house.directory}'; } | true`;
    const { stdout, stderr } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
    expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  });
});
