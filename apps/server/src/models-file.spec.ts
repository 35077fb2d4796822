import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';

import type { Position } from '#event-log/event-log.js';
import { users } from '#read-models/models/users.js';
import { openSqliteStore } from '#read-models/stores/sqlite/sqlite-model-store.js';
import { type ModelsFile, type ModelsFileOptions, prepareModelsFile } from '#server/models-file.js';
import { StartRefusal } from '#server/start-refusal.js';

let dataDirectory: string;
let lines: string[];
beforeEach(() => {
  dataDirectory = mkdtempSync(join(tmpdir(), 'countersign-models-'));
  lines = [];
});
afterEach(() => rmSync(dataDirectory, { recursive: true }));

const path = () => join(dataDirectory, 'models.db');
const log = pino({ base: null, timestamp: false }, { write: (line: string) => lines.push(line) });
const head = '0000000000000009' as Position;
const sound = { identity: async () => 'this', head: async () => head };

const prepare = (chosen: Partial<ModelsFileOptions> = {}): Promise<ModelsFile> =>
  prepareModelsFile({ dataDirectory, eventLog: sound, soleWriter: true, log, ...chosen });

/** Rows of users that have seen the log up to a position. */
async function leaveRows(position: Position): Promise<void> {
  const store = openSqliteStore(path());
  const build = await store.open(users);
  await store.apply({ build, changes: [], from: null, to: { log: 'this', position, events: 5 } });
  await store.close();
}

const asideFiles = () => readdirSync(dataDirectory).filter((name) => name.endsWith('.aside'));
const seenIn = async () => [...(await prepare()).events];

describe('the file of the read models', () => {
  it('is made where there is none, for its owner alone', async () => {
    expect(await prepare()).toEqual({ path: path(), events: new Map() });
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(lines).toEqual([]);
  });

  it('is used as it is, with how much its rows have seen, where it was made from this log', async () => {
    await leaveRows(head);
    expect(await seenIn()).toEqual([['users', 5]]);
    expect([asideFiles(), lines]).toEqual([[], []]);
  });

  it.each([
    ['another log', { ...sound, identity: async () => 'another' }, 'another log'],
    [
      'more of the log than there is',
      { ...sound, head: async () => '0000000000000003' as Position },
      'ends at',
    ],
  ])('is moved aside, and made anew, where it shows %s', async (_, eventLog, reason) => {
    await leaveRows(head);
    expect((await prepare({ eventLog })).events).toEqual(new Map());
    expect(asideFiles()).toEqual([expect.stringMatching(/^models\.db\..+\.aside$/)]);
    expect(lines).toEqual([expect.stringContaining(reason)]);
    expect(await seenIn()).toEqual([]);
    expect(asideFiles()).toHaveLength(1);
  });

  it('takes the files of builds beside it along', async () => {
    await leaveRows(head);
    const store = openSqliteStore(path());
    const { build } = await store.begin(users);
    await store.close();
    await prepare({ eventLog: { ...sound, identity: async () => 'another' } });
    const builds = readdirSync(dataDirectory).filter((name) => name.includes('.build-'));
    expect(builds).toEqual([`${asideFiles()[0]}.build-${build}`]);
  });

  it('is not moved where the end of the log is what a node says that may be behind', async () => {
    await leaveRows(head);
    const eventLog = { ...sound, head: async () => '0000000000000003' as Position };
    await prepare({ eventLog, soleWriter: false });
    expect(asideFiles()).toEqual([]);
  });

  it('is moved aside, and made anew, where it is damaged', async () => {
    writeFileSync(path(), 'no database at all '.repeat(1_000));
    expect((await prepare()).events).toEqual(new Map());
    const [aside] = asideFiles();
    expect(readFileSync(join(dataDirectory, String(aside)), 'utf8')).toContain('no database at all');
    expect(lines).toHaveLength(1);
    expect(await seenIn()).toEqual([]);
  });

  it('refuses the start in one line where the directory cannot be used', async () => {
    const nowhere = join(dataDirectory, 'nowhere');
    await expect(prepare({ dataDirectory: nowhere })).rejects.toThrow(StartRefusal);
    await expect(prepare({ dataDirectory: nowhere })).rejects.toThrow(nowhere);
  });
});
