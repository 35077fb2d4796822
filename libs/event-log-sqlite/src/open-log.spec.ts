import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import Database from 'better-sqlite3';
import { samples } from '#event-log/contract/samples.js';
import { encodeAppend } from '#event-log/encode-append.js';
import { AppendGroup } from '#event-log-sqlite/append-group.js';
import { openLog, pathsIn } from '#event-log-sqlite/open-log.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-open-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

it('is not opened while somebody keeps its WAL from being taken in', () => {
  const first = openLog(directory);
  first.keeper.close();
  const reader = new Database(pathsIn(directory).events, { readonly: true });
  new AppendGroup(first.database, first.end).commit([encodeAppend('user-1', samples(1), 'no-stream')]);
  reader.exec('BEGIN; SELECT count(*) FROM events');
  expect(() => openLog(directory)).toThrow(/another process reads an old state of it/);
  reader.exec('COMMIT');
  expect(openLog(directory).end.position).toBe(1);
  reader.close();
});
