// How a data directory is, and the keys in it, by the built command line.

import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import Database from 'better-sqlite3';

import { exitCodes } from '#cli/exit-codes.js';
import { tokenIn } from '#test/administrator-token.js';
import { countersign, linesOf, type Ran } from '#test/e2e/command-line/countersign.js';
import {
  copyOf,
  type Json,
  type LivedIn,
  livedIn,
  serve,
  stop,
  verifyCode,
} from '#test/e2e/command-line/lived-in.js';
import { type Environment, endAll, temporaryDirectory } from '#test/e2e/server-process.js';

let house: LivedIn;
beforeAll(async () => {
  house = await livedIn();
}, 60_000);
afterAll(endAll);
/** Each is some processes, one after the other. */
jest.setTimeout(120_000);

const at = (directory: string, ...words: readonly string[]): Promise<Ran> =>
  countersign([...words, '--data-dir', directory]);

describe('status', () => {
  it('says where the log ends and what wraps the keys, with no service', async () => {
    const [told] = linesOf(await at(house.directory, 'status', '--json'));
    const events = linesOf(await at(house.directory, 'events', 'list', '--limit', '1000', '--json'));
    expect(told).toMatchObject({
      running: null,
      log: { head: events.length, lastEventAt: expect.stringMatching(/^\d{4}-/) },
      keys: { first: expect.any(Number) },
      replays: [],
    });
    const level = { state: 'not-running', lagEvents: 0, lagSeconds: 0, parked: [], lastError: null };
    expect(told?.projections).toMatchObject([
      { projection: 'users', events: events.length, ...level },
      { projection: 'organizations', ...level },
      { projection: 'sessions', ...level },
      { projection: 'audit', ...level },
    ]);
  });

  it('says who has the directory, whether it is ready, and does it no harm', async () => {
    const server = await serve(house.directory);
    const environment = { COUNTERSIGN_LISTEN: `127.0.0.1:${server.port}` };
    const ask = () => countersign(['status', '--json', '--data-dir', house.directory], { environment });
    expect(linesOf(await ask())).toEqual([
      expect.objectContaining({ running: { pid: server.child.pid, url: server.url, ready: true } }),
    ]);
    expect((await at(house.directory, 'status')).output).toContain('is not ready');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    await stop(server);
  });

  it('ends with 3 where there is no data directory', async () => {
    const ran = await at('/nowhere/at/all', 'status');
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('name another by --data-dir');
  });
});

describe('doctor', () => {
  const findings = (ran: Ran): Record<string, unknown>[] =>
    (linesOf(ran)[0] as { findings: Record<string, unknown>[] }).findings;
  const examined = async (directory: string, environment: Environment = {}) => {
    const ran = await countersign(['doctor', '--json', '--data-dir', directory], { environment });
    const bad = findings(ran).filter(({ state }) => state === 'problem');
    return { code: ran.code, problems: bad.map(({ what }) => what), advice: bad.map(({ advice }) => advice) };
  };
  /** A directory of its own that may be spoiled. */
  async function another(): Promise<string> {
    const to = join(temporaryDirectory(), 'backup');
    const directory = join(temporaryDirectory(), 'data');
    await at(house.directory, 'backup', to, '--with-master-key');
    await at(directory, 'restore', to);
    return directory;
  }

  function changeRows(directory: string, sql: string): void {
    const database = new Database(join(directory, 'models.db'));
    database.exec(sql);
    database.close();
  }

  it('finds no problem where there is none, and looks at everything', async () => {
    const ran = await at(house.directory, 'doctor', '--json');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(findings(ran).map(({ what }) => what)).toEqual([
      'settings',
      'node',
      'sqlite',
      'data directory',
      'modes',
      'disk space',
      'disk speed',
      'clock',
      'log',
      'read models',
      'keys',
      'master key',
      'service',
    ]);
  });

  it('finds a setting that a service would refuse, and says which', async () => {
    const ran = await countersign(['doctor'], { environment: { COUNTERSIGN_LISTEN: 'everywhere' } });
    expect(ran.code).toBe(exitCodes.notInOrder);
    expect(ran.output).toContain('COUNTERSIGN_LISTEN must be');
  });

  it('finds keys that others can read, and says how to end that', async () => {
    const directory = await another();
    chmodSync(join(directory, 'keys.db'), 0o644);
    expect(await examined(directory)).toEqual({
      code: exitCodes.notInOrder,
      problems: ['modes'],
      advice: [`chmod 600 ${join(directory, 'keys.db')}`],
    });
  });

  it('finds a log that does not end where it was acknowledged', async () => {
    const directory = await another();
    const database = new Database(join(directory, 'events.db'));
    database.exec('DELETE FROM events WHERE position = (SELECT max(position) FROM events)');
    database.close();
    expect(await examined(directory)).toMatchObject({ code: exitCodes.notInOrder, problems: ['log'] });
  });

  it('finds rows of another log, and rows that show more than the log has', async () => {
    const [directory, other] = [await another(), temporaryDirectory()];
    copyFileSync(join(house.directory, 'models.db'), join(directory, 'models.db'));
    expect(await examined(directory)).toMatchObject({ code: exitCodes.done, problems: [] });
    const exported = join(other, 'events.jsonl');
    await at(house.directory, 'events', 'export', '--to', exported);
    await at(other, 'events', 'import', exported);
    copyFileSync(join(house.directory, 'models.db'), join(other, 'models.db'));
    expect(await examined(other)).toMatchObject({ code: exitCodes.notInOrder, problems: ['read models'] });
    changeRows(directory, "UPDATE checkpoints SET position = '0000000000099999'");
    expect(await examined(directory)).toMatchObject({
      code: exitCodes.notInOrder,
      problems: ['read models'],
      advice: [expect.stringContaining('builds them anew')],
    });
  });

  it('finds streams that are parked, and says how to go on', async () => {
    const directory = await another();
    copyFileSync(join(house.directory, 'models.db'), join(directory, 'models.db'));
    changeRows(directory, "INSERT INTO parked VALUES (1, 'user-1', '0000000000000005', 'no rows', 4)");
    expect(await examined(directory)).toEqual({
      code: exitCodes.notInOrder,
      problems: ['parked'],
      advice: [expect.stringContaining('projections retry')],
    });
  });

  it('finds a master key that is missing', async () => {
    const directory = await another();
    rmSync(join(directory, 'master.key'));
    writeFileSync(join(directory, 'master.key'), `other ${Buffer.alloc(32, 1).toString('base64')}\n`, {
      mode: 0o600,
    });
    expect(await examined(directory)).toMatchObject({ code: exitCodes.notInOrder, problems: ['keys'] });
  });

  it('finds a clock that is behind the log', async () => {
    const exported = join(temporaryDirectory(), 'events.jsonl');
    const directory = temporaryDirectory();
    await at(house.directory, 'events', 'export', '--to', exported);
    await at(directory, 'events', 'import', exported);
    const database = new Database(join(directory, 'events.db'));
    database.close();
    const { clockFindings } = await import('#cli/examine-clock.js');
    expect(clockFindings(directory)).toMatchObject([{ state: 'fine' }]);
    expect(clockFindings(directory, Date.now() - 3_600_000)).toMatchObject([{ state: 'problem' }]);
    expect(clockFindings(directory, Date.UTC(1970, 0, 2))).toMatchObject([{ state: 'problem' }]);
  });
});

