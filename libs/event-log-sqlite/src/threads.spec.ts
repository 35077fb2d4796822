// The two threads of the log: neither holds up the other, and each may die.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';

import { allAfter, failureOf, freshStream, samples, streamOf } from '#event-log/contract/samples.js';
import { logStart, type Position } from '#event-log/event-log.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';

let directory: string;
let log: SqliteEventLog;
let troubles: string[];
/** The newest thread of each kind: the writer is started first, the reader with the first read. */
let threads: Worker[];
const noteThread = (message: unknown): void => {
  threads.push((message as { worker: Worker }).worker);
};

async function openWith(timeoutMs: number): Promise<void> {
  log = await SqliteEventLog.open({ directory, timeoutMs, onTrouble: (text) => troubles.push(text) });
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-threads-'));
  [troubles, threads] = [[], []];
  subscribe('worker_threads', noteThread);
});
afterEach(async () => {
  unsubscribe('worker_threads', noteThread);
  await log.close();
  rmSync(directory, { recursive: true });
});

/** Another connection holds the right to write, so that the writing thread waits for it. */
async function whileWriterWaits<Result>(use: () => Promise<Result>): Promise<Result> {
  const other = new Database(pathsIn(directory).events);
  other.exec('BEGIN IMMEDIATE');
  try {
    return await use();
  } finally {
    other.exec('ROLLBACK');
    other.close();
  }
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 10));
}

const firstPage = { direction: 'forward', after: logStart, limit: 100 } as const;

describe('while the writer waits', () => {
  it('reads and subscriptions are answered at once', async () => {
    await openWith(3_000);
    const stream = freshStream();
    await log.append(stream, samples(3), 'no-stream');
    const appending = await whileWriterWaits(async () => {
      let isAnswered = false;
      const sent = failureOf(log.append(stream, samples(1), 2)).finally(() => {
        isAnswered = true;
      });
      for (let count = 0; count < 20; count += 1) {
        expect(await log.readAll(firstPage)).toHaveLength(3);
        expect(await streamOf(log, stream)).toHaveLength(3);
      }
      const items = log.subscribe({ after: logStart });
      expect(await items.next()).toMatchObject({ value: { kind: 'event' } });
      await items.return();
      expect(isAnswered).toBe(false);
      return sent;
    });
    expect(['outcome-unknown', 'unavailable']).toContain(appending.code);
  });

  it('an append that is overdue is of unknown outcome, and its retry is one append', async () => {
    await openWith(1_000);
    const stream = freshStream();
    const events = samples(2);
    const failure = await whileWriterWaits(() => failureOf(log.append(stream, events, 'no-stream')));
    expect(failure.code).toBe('outcome-unknown');
    const deadline = performance.now() + 8_000;
    let result = await log.append(stream, events, 'no-stream').catch(() => null);
    while (result === null && performance.now() < deadline) {
      result = await log.append(stream, events, 'no-stream').catch(() => null);
    }
    expect(result).toMatchObject({ revision: 1 });
    expect(await streamOf(log, stream)).toHaveLength(2);
  });

  it('what comes meanwhile leaves in one message', async () => {
    await openWith(5_000);
    const [writer] = threads as [Worker];
    const messages = jest.spyOn(writer, 'postMessage');
    const appends = await whileWriterWaits(async () => {
      const sent = [];
      for (let count = 0; count < 10; count += 1) {
        sent.push(log.append(freshStream(), samples(1), 'no-stream'));
        await new Promise(setImmediate);
      }
      expect(messages).toHaveBeenCalledTimes(1);
      return sent;
    });
    expect(await Promise.all(appends)).toHaveLength(10);
    expect(messages).toHaveBeenCalledTimes(2);
  });

  it('what waited for an overdue append is refused, and was never written', async () => {
    await openWith(1_000);
    const stream = freshStream();
    const failures = await whileWriterWaits(async () => {
      const overdue = failureOf(log.append(freshStream(), samples(1), 'no-stream'));
      await new Promise(setImmediate);
      return Promise.all([overdue, failureOf(log.append(stream, samples(1), 'no-stream'))]);
    });
    expect(failures.map(({ code }) => code)).toEqual(['outcome-unknown', 'unavailable']);
    await until(() =>
      log.append(freshStream(), samples(1), 'no-stream').then(
        () => true,
        () => false,
      ),
    );
    let read: unknown;
    await until(async () => {
      // As late as an append may be, a read may be, too.
      read = await log.readStream(stream, { direction: 'forward', from: 0, limit: 1 }).catch(() => null);
      return read !== null;
    });
    expect(read).toEqual({ status: 'unknown' });
  });

  it('closing answers every append that is under way', async () => {
    await openWith(500);
    const outcomes = await whileWriterWaits(async () => {
      const appends = Array.from({ length: 50 }, () => log.append(freshStream(), samples(1), 'no-stream'));
      const settled = Promise.allSettled(appends);
      await new Promise(setImmediate);
      const closing = log.close();
      const answered = await settled;
      closing.catch(() => undefined);
      return answered;
    });
    expect(outcomes).toHaveLength(50);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(['rejected']));
  });
});

