import { randomUUID } from 'node:crypto';
import { closeSync, copyFileSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { freshStream, samples } from '#event-log/contract/samples.js';
import { positionText } from '#event-log/counted-position.js';
import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { adoptHead, verifyLog } from '#event-log-sqlite/verify.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-verify-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const verdict = () => verifyLog({ directory });
const damagedAt = (position: number) => ({ status: 'damaged', position: positionText(position) });

/** A log of `count` streams with three events each, closed. */
async function write(count = 10, into = directory): Promise<string> {
  const log = await SqliteEventLog.open({ directory: into });
  for (let stream = 0; stream < count; stream += 1)
    await log.append(`user-${stream}`, samples(3), 'no-stream');
  const identity = await log.identity();
  await log.close();
  return identity;
}

function edit(sql: string): void {
  const database = new Database(pathsIn(directory).events);
  database.exec(sql);
  database.close();
}

describe('a log that is whole', () => {
  it('is told with how much it holds and whose it is', async () => {
    const identity = await write();
    expect(verdict()).toEqual({
      status: 'whole',
      identity,
      events: 30,
      head: positionText(30),
      headMark: 'agrees',
    });
  });

  it('is whole when nothing was ever appended', async () => {
    await write(0);
    expect(verdict()).toMatchObject({ status: 'whole', events: 0, headMark: 'agrees' });
  });

  it('is told how far the proof is', async () => {
    await write();
    const told: number[][] = [];
    verifyLog({ directory, onProgress: (done, total) => told.push([done, total]) });
    expect(told).toEqual([[30, 30]]);
  });

  it('is whole while the service appends to it', async () => {
    const log = await SqliteEventLog.open({ directory });
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    const verdicts: string[] = [];
    for (let round = 0; round < 20; round += 1) {
      const burst = Array.from({ length: 500 }, (_, index) =>
        log.append(stream, samples(1), round * 500 + index),
      );
      // Sent to the writing thread, which goes on while this thread proves.
      await new Promise(setImmediate);
      verdicts.push(verdict().status);
      await Promise.all(burst);
    }
    await log.close();
    expect(new Set(verdicts)).toEqual(new Set(['whole']));
  });
});

describe('a log that is damaged', () => {
  beforeEach(() => write());

  it.each([
    ['the first of several changed rows', "UPDATE events SET data = '{}' WHERE position IN (17, 9, 25)", 9],
    ['a row that is missing', 'DELETE FROM events WHERE position = 12', 12],
    ['the last row that is missing', 'DELETE FROM events WHERE position = 30', 30],
    ['the first row that is missing', 'DELETE FROM events WHERE position = 1', 1],
    ['a row of another time', "UPDATE events SET before = 'another' WHERE position = 20", 20],
    ['a row before the first', "INSERT INTO events VALUES (0, 'a', 0, '', '', '', '', '', '')", 1],
    ['a stream that ends too early', "UPDATE streams SET last_revision = 1 WHERE stream = 'user-4'", 15],
    ['a stream that ends too late', "UPDATE streams SET last_revision = 9 WHERE stream = 'user-4'", 15],
    ['a stream whose end is recorded nowhere', "DELETE FROM streams WHERE stream = 'user-4'", 15],
    ['an end of a stream that no row explains', "INSERT INTO streams VALUES ('ghost', 0, 1)", 30],
    ['a table that was added', 'CREATE TABLE more (column_of_it)', 1],
  ])('names %s', (_, sql, position) => {
    edit(sql);
    expect(verdict()).toMatchObject(damagedAt(position));
  });

  it('names a changed row before the end of its stream, which it changed too', () => {
    edit(
      "UPDATE events SET revision = 9 WHERE position = 5; UPDATE events SET data = '{}' WHERE position = 6",
    );
    expect(verdict()).toMatchObject(damagedAt(5));
  });

  it('names the first row when it follows the beginning of another log', () => {
    edit("UPDATE log SET identity = 'another'");
    rmSync(pathsIn(directory).mark);
    expect(verdict()).toMatchObject(damagedAt(1));
  });

  it('names the last row when it is not the one that was acknowledged, though it fits the chain', () => {
    const database = new Database(pathsIn(directory).events);
    const row = database.prepare('SELECT * FROM events WHERE position = 30').get() as ChainedRow;
    const link = linkOf({ ...row, data: '{}' });
    database.prepare("UPDATE events SET data = '{}', link = ? WHERE position = 30").run(link);
    database.close();
    expect(verdict()).toMatchObject(damagedAt(30));
  });

  it('names the first row of a page that cannot be read', async () => {
    const log = await SqliteEventLog.open({ directory });
    for (let stream = 0; stream < 10; stream += 1) await log.append(freshStream(), samples(90), 'no-stream');
    await log.close();
    const database = new Database(pathsIn(directory).events);
    const leaves = database
      .prepare("SELECT pageno, ncell FROM dbstat WHERE name = 'events' AND pagetype = 'leaf' ORDER BY path")
      .all() as { pageno: number; ncell: number }[];
    database.close();
    const { pageno } = leaves[12] as { pageno: number };
    const file = openSync(pathsIn(directory).events, 'r+');
    writeSync(file, Buffer.alloc(8, 0xff), 0, 8, (pageno - 1) * 8_192);
    closeSync(file);
    const rowsBefore = leaves.slice(0, 12).reduce((sum, { ncell }) => sum + ncell, 0);
    expect(verdict()).toMatchObject(damagedAt(rowsBefore + 1));
  });

  it('is damaged from its first event when the file is empty or gone', () => {
    truncateSync(pathsIn(directory).events, 0);
    expect(verdict()).toMatchObject(damagedAt(1));
    rmSync(pathsIn(directory).events);
    expect(verdict()).toMatchObject(damagedAt(1));
  });

  it('is damaged behind its last event when the head mark cannot be read', () => {
    truncateSync(pathsIn(directory).mark, 0);
    expect(verdict()).toMatchObject(damagedAt(31));
  });

  it('is damaged from its first event beside the head mark of another log', async () => {
    const other = mkdtempSync(join(tmpdir(), 'countersign-verify-'));
    await write(10, other);
    copyFileSync(pathsIn(other).mark, pathsIn(directory).mark);
    rmSync(other, { recursive: true });
    expect(verdict()).toMatchObject({ ...damagedAt(1), reason: 'the head mark belongs to another log' });
  });
});

describe('a head mark that is missing', () => {
  it('is told, refused at boot, and written anew only when that is asked for', async () => {
    await write();
    rmSync(pathsIn(directory).mark);
    expect(verdict()).toMatchObject({ status: 'whole', headMark: 'missing' });
    await expect(SqliteEventLog.open({ directory })).rejects.toMatchObject({ code: 'corrupt' });
    adoptHead(directory);
    expect(verdict()).toMatchObject({ status: 'whole', headMark: 'agrees', events: 30 });
    const log = await SqliteEventLog.open({ directory });
    expect(await log.head()).toBe(positionText(30));
    await log.close();
  });

  it('cannot be adopted for a log that holds nothing', async () => {
    await write(0);
    expect(() => adoptHead(directory)).toThrow(/holds no event/);
  });
});

it('there is nothing to prove where there is no log', () => {
  expect(verdict).toThrow(/there is no log in/);
  expect(() => verifyLog({ directory: join(directory, randomUUID()) })).toThrow(/there is no log in/);
});