describe('keys', () => {
  it('are counted by master key, also beside a service', async () => {
    const server = await serve(house.directory);
    const [told] = linesOf(await at(house.directory, 'keys', 'status', '--json'));
    await stop(server);
    expect(told).toMatchObject({
      masterKeys: [{ masterKey: 'first', wraps: expect.any(Number), inFile: true, seals: true }],
    });
  });

  it('are wrapped by a new master key, and open what the old one sealed', async () => {
    const own = await livedIn();
    const before = readFileSync(join(own.directory, 'master.key'), 'utf8');
    const ran = await at(own.directory, 'keys', 'rotate', '--new-key', '2026-11', '--json');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    const [told] = linesOf(ran);
    expect(told).toMatchObject({ masterKey: '2026-11', unused: ['first'] });
    expect(told?.rewrapped).toBeGreaterThan(1);
    const lines = readFileSync(join(own.directory, 'master.key'), 'utf8');
    expect(lines).toMatch(/^2026-11 /);
    expect(lines.endsWith(before)).toBe(true);
    writeFileSync(join(own.directory, 'master.key'), lines.slice(0, -before.length));
    expect((await at(own.directory, 'keys', 'status')).code).toBe(exitCodes.done);
    const server = await serve(own.directory);
    expect(await verifyCode(server, tokenIn(own.directory), own)).toMatchObject({ status: 200 });
    await stop(server);
  });

  it('that sign proofs are added with no service and by one, and told of beside it', async () => {
    const own = copyOf(house);
    const uses = async () => {
      const [told = {}] = linesOf(await at(own.directory, 'keys', 'status', '--json'));
      return (told.signingKeys as Json[]).map(({ use }) => use);
    };
    expect(await uses()).toEqual([]);
    const ran = await at(own.directory, 'keys', 'rotate-signing');
    expect(ran).toMatchObject({ code: exitCodes.done, errors: '' });
    expect(ran.output).toMatch(/^the signing key [\w-]{43}, which signs, was added at /);
    const server = await serve(own.directory);
    const environment = { COUNTERSIGN_LISTEN: `127.0.0.1:${server.port}` };
    const asked = ['keys', 'rotate-signing', '--data-dir', own.directory];
    expect((await countersign(asked, { environment })).output).toMatch(
      /^the signing key \S+, which waits, was added at /,
    );
    expect(await uses()).toEqual(['signs', 'waits']);
    expect((await countersign([...asked, '--at-once'], { environment })).output).toMatch(
      /which signs, was added at /,
    );
    expect(await uses()).toEqual(['signs']);
    expect((await at(own.directory, 'keys', 'status')).output).toMatch(
      /^signing key .*\n[\w-]{43} .* signs$/m,
    );
    await stop(server);
  });

  it('are not touched beside a service, which is told to do it', async () => {
    const server = await serve(house.directory);
    const before = readFileSync(join(house.directory, 'master.key'), 'utf8');
    const ran = await at(house.directory, 'keys', 'rotate', '--new-key', 'second');
    await stop(server);
    expect(ran).toMatchObject({ code: exitCodes.notNow, output: '' });
    expect(ran.errors).toContain('restart the service with the new master key first in its file');
    expect(readFileSync(join(house.directory, 'master.key'), 'utf8')).toBe(before);
  });

  it('whose master key is missing are told of, with exit code 1', async () => {
    const masterKeyFile = join(temporaryDirectory(), 'master.key');
    writeFileSync(masterKeyFile, `other ${Buffer.alloc(32, 1).toString('base64')}\n`, { mode: 0o600 });
    const environment = { COUNTERSIGN_MASTER_KEY_FILE: masterKeyFile };
    const ran = await countersign(['keys', 'status', '--data-dir', house.directory], { environment });
    expect(ran.code).toBe(exitCodes.notInOrder);
    expect(ran.output).toMatch(/^first +\d+ +missing in the file/m);
  });
});
