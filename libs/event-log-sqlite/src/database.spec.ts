import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { assertVersion, openWriter } from '#event-log-sqlite/database.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-database-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('the writer syncs each commit, checkpoints by itself, and keeps the file from others', () => {
  const path = join(directory, 'events.db');
  const database = openWriter(path);
  const settings = ['journal_mode', 'synchronous', 'wal_autocheckpoint', 'cell_size_check', 'fullfsync'];
  const kept = settings.map((name) => [name, database.pragma(name, { simple: true })]);
  database.close();
  expect(Object.fromEntries(kept)).toEqual({
    journal_mode: 'wal',
    synchronous: 2,
    wal_autocheckpoint: 0,
    cell_size_check: 1,
    fullfsync: 1,
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

it.each(['3.51.2', '3.50.9', '2.99.9', '3.9.4'])(
  'SQLite %s, which can lose commits, is refused',
  (version) => {
    expect(() => assertVersion(version)).toThrow(/3\.51\.3 is the oldest to use/);
  },
);

it.each(['3.51.3', '3.52.0', '4.0.0'])('SQLite %s is taken', (version) => {
  expect(() => assertVersion(version)).not.toThrow();
});
