import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { findMasterKeys, readMasterKeys } from '#server/master-key-file.js';

const key = Buffer.alloc(32, 7).toString('base64');
const directory = mkdtempSync(join(tmpdir(), 'countersign-keys-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string, mode: number): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

describe('the master key file', () => {
  it('is refused by its line, which is not quoted', () => {
    const path = file('bad', `a ${key}\n${key}\n`, 0o600);
    expect(() => readMasterKeys(path)).toThrow(
      `COUNTERSIGN_MASTER_KEY_FILE: ${path} line 2 must be <id> <32 bytes in base64>`,
    );
    expect(() => readMasterKeys(path)).not.toThrow(key);
  });

  it('is for its owner only', () => {
    expect(() => readMasterKeys(file('good', `a ${key}\n`, 0o600))).not.toThrow();
    expect(() => readMasterKeys(file('read-only', `a ${key}\n`, 0o400))).not.toThrow();
    for (const mode of [0o640, 0o604, 0o660, 0o610]) {
      expect(() => readMasterKeys(file(`mode-${mode}`, `a ${key}\n`, mode))).toThrow(/its owner only/);
    }
  });

  it('exists and is a file', () => {
    expect(() => readMasterKeys(join(directory, 'nowhere'))).toThrow(/cannot be read$/);
    expect(() => readMasterKeys('/')).toThrow(/^COUNTERSIGN_MASTER_KEY_FILE: \/ /);
  });
});

describe('without a file that is named', () => {
  it('a key is made once in the data directory, for its owner only, and found there later', () => {
    const data = mkdtempSync(join(directory, 'data-'));
    const first = findMasterKeys(null, data, false);
    const second = findMasterKeys(null, data, true);
    expect([first.isNew, second.isNew]).toEqual([true, false]);
    expect(first.path).toBe(join(data, 'master.key'));
    expect(statSync(first.path).mode & 0o777).toBe(0o600);
    expect(second.masterKeys.sealing.key.equals(first.masterKeys.sealing.key)).toBe(true);
  });

  it('none is made where data keys are stored already, which it would not open', () => {
    const data = mkdtempSync(join(directory, 'data-'));
    expect(() => findMasterKeys(null, data, true)).toThrow(/^COUNTERSIGN_MASTER_KEY_FILE must name the file/);
    expect(() => statSync(join(data, 'master.key'))).toThrow();
  });
});
