// Rows beside the log, as the built server keeps them: what was acknowledged is in them after any end, what was erased
// is in none of their bytes, and what is damaged is made anew.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { tokenIn } from '#test/administrator-token.js';
import { endAll, root, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';
import { canaryOf, LeakSearch } from '#test/faults/leak-search.js';

let directory: string;
let server: Server;
beforeEach(async () => {
  directory = temporaryDirectory();
  await start();
});
afterEach(endAll);

async function start(): Promise<void> {
  server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
}

async function end(signal: NodeJS.Signals): Promise<void> {
  server.signal(signal);
  await server.ended;
}

type Json = Readonly<Record<string, unknown>>;

async function ask(path: string, body: object): Promise<Json> {
  const token = tokenIn(directory);
  const response = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const answer = (await response.json()) as Json;
  expect([path, response.status, answer]).toEqual([path, 200, answer]);
  return answer;
}

const person = (name: string) => ({
  human: {
    profile: { givenName: name, familyName: 'Lovelace' },
    email: { email: `${name}@example.com`, isVerified: true },
  },
});

async function named(name: string): Promise<readonly unknown[]> {
  const queries = [{ emailQuery: { emailAddress: name, method: 'TEXT_QUERY_METHOD_CONTAINS_IGNORE_CASE' } }];
  return ((await ask('/v2/users', { queries })).result ?? []) as readonly unknown[];
}

const rowFiles = () => readdirSync(directory).filter((name) => name.startsWith('models.db'));
const asideFiles = () => rowFiles().filter((name) => name.endsWith('.aside'));

function tracesOf(name: string): readonly string[] {
  const search = new LeakSearch([canaryOf('name', name)]);
  return rowFiles().flatMap((file) => search.in(readFileSync(join(directory, file))));
}

/** Ten times what the store says that it takes, at most. */
async function come(isSo: () => boolean): Promise<void> {
  for (let seconds = 0; seconds < 100 && !isSo(); seconds += 1) await delay(1_000);
}

describe('rows beside the log', () => {
  it('are for their owner alone', () => {
    expect(rowFiles().length).toBeGreaterThan(1);
    for (const name of rowFiles()) expect(statSync(join(directory, name)).mode & 0o777).toBe(0o600);
  });

  it('show whoever was added, whatever end the server before them had', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, nth) => ask('/v2/users/new', person(`killed-${nth}`))));
    await end('SIGKILL');
    await start();
    expect(await named('killed-')).toHaveLength(20);
    await end('SIGTERM');
    expect(rowFiles()).toEqual(['models.db']);
    await start();
    expect(await named('killed-')).toHaveLength(20);
  });

  it.each([
    ['damaged', () => writeFileSync(join(directory, 'models.db'), 'no rows '.repeat(10_000))],
    ['cut off', () => writeFileSync(join(directory, 'models.db'), '')],
  ])('are made anew from the log where they are %s, and a line says so', async (_, damage) => {
    await ask('/v2/users/new', person('ada'));
    await end('SIGKILL');
    damage();
    await start();
    expect(await named('ada@')).toHaveLength(1);
    expect(asideFiles()).toHaveLength(1);
    const told = server.lines.filter(({ message }) => String(message).includes('read models'));
    expect(told).toEqual([
      expect.objectContaining({ level: 'warn', file: expect.stringContaining('.aside') }),
    ]);
  });

  it('hold no byte of whoever was erased, soon after and after the end', async () => {
    const [gone, stays] = ['gone-4c1b7e', 'stays-9d2f60'];
    const { id } = await ask('/v2/users/new', person(gone));
    await ask('/v2/users/new', person(stays));
    await named(gone);
    expect(tracesOf(gone).length).toBeGreaterThan(0);
    await ask(`/countersign/v1/users/${id}/erase`, {});
    expect(await named(gone)).toEqual([]);
    await come(() => tracesOf(gone).length === 0);
    expect(tracesOf(gone)).toEqual([]);
    await end('SIGTERM');
    expect(tracesOf(gone)).toEqual([]);
    expect(tracesOf(stays).length).toBeGreaterThan(0);
  }, 200_000);

  it('hold no byte of whoever was erased on the command line, while no server runs', async () => {
    const gone = 'gone-7e02aa';
    const { id } = await ask('/v2/users/new', person(gone));
    await end('SIGTERM');
    const traces = () => tracesOf(gone);
    expect(traces().length).toBeGreaterThan(0);
    const words = ['users', 'erase', String(id), '--yes', '--data-dir', directory];
    const { status, stderr } = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', ...words], {
      cwd: root,
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(traces()).toEqual([]);
  });
});
