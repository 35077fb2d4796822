import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { positionText } from '#event-log/counted-position.js';
import {
  endAll,
  root,
  type Server,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';
import { quickest } from '#test/faults/quickest.js';

const events = 1_000_000;
const readyWithinMs = 2_000;
/** Most of a start, and nothing that depends on the log: how long the program is loaded where two seconds are asked for. */
const loadingMs = 1_100;
const directory = temporaryDirectory();

function run(name: string, ...args: readonly string[]) {
  const main = join(root, 'test/faults', `${name}.ts`);
  const child = spawn(process.execPath, ['--conditions=development', '--no-warnings', main, ...args], {
    cwd: root,
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  return { child, ended, lines: createInterface({ input: child.stdout })[Symbol.asyncIterator]() };
}

/** Leaves a WAL behind that has to be read before anything else can be. */
async function killWhileItAppends(eventsBefore: number): Promise<void> {
  const { child, ended, lines } = run('filling-process', directory, String(eventsBefore));
  try {
    expect(await lines.next()).toEqual({ value: 'filled', done: false });
    await delay(500);
  } finally {
    child.kill('SIGKILL');
    await ended;
  }
  expect(statSync(join(directory, 'events.db-wal')).size).toBeGreaterThan(500_000);
}

async function startToReady(): Promise<Server> {
  const server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
  await until('it to be ready', async () => (await fetch(`${server.url}/readyz`)).ok, server);
  return server;
}

/** The program alone, without a log or a port. */
async function loading(): Promise<number> {
  const script = "await import('#server/start-service.js'); process.exit()";
  const started = performance.now();
  const child = spawn(
    process.execPath,
    ['--min-semi-space-size=32', '--v8-pool-size=1', '--input-type=module', '--eval', script],
    { cwd: root, env: {}, stdio: 'ignore' },
  );
  expect(await once(child, 'close')).toEqual([0, null]);
  return performance.now() - started;
}

async function makeItsRows(): Promise<void> {
  const server = await startToReady();
  server.signal('SIGTERM');
  await server.ended;
}

/** As those of a server that ran meanwhile: none of the events is of a noun that has rows. */
function moveRowsToTheEnd(): void {
  const [log, rows] = ['events.db', 'models.db'].map((name) => new Database(join(directory, name)));
  const end = log?.prepare<[], number>('SELECT max(position) FROM events').pluck().get() as number;
  const moved = rows?.prepare('UPDATE checkpoints SET position = ?').run(positionText(end));
  expect(moved?.changes).toBe(4);
  log?.close();
  rows?.close();
}

describe(`a log of ${events} events whose process was killed while it appended`, () => {
  beforeAll(async () => {
    await makeItsRows();
    await killWhileItAppends(events);
  }, 120_000);

  afterAll(endAll);

  it(`acknowledges an append and answers a read within ${readyWithinMs} ms of the start of a process`, async () => {
    let told = '';
    const tookMs = await quickest(readyWithinMs, async () => {
      const started = performance.now();
      const { ended, lines } = run('first-answers-process', directory);
      told = ((await lines.next()) as { value: string }).value;
      const took = performance.now() - started;
      await ended;
      return took;
    });
    const { appended, read } = JSON.parse(told) as { appended: string; read: string };
    process.stdout.write(`first answers after ${Math.round(tookMs)} ms\n`);
    expect(Number(appended)).toBeGreaterThan(events);
    expect(read).toBe(appended);
    expect(tookMs).toBeLessThan(readyWithinMs);
  });

  it(`is served, and ready, within ${readyWithinMs} ms of the start of the server, by a machine that is not slower`, async () => {
    moveRowsToTheEnd();
    await killWhileItAppends(0);
    const slowness = (await quickest(loadingMs, loading)) / loadingMs;
    const withinMs = readyWithinMs * Math.max(1, slowness);
    const tookMs = await quickest(withinMs, async () => {
      const started = performance.now();
      const server = await startToReady();
      const took = performance.now() - started;
      server.signal('SIGKILL');
      await server.ended;
      return took;
    });
    process.stdout.write(`ready after ${Math.round(tookMs)} ms, of ${Math.round(withinMs)}\n`);
    expect(tookMs).toBeLessThan(withinMs);
  }, 120_000);
});
