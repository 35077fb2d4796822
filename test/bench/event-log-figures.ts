// The embedded event log beside what the same machine does, in the same run, without any of its
// guarantees: a bare loop of inserts, a bare cursor, an idle event loop.

import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import Database from 'better-sqlite3';

import type { NewEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { firstLink } from '#event-log-sqlite/chain.js';
import { schema } from '#event-log-sqlite/database.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import type { Figure } from '#test/bench/figures.js';
import { lowRatioFigure, ratioFigure } from '#test/bench/figures.js';

const appenders = 256;
const rowsPerTransaction = 128;

export interface EventLogBenchOptions {
  readonly directory: string;
  readonly rows: number;
  /** A B A B …: noise that comes and goes hits both sides alike. */
  readonly rounds: number;
}

export async function eventLogFigures(options: EventLogBenchOptions): Promise<Figure[]> {
  const appends: number[] = [];
  const inserts: number[] = [];
  const reads: number[] = [];
  const scans: number[] = [];
  for (let round = 0; round <= options.rounds; round += 1) {
    const directory = join(options.directory, String(round));
    mkdirSync(directory, { recursive: true });
    const insert = bareInserts(join(directory, 'bare.db'), options.rows);
    const append = await concurrentAppends(directory, options.rows);
    const scan = bareScan(join(directory, 'bare.db'), options.rows);
    const read = await readEverything(directory, options.rows);
    rmSync(directory, { recursive: true });
    // The first round warms both sides up and is not counted.
    if (round === 0) continue;
    inserts.push(insert);
    appends.push(append);
    scans.push(scan);
    reads.push(read);
  }
  return [
    ratioFigure({
      claim: `${appenders} concurrent one-event appends reach 0.6 of a bare insert loop, ${rowsPerTransaction} rows a transaction`,
      unit: 'events/s',
      ours: appends,
      ceiling: inserts,
      bar: 0.6,
    }),
    ratioFigure({
      claim: 'readAll with its checks reaches 0.4 of a bare cursor that parses the same JSON',
      unit: 'events/s',
      ours: reads,
      ceiling: scans,
      bar: 0.4,
    }),
    await loopDelay(options),
  ];
}

function sampleEvent(user: number): NewEvent {
  return {
    id: randomUUID(),
    type: 'user.human.mfa.otp.check.succeeded',
    data: { factorId: '0198f3a2-6f1e-7c3a-9d11-5b0c7a9e4f21', step: 58_912_345 + user, purpose: 'login' },
    metadata: {
      time: '2026-01-02T03:04:05.678Z',
      organization: '0198f3a2-0000-7000-8000-000000000001',
      editor: `user-${user}`,
      callId: '01JGFJJZ008C4BVN2VQ3Z9T0RE',
    },
  };
}

const streamOf = (row: number): string => `user-0198f3a2-6f1e-7c3a-9d11-${String(row).padStart(12, '0')}`;

/**
 * The same rows, made while the clock stands still, into the same table with the same index, durable, and SQLite's own
 * settings else; but no chain to compute, no revision to check, no second record of each stream's end, no mark and no answers.
 */
function bareInserts(path: string, rows: number): number {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  for (const statement of schema) database.exec(statement);
  const insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const link = firstLink('bare');
  const bareRow = (row: number) => {
    const { id, type, data, metadata } = sampleEvent(row);
    return [row + 1, streamOf(row), 0, id, type, JSON.stringify(data), JSON.stringify(metadata), link, link];
  };
  const insertSome = database.transaction((some: ReturnType<typeof bareRow>[]) => {
    for (const row of some) insert.run(...row);
  });
  let milliseconds = 0;
  for (let from = 0; from < rows; from += rowsPerTransaction) {
    const count = Math.min(rowsPerTransaction, rows - from);
    const some = Array.from({ length: count }, (_, index) => bareRow(from + index));
    const started = performance.now();
    insertSome(some);
    milliseconds += performance.now() - started;
  }
  database.close();
  return (1_000 * rows) / milliseconds;
}

/** Each event is made when its turn comes, as callers do: it costs us a little, and no heap full of them. */
async function concurrentAppends(directory: string, rows: number): Promise<number> {
  const log = await SqliteEventLog.open({ directory });
  let next = 0;
  const appender = async () => {
    while (next < rows) {
      const row = next;
      next += 1;
      await log.append(streamOf(row), [sampleEvent(row)], 'no-stream');
    }
  };
  const started = performance.now();
  await Promise.all(Array.from({ length: appenders }, appender));
  const seconds = (performance.now() - started) / 1_000;
  await log.close();
  return rows / seconds;
}

function bareScan(path: string, rows: number): number {
  const database = new Database(path, { readonly: true });
  const cursor = database.prepare('SELECT * FROM events ORDER BY position');
  let seen = 0;
  const started = performance.now();
  for (const row of cursor.iterate() as Iterable<{ data: string; metadata: string }>) {
    if (JSON.parse(row.data) !== null && JSON.parse(row.metadata) !== null) seen += 1;
  }
  const seconds = (performance.now() - started) / 1_000;
  database.close();
  if (seen !== rows) throw new Error(`the bare cursor saw ${seen} of ${rows} rows`);
  return rows / seconds;
}

async function readEverything(directory: string, rows: number): Promise<number> {
  const log = await SqliteEventLog.open({ directory });
  let seen = 0;
  let after = logStart;
  const started = performance.now();
  for (;;) {
    const page = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    seen += page.length;
    after = page.at(-1)?.position ?? after;
    if (page.length < eventsPerReadMax) break;
  }
  const seconds = (performance.now() - started) / 1_000;
  await log.close();
  if (seen !== rows) throw new Error(`readAll gave ${seen} of ${rows} events`);
  return rows / seconds;
}

/** How late a timer of this thread fires: idle, and while the writing thread is kept saturated. */
async function loopDelay(options: EventLogBenchOptions): Promise<Figure> {
  const idle: number[] = [];
  const saturated: number[] = [];
  for (let round = 0; round < options.rounds; round += 1) {
    idle.push(await delayDuring(() => new Promise((resolve) => setTimeout(resolve, 1_000))));
    const directory = join(options.directory, `delay-${round}`);
    mkdirSync(directory, { recursive: true });
    saturated.push(await delayDuring(() => concurrentAppends(directory, options.rows)));
    rmSync(directory, { recursive: true });
  }
  return lowRatioFigure({
    claim:
      "the main thread's loop delay at p99 stays within 3 times an idle control while the writer is saturated",
    unit: 'ms (resolution 1 ms)',
    ours: saturated,
    ceiling: idle,
    bar: 3,
  });
}

async function delayDuring(work: () => Promise<unknown>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}
