import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import fc from 'fast-check';

import { eventLogContract } from '#event-log/contract/event-log-contract.js';
import { caughtUp, eventsIn, failureOf, itemsUntil, samples } from '#event-log/contract/samples.js';
import { positionNumber, positionText } from '#event-log/counted-position.js';
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

interface Round {
  readonly count: number;
  /** How far back somebody begins to follow. */
  readonly back: number | null;
  readonly pauseMs: number;
}

const rounds: fc.Arbitrary<Round> = fc.record({
  count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 1_000 })),
  back: fc.option(fc.integer({ min: 0, max: 3_000 })),
  pauseMs: fc.integer({ min: 0, max: 3 }),
});

interface Follower {
  readonly from: number;
  readonly seen: readonly number[];
  end(): Promise<void>;
}

function follow(log: EventLog, from: number): Follower {
  const seen: number[] = [];
  const subscription = log.subscribe({ after: positionText(from) });
  const following = (async () => {
    for await (const item of subscription)
      if (item.kind === 'event') seen.push(positionNumber(item.event.position));
  })();
  const end = async () => {
    await subscription.return?.();
    await following;
  };
  return { from, seen, end };
}

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

  it('reads and proves an event once for all who follow it closely, and anew for who comes from further back', async () => {
    await pair.writing.append('user-1', samples(3), 'no-stream');
    await itemsUntil(pair.reading, {}, caughtUp);
    const database = new Database(pathsIn(directory).events);
    database.prepare(`UPDATE events SET data = '{"value":9}' WHERE position < 3`).run();
    database.close();
    const closely = await itemsUntil(pair.reading, { after: positionText(1) }, caughtUp);
    expect(eventsIn(closely).map(({ position }) => position)).toEqual([2, 3].map(positionText));
    expect(eventsIn(closely)[0]?.data).toEqual({ value: 1 });
    for (const stream of ['user-2', 'user-3', 'user-4'])
      await pair.writing.append(stream, samples(700), 'no-stream');
    const head = await pair.writing.head();
    await itemsUntil(pair.reading, { after: positionText(3) }, caughtUp);
    expect(await failureOf(itemsUntil(pair.reading, { after: positionText(1) }, caughtUp))).toMatchObject({
      code: 'corrupt',
      position: positionText(2),
    });
    expect(
      eventsIn(await itemsUntil(pair.reading, { after: positionText(3) }, caughtUp)).at(-1),
    ).toMatchObject({
      position: head,
    });
  });

  it('gives everybody every event once and in order, wherever and whenever each of them begins', async () => {
    let [written, streams] = [0, 0];
    const write = async ({ count, back, pauseMs }: Round): Promise<Follower | null> => {
      streams += 1;
      await pair.writing.append(`user-${streams}`, samples(count), 'no-stream');
      written += count;
      if (pauseMs > 0) await delay(pauseMs);
      return back === null ? null : follow(pair.reading, Math.max(0, written - back));
    };
    const check = async ({ from, seen, end }: Follower) => {
      while ((seen.at(-1) ?? from) < written) await delay(1);
      expect(seen).toEqual(Array.from({ length: written - from }, (_, index) => from + 1 + index));
      await end();
    };
    const property = fc.asyncProperty(fc.array(rounds, { minLength: 10, maxLength: 40 }), async (some) => {
      const followers: (Follower | null)[] = [];
      for (const one of some) followers.push(await write(one));
      for (const follower of followers) if (follower !== null) await check(follower);
    });
    await fc.assert(property, { numRuns: 10 });
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
