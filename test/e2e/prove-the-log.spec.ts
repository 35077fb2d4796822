import { spawnSync } from 'node:child_process';
import { rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';

import { samples } from '#event-log/contract/samples.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { endAll, root, temporaryDirectory } from '#test/e2e/server-process.js';

afterEach(endAll);

function events(...args: readonly string[]): { status: number | null; output: string } {
  const command = ['--conditions=development', '--no-warnings', 'tools/events.ts', ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

describe('events verify', () => {
  let directory: string;
  beforeEach(async () => {
    directory = temporaryDirectory();
    const log = await SqliteEventLog.open({ directory });
    await log.append('user-1', samples(3), 'no-stream');
    await log.close();
  });
  const verify = (...more: readonly string[]) => events('verify', '--data-dir', directory, ...more);

  it('ends with 0 and says what a whole log holds, also beside the service', async () => {
    const log = await SqliteEventLog.open({ directory });
    const verdict = verify();
    await log.close();
    expect(verdict).toEqual({
      status: 0,
      output: expect.stringMatching(
        /^whole: 3 events up to position 0{15}3, identity [0-9a-f-]{36}, in .* s\n$/,
      ),
    });
  });

  it('ends with 1 and names the first position that is damaged', () => {
    const database = new Database(join(directory, 'events.db'));
    database.exec("UPDATE events SET data = '{}' WHERE position = 2");
    database.close();
    expect(verify()).toEqual({
      status: 1,
      output: 'damaged at position 0000000000000002: its content is not what was written\n',
    });
    truncateSync(join(directory, 'events.db'), 0);
    expect(verify().status).toBe(1);
  });

  it('ends with 1 for a head mark that is missing, and writes a new one only when told to', () => {
    rmSync(join(directory, 'events.head'));
    expect(verify()).toMatchObject({ status: 1, output: expect.stringContaining('--adopt-head') });
    expect(verify('--adopt-head').status).toBe(0);
    expect(verify().status).toBe(0);
  });

  it('ends with 2 where there is nothing to prove', () => {
    const empty = temporaryDirectory();
    expect(events('verify', '--data-dir', empty)).toEqual({
      status: 2,
      output: expect.stringContaining(`there is no log in ${empty}`),
    });
  });

  it.each([[['prove']], [[]], [['verify', '--quickly']]])('ends with 2 for %j', (args) => {
    expect(events(...args).status).toBe(2);
  });
});