describe('a thread that dies', () => {
  it('the writer is started anew; what was under way is unknown, and its retry is one append', async () => {
    await openWith(5_000);
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    const events = samples(2);
    const [writer] = threads as [Worker];
    const { appending, held, ended } = await whileWriterWaits(async () => {
      const sent = failureOf(log.append(stream, events, 0));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const waiting = failureOf(log.append(freshStream(), samples(1), 'no-stream'));
      await new Promise(setImmediate);
      return { appending: sent, held: waiting, ended: writer.terminate() };
    });
    await ended;
    expect(await appending).toMatchObject({ code: 'outcome-unknown' });
    expect(await held).toMatchObject({ code: 'unavailable' });
    expect(await failureOf(log.append(stream, events, 0))).toMatchObject({ code: 'unavailable' });
    await until(() => troubles.includes('the writing thread was started anew'));
    expect(await log.append(stream, events, 0)).toMatchObject({ revision: 2 });
    expect(await log.append(stream, events, 0)).toMatchObject({ revision: 2 });
    expect(await streamOf(log, stream)).toHaveLength(3);
    expect(await allAfter(log, logStart)).toHaveLength(3);
  });

  it('the writer may die after it wrote and before it could say so', async () => {
    await openWith(5_000);
    const [writer] = threads as [Worker];
    const appends = Array.from({ length: 200 }, () => ({ stream: freshStream(), events: samples(3) }));
    const first = Promise.allSettled(
      appends.map(({ stream, events }) => log.append(stream, events, 'no-stream')),
    );
    await new Promise(setImmediate);
    await writer.terminate();
    const unknown = (await first).flatMap((one) => (one.status === 'rejected' ? [one.reason as Error] : []));
    expect(unknown.length).toBeGreaterThan(0);
    await until(() => troubles.includes('the writing thread was started anew'));
    for (const { stream, events } of appends) {
      expect(await log.append(stream, events, 'no-stream')).toMatchObject({ revision: 2 });
    }
    expect(await allAfter(log, logStart)).toHaveLength(600);
  });

  it('the reader is started anew by the next read; those under way are unavailable', async () => {
    await openWith(5_000);
    await log.append(freshStream(), samples(50), 'no-stream');
    expect(await log.readAll(firstPage)).toHaveLength(50);
    const [, reader] = threads as [Worker, Worker];
    const reads = Array.from({ length: 300 }, () => failureOf(log.readAll(firstPage)).catch(() => null));
    const ended = reader.terminate();
    const failures = (await Promise.all(reads)).flatMap((failure) => failure ?? []);
    await ended;
    expect(failures.length).toBeGreaterThan(0);
    expect(new Set(failures.map(({ code }) => code))).toEqual(new Set(['unavailable']));
    expect(await log.readAll(firstPage)).toHaveLength(50);
  });

  it('reads go on while the writer is away, and appends while the reader is', async () => {
    await openWith(5_000);
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    expect(await log.readAll(firstPage)).toHaveLength(1);
    const [writer, reader] = threads as [Worker, Worker];
    await writer.terminate();
    expect(await failureOf(log.append(stream, samples(1), 0))).toMatchObject({ code: 'unavailable' });
    expect(await log.readAll(firstPage)).toHaveLength(1);
    await until(() => troubles.includes('the writing thread was started anew'));
    await reader.terminate();
    expect(await log.append(stream, samples(1), 0)).toMatchObject({ revision: 1 });
    expect(await log.readAll(firstPage)).toHaveLength(2);
  });

  it('nothing can be appended to a log whose writer is away, and its head says so', async () => {
    await openWith(5_000);
    await log.append(freshStream(), samples(1), 'no-stream');
    await (threads[0] as Worker).terminate();
    expect(await failureOf(log.head())).toMatchObject({ code: 'unavailable' });
    await until(() => troubles.includes('the writing thread was started anew'));
    expect(await log.head()).toBe('0000000000000001');
  });

  it('a writer that cannot open the log for now opens it later', async () => {
    await openWith(5_000);
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    const other = new Database(pathsIn(directory).events, { readonly: true });
    other.exec('BEGIN; SELECT count(*) FROM events');
    await log.append(stream, samples(1), 0);
    await (threads[0] as Worker).terminate();
    await until(() => troubles.some((text) => text.includes('reads an old state of it')));
    other.exec('COMMIT');
    other.close();
    await until(() => troubles.includes('the writing thread was started anew'));
    expect(await log.append(stream, samples(1), 1)).toMatchObject({ revision: 2 });
  }, 20_000);
});

it('a subscription that saw more than there is finds out that the log lost its end', async () => {
  await openWith(5_000);
  await log.append(freshStream(), samples(3), 'no-stream');
  const subscription = log.subscribe({ after: '0000000000000005' as Position });
  expect(await failureOf(subscription.next())).toMatchObject({
    code: 'corrupt',
    position: '0000000000000005',
  });
});
