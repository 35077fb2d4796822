import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** What another process says that tries to take it. */
function anotherProcess(): string {
  const module = join(import.meta.dirname, 'directory-lock.ts');
  const code = `
    const { DirectoryLock } = await import(${JSON.stringify(module)});
    try {
      DirectoryLock.take(${JSON.stringify(directory)});
      console.log('taken');
    } catch (error) {
      console.log(error.message);
    }`;
  const args = ['--conditions=development', '--no-warnings', '--input-type=module', '--eval', code];
  return spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
}

it('another process is refused, told who holds the directory, and let in after', () => {
  const lock = DirectoryLock.take(directory);
  expect(anotherProcess()).toContain(`another process (pid ${process.pid}) has the data directory`);
  lock.release();
  expect(anotherProcess()).toBe('taken');
});

it('who holds it can be asked, without taking it from anybody', () => {
  expect(DirectoryLock.holderOf(directory)).toBeNull();
  const lock = DirectoryLock.take(directory);
  const module = join(import.meta.dirname, 'directory-lock.ts');
  const code = `
    const { DirectoryLock } = await import(${JSON.stringify(module)});
    console.log(JSON.stringify(DirectoryLock.holderOf(${JSON.stringify(directory)})));`;
  const args = ['--conditions=development', '--no-warnings', '--input-type=module', '--eval', code];
  const ask = () => spawnSync(process.execPath, args, { encoding: 'utf8' }).stdout.trim();
  expect(ask()).toBe(JSON.stringify({ pid: process.pid }));
  expect(anotherProcess()).toContain('has the data directory');
  lock.release();
  expect(ask()).toBe('null');
});

it('trying to take it twice in one process does not let another one in', () => {
  const lock = DirectoryLock.take(directory);
  expect(() => DirectoryLock.take(directory)).toThrow(/has the data directory/);
  expect(anotherProcess()).toContain('has the data directory');
  lock.release();
});

it('a lock file that is no lock is named', () => {
  const path = join(directory, 'events.lock');
  writeFileSync(path, 'this is no database, and long enough to be taken for a damaged one'.repeat(100));
  expect(() => DirectoryLock.take(directory)).toThrow(`its lock ${path} cannot be taken`);
});
