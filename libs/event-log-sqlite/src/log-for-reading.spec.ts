import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { caughtUp, eventsIn, failureOf, itemsUntil, samples } from '#event-log/contract/samples.js';
import { positionText } from '#event-log/counted-position.js';
import type { EventLog } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { openSqliteLogForReading } from '#event-log-sqlite/log-for-reading.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { SharedHead } from '#event-log-sqlite/shared-head.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { threadOptions } from '#event-log-sqlite/thread.js';

const newDirectory = () => mkdtempSync(join(tmpdir(), 'countersign-reading-'));

interface Pair {
  readonly writing: SqliteEventLog;
  readonly reading: EventLog;
}

async function openPair(directory: string): Promise<Pair> {
  const writing = await SqliteEventLog.open({ directory });
  return { writing, reading: openSqliteLogForReading({ directory, head: writing.sharedHead }) };
}

/** Written by one, and read by the other alone. */
const together = ({ writing, reading }: Pair): EventLog => ({
  append: (stream, events, expected) => writing.append(stream, events, expected),
  readStream: (stream, options) => reading.readStream(stream, options),
  readAll: (options) => reading.readAll(options),
  subscribe: (options) => reading.subscribe(options),
  head: () => reading.head(),
  identity: () => reading.identity(),
  close: async () => {
    await reading.close();
    await writing.close();
  },
});

eventLogContract({
  name: 'SQLite, read in another thread',
  create: async () => {
    const directory = newDirectory();
    let log = together(await openPair(directory));
    return {
      log,
      reopen: async () => {
        await log.close();
        log = together(await openPair(directory));
        return log;
      },
      disconnect: async () => undefined,
      dispose: async () => {
        await log.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
  gaps: {},
});

describe('a log that is open for reading', () => {
  let directory: string;
  let pair: Pair;
  beforeEach(async () => {
    directory = newDirectory();
    pair = await openPair(directory);
  });
  afterEach(async () => {
    await together(pair).close();
    rmSync(directory, { recursive: true });
  });

  it('takes no append, and writes nothing', async () => {
    await expect(pair.reading.append('user-1', samples(1), 'no-stream')).rejects.toThrow(TypeError);
    expect(await pair.writing.head()).toBe(logStart);
  });

  it('holds what was acknowledged to somebody else, at once', async () => {
    for (let round = 1; round <= 50; round += 1) {
      const { position } = await pair.writing.append(`user-${round}`, samples(1), 'no-stream');
      expect(await pair.reading.head()).toBe(position);
      expect(
        await pair.reading.readStream(`user-${round}`, { direction: 'forward', from: 0, limit: 1 }),
      ).toMatchObject({ events: [{ position }] });
    }
  });

  it('says that an event is missing which was acknowledged', async () => {
    await pair.writing.append('user-1', samples(3), 'no-stream');
    const database = new Database(pathsIn(directory).events);
    database.prepare('DELETE FROM events WHERE position = 3').run();
    database.close();
    const reading = pair.reading.readAll({ direction: 'forward', after: positionText(2), limit: 10 });
    expect(await failureOf(reading)).toMatchObject({ code: 'corrupt', position: positionText(3) });
  });

  it('serves no event that is not what was written', async () => {
    await pair.writing.append('user-1', samples(3), 'no-stream');
    const database = new Database(pathsIn(directory).events);
    database.prepare(`UPDATE events SET data = '{"value":9}' WHERE position = 2`).run();
    database.close();
    await expect(itemsUntil(pair.reading, {}, caughtUp)).rejects.toMatchObject({
      failure: { code: 'corrupt', position: positionText(2) },
    });
  });

  it('is refused where there is none', () => {
    const nowhere = newDirectory();
    expect(() => openSqliteLogForReading({ directory: nowhere, head: new SharedHead().buffer })).toThrow(
      expect.objectContaining({ code: 'unavailable' }),
    );
    rmSync(nowhere, { recursive: true });
  });

  it('goes on over the end of the thread that writes', async () => {
    const following = itemsUntil(pair.reading, {}, (items) => eventsIn(items).length === 2);
    await pair.writing.append('user-1', samples(1), 'no-stream');
    await pair.writing.close();
    const writing = await SqliteEventLog.open({ directory });
    const reading = openSqliteLogForReading({ directory, head: writing.sharedHead });
    await writing.append('user-1', samples(1), 0);
    expect(eventsIn(await itemsUntil(reading, {}, caughtUp))).toHaveLength(2);
    await together({ writing, reading }).close();
    await pair.reading.close();
    await following;
  });
});

describe('in a thread that does nothing else', () => {
  it('each event comes soon after it was written, and the thread lives as long as the log is open', async () => {
    const directory = newDirectory();
    const writing = await SqliteEventLog.open({ directory });
    const worker = new Worker(new URL('testing/following-thread.ts', import.meta.url), {
      ...threadOptions,
      workerData: { directory, head: writing.sharedHead, last: 9 },
    });
    const seen: number[] = [];
    worker.on('message', (revision: number) => seen.push(revision));
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    for (let written = 0; written < 10; written += 1) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      await writing.append('user-1', samples(1), written === 0 ? 'no-stream' : written - 1);
    }
    expect(await ended).toBe(0);
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await writing.close();
    rmSync(directory, { recursive: true });
  });
});
