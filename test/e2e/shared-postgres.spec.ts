// What a start makes of the PostgreSQL that it is given: rows and keys are kept there, or it is refused in one line.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import {
  type Environment,
  endAll,
  root,
  startAndEnd,
  startServer,
  temporaryDirectory,
  until,
} from '#test/e2e/server-process.js';

const canary = 'c4n4ry-of-a-password';

describeOnPostgres('a start with the read models in PostgreSQL', (server) => {
  let url: string;
  beforeEach(async () => {
    url = await server().createDatabase();
  });
  afterEach(endAll);

  const environmentOf = (readModels: string): Environment => ({
    COUNTERSIGN_DATA_DIR: temporaryDirectory(),
    COUNTERSIGN_LISTEN: '127.0.0.1:0',
    COUNTERSIGN_READ_MODELS: readModels,
  });

  async function refusalOf(environment: Environment): Promise<string> {
    const { end, standardError, standardOutput } = await startAndEnd({ environment });
    expect(end).toEqual({ code: 1, signal: null });
    expect(standardError).toMatch(/^countersign: COUNTERSIGN_READ_MODELS [^\n]+\n$/);
    const { password } = new URL(environment.COUNTERSIGN_READ_MODELS ?? '');
    for (const secret of [password, canary]) expect(standardOutput + standardError).not.toContain(secret);
    return standardError;
  }

  async function startAndStop(environment: Environment): Promise<void> {
    const started = await startServer({ environment });
    await until('readiness', async () => (await fetch(`${started.url}/readyz`)).status === 200, started);
    started.signal('SIGTERM');
    expect(await started.ended).toEqual({ code: 0, signal: null });
  }

  it('keeps rows and keys there beside an embedded log, and finds them again', async () => {
    const environment = environmentOf(url);
    await startAndStop(environment);
    await startAndStop(environment);
    const files = readdirSync(environment.COUNTERSIGN_DATA_DIR as string);
    expect(files.filter((name) => /^(keys|models)\.db/.test(name))).toEqual([]);
    const counted = await server().administer(
      'SELECT (SELECT count(*) FROM keys.data_keys) AS keys, (SELECT count(*) FROM read_models.builds) AS builds',
      url,
    );
    expect(counted.rows).toEqual([{ keys: expect.stringMatching(/^[1-9]/), builds: '4' }]);
  });

  it.each([
    'keys status',
    'keys rotate',
    'backup <scratch>/backup',
    'restore <scratch>/backup',
    'events import <scratch>/events',
    'events export --with-keys --to <scratch>/events',
  ])('leaves no keys for the command line to take for all there are: %s', (line) => {
    const scratch = temporaryDirectory();
    const words = line.replace('<scratch>', scratch).split(' ');
    const { status, stderr } = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', ...words], {
      cwd: root,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, ...environmentOf(url) },
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('COUNTERSIGN_READ_MODELS has them in PostgreSQL');
    expect(readdirSync(scratch)).toEqual([]);
  });

  it.each<[string, (own: URL) => void, string]>([
    ['of another password', (own) => (own.password = canary), 'refuses the user or the password'],
    ['of another user', (own) => (own.username = canary), 'refuses the user or the password'],
    ['that has no such database', (own) => (own.pathname = canary), 'has no such database'],
    ['at which nobody answers', (own) => (own.port = '1'), 'does not answer (ECONNREFUSED)'],
  ])('is refused by a server %s', async (_title, change, told) => {
    const own = new URL(url);
    change(own);
    expect(await refusalOf(environmentOf(own.href))).toContain(told);
  });

  it.each([
    ["has somebody else's tables", 'CREATE SCHEMA keys CREATE TABLE doors (number int)', "somebody else's"],
    [
      'syncs nothing to disk',
      'ALTER ROLE ALL IN DATABASE <name> SET synchronous_commit = off',
      'synchronous_commit',
    ],
  ])('is refused where the database %s', async (_title, sql, told) => {
    await server().administer(sql.replace('<name>', new URL(url).pathname.slice(1)), url);
    expect(await refusalOf(environmentOf(url))).toContain(told);
  });

  it('is refused where rows are of another log, tables of a later release, or keys of other master keys', async () => {
    const environment = environmentOf(url);
    await startAndStop(environment);
    const { COUNTERSIGN_DATA_DIR: directory } = environment;
    const sameKeys = { COUNTERSIGN_MASTER_KEY_FILE: `${directory}/master.key` };
    expect(await refusalOf({ ...environmentOf(url), ...sameKeys })).toContain('from another event log');
    const { standardError } = await startAndEnd({ environment: environmentOf(url) });
    expect(standardError).toContain('COUNTERSIGN_MASTER_KEY_FILE must name the file of the master keys');
    await server().administer('UPDATE read_models.layout SET version = 99', url);
    expect(await refusalOf(environment)).toContain('layout 99');
  });
});
