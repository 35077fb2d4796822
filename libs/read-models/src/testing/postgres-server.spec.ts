import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import pg from 'pg';

import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';

const starting = `
  import { PostgresServer } from '#read-models/testing/postgres-server.js';
  const server = await PostgresServer.start();
  console.log(await server.createDatabase());
  setInterval(() => undefined, 1000);
`;

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-postgres-spec-'));
  // The server is not started as root.
  chmodSync(directory, 0o777);
});
afterEach(() => rmSync(directory, { recursive: true }));

async function isReached(connectionString: string): Promise<boolean> {
  const client = new pg.Client({ connectionString });
  // A connection that ends while nothing is asked is told of as an event.
  client.on('error', () => undefined);
  return client.connect().then(
    () => client.end().then(() => true),
    () => false,
  );
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describeOnPostgres('the PostgreSQL of the specs', (server) => {
  it('gives each database to one spec alone', async () => {
    const [one, other] = [await server().createDatabase(), await server().createDatabase()];
    await server().administer('CREATE TABLE letters (text text)', one);
    await expect(server().administer('SELECT * FROM letters', other)).rejects.toMatchObject({
      code: '42P01',
    });
  });

  it('may lose its power, and is there again with what was committed', async () => {
    const url = await server().createDatabase();
    await server().administer('CREATE TABLE letters AS SELECT 1 AS one', url);
    await server().interrupt();
    expect(await isReached(url)).toBe(false);
    await server().resume();
    expect((await server().administer('SELECT * FROM letters', url)).rows).toEqual([{ one: 1 }]);
  });

  it('is gone with whoever started it, however that one ends', async () => {
    const child = spawn(
      process.execPath,
      ['--conditions=development', '--no-warnings', '--input-type=module', '--eval', starting],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '', TMPDIR: directory } },
    );
    const [url] = (await once(child.stdout, 'data')).map(String) as [string];
    expect(await isReached(url.trim())).toBe(true);
    child.kill('SIGKILL');
    await until(async () => readdirSync(directory).length === 0 && !(await isReached(url.trim())));
    expect(readdirSync(directory)).toEqual([]);
  }, 120_000);
});
