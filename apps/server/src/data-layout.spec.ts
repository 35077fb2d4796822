import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { prepareDataDirectory } from '#server/data-directory.js';
import { layoutFile, layoutProblem, noteLayout } from '#server/data-layout.js';
import type { Log } from '#server/log.js';
import { openEventLog } from '#server/open-event-log.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-layout-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const silent = {} as Log;
const note = (): string => readFileSync(join(directory, layoutFile), 'utf8');
const write = (text: string): void => writeFileSync(join(directory, layoutFile), text);

it('a directory of before there were notes is opened, and noted once its log is open', async () => {
  expect(layoutProblem(directory)).toBeNull();
  const { eventLog } = await openEventLog({ engine: 'embedded' }, directory, silent);
  await eventLog.close();
  expect(note()).toBe('countersign-layout 1\n');
  expect(layoutProblem(directory)).toBeNull();
  expect(readdirSync(directory).filter((name) => name.endsWith('.new'))).toEqual([]);
  const { ino } = statSync(join(directory, layoutFile));
  noteLayout(directory);
  expect(statSync(join(directory, layoutFile)).ino).toBe(ino);
});

it('a note that was cut short before it had its name is written again', () => {
  writeFileSync(join(directory, `${layoutFile}.new`), 'countersign-lay');
  expect(layoutProblem(directory)).toBeNull();
  noteLayout(directory);
  expect(note()).toBe('countersign-layout 1\n');
});

it.each([
  ['of a later release', 'countersign-layout 2\n', /has layout 2, of a later release.*run that release/],
  ['of a much later one', 'countersign-layout 41\n', /has layout 41/],
  ['that cannot be read', 'countersign-layout 1', /does not say which layout.*remove that file/],
  ['that is empty', '', /does not say which layout/],
  ['of none', 'countersign-layout 0\n', /does not say which layout/],
])('a directory with a note %s is refused by name, with what to do, and left as it is', (_, text, told) => {
  write(text);
  expect(() => prepareDataDirectory(directory)).toThrow(told);
  expect(() => prepareDataDirectory(directory)).toThrow(/^COUNTERSIGN_DATA_DIR: /);
  expect(readdirSync(directory)).toEqual([layoutFile]);
  expect(note()).toBe(text);
});
