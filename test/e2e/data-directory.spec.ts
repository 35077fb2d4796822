import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { tokenIn } from '#test/administrator-token.js';
import { countersign } from '#test/e2e/command-line/countersign.js';
import { addUser, ask, serve, stop } from '#test/e2e/command-line/lived-in.js';
import { endAll, ServerProcess, startServer, temporaryDirectory, until } from '#test/e2e/server-process.js';

afterEach(endAll);

describe('an event log that is damaged', () => {
  it('is not opened: one line says so, and the exit code is 1', async () => {
    const directory = temporaryDirectory();
    const environment = { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
    const first = await startServer({ environment });
    first.signal('SIGTERM');
    await first.ended;
    truncateSync(join(directory, 'events.db'), 100);
    const second = new ServerProcess({ environment });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.standardError).toMatch(/^countersign: .* damaged.*\n$/);
    expect(second.standardError).toContain(directory);
  });
});

describe('a second process on the same data directory', () => {
  it('is refused in one line, and the first goes on', async () => {
    const directory = mkdtempSync(join(temporaryDirectory(), 'data-'));
    const first = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    const second = new ServerProcess({
      environment: { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' },
    });
    expect(await second.ended).toEqual({ code: 1, signal: null });
    expect(second.standardError).toMatch(/^countersign: .*another process.*\n$/);
    expect(second.standardError).toContain(directory);
    expect((await fetch(`${first.url}/readyz`)).status).toBe(200);
  });

  it('takes over when the first was killed', async () => {
    const directory = temporaryDirectory();
    const first = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    first.signal('SIGKILL');
    await first.ended;
    const second = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
    expect((await fetch(`${second.url}/readyz`)).status).toBe(200);
  });
});

describe('a data directory of an earlier release', () => {
  /** Of before there were rows, and a note of the layout. */
  function takeBack(directory: string): void {
    const added = readdirSync(directory).filter((name) => /^(layout|models\.db.*)$/.test(name));
    expect(added).toEqual(expect.arrayContaining(['layout', 'models.db']));
    for (const name of added) rmSync(join(directory, name));
  }

  it('is brought up to date by a start, also by one after another that was cut short', async () => {
    const directory = temporaryDirectory();
    const first = await serve(directory);
    const token = tokenIn(directory);
    const userId = await addUser(first, token, 'Ada');
    await stop(first);
    takeBack(directory);
    const environment = { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
    const killed = new ServerProcess({ environment });
    await until('its rows', () => existsSync(join(directory, 'models.db')), killed);
    killed.signal('SIGKILL');
    await killed.ended;
    const server = await serve(directory);
    expect(await ask(server, { token, path: `/v2/users/${userId}` })).toMatchObject({ status: 200 });
    expect(readFileSync(join(directory, 'layout'), 'utf8')).toBe('countersign-layout 1\n');
  }, 60_000);

  it('has rows of an earlier version built anew, without anybody asking for it', async () => {
    const directory = temporaryDirectory();
    const first = await serve(directory);
    const token = tokenIn(directory);
    const path = `/v2/users/${await addUser(first, token, 'Ada')}`;
    await stop(first);
    const database = new Database(join(directory, 'models.db'));
    database.exec("UPDATE builds SET version = version - 1 WHERE is_live = 1 AND projection = 'users'");
    database.close();
    const server = await serve(directory);
    await until('its rows', async () => (await ask(server, { token, path })).status === 200, server);
    await stop(server);
    const { output } = await countersign(['projections', 'show', 'users', '--json', '--data-dir', directory]);
    expect(JSON.parse(output)).toMatchObject({
      replays: [{ phase: 'done', comparison: { kind: 'not-comparable' } }],
    });
  }, 60_000);
});

describe('a data directory of a later release', () => {
  it('is refused in one line that says what to do, and no file of it is touched', async () => {
    const directory = temporaryDirectory();
    await stop(await serve(directory));
    writeFileSync(join(directory, 'layout'), 'countersign-layout 2\n');
    const bytes = () =>
      readdirSync(directory, { withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'events.lock')
        .map(({ name }) => [name, readFileSync(join(directory, name)).toString('base64')]);
    const before = bytes();
    const environment = { COUNTERSIGN_DATA_DIR: directory, COUNTERSIGN_LISTEN: '127.0.0.1:0' };
    const server = new ServerProcess({ environment });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    expect(server.standardError).toMatch(
      /^countersign: COUNTERSIGN_DATA_DIR: [^\n]*run that release[^\n]*\n$/,
    );
    const listed = await countersign(['events', 'list', '--json', '--data-dir', directory]);
    expect(listed.output).toBe('');
    expect(JSON.parse(listed.errors)).toMatchObject({
      error: { advice: expect.stringContaining('run that') },
    });
    expect(bytes()).toEqual(before);
  }, 60_000);
});
