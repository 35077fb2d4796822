import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { readPasswordSettings } from '#server/password-settings.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'countersign-blocklist-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const passwordHash = { memoryKibibytes: 19_456, passes: 2, parallelism: 1 };
const settingsWith = (passwordBlocklist: string | null) =>
  readPasswordSettings({ passwordHash, passwordBlocklist });

function file(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

describe('the settings of passwords', () => {
  it('have no list where none is given', () => {
    expect(settingsWith(null)).toEqual({ workFactor: passwordHash, blocklist: null });
  });

  it('have the list of the file', () => {
    const { blocklist } = settingsWith(file('good', 'letmein\npassword\n'));
    expect([blocklist?.has('Password'), blocklist?.has('passwords')]).toEqual([true, false]);
  });

  it.each<[string, () => string, string]>([
    ['is not there', () => join(directory, 'none'), 'cannot be read'],
    ['is a directory', () => directory, 'cannot be read'],
    ['is empty', () => file('empty', '\n'), 'has no passwords in it'],
    ['is in another encoding', () => file('latin', Buffer.from([0xe4, 0x0a])), 'is not UTF-8'],
    ['is far too large', tooLarge, 'has more than 268435456 bytes'],
  ])('refuse a file that %s, in one line that names it and quotes nothing', (_why, path, problem) => {
    const found = path();
    expect(thrownBy(() => settingsWith(found))).toMatchObject({
      name: 'StartRefusal',
      message: `COUNTERSIGN_PASSWORD_BLOCKLIST: ${found} ${problem}`,
    });
  });
});

/** With nothing in it on the disk. */
function tooLarge(): string {
  const path = file('large', 'x');
  truncateSync(path, 256 * 2 ** 20 + 1);
  return path;
}

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    return error;
  }
}
