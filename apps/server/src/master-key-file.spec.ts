import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { checkMasterKeyFile, problemWithKeys } from '#server/master-key-file.js';

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
  it.each([`a ${key}`, `a ${key}\n`, `a ${key}\r\nb-2 ${key}\r\n`])('may be %j', (text) => {
    expect(problemWithKeys(text)).toBeUndefined();
  });

  it.each([
    ['', 1],
    ['\n', 1],
    [`${key}\n`, 1],
    [`a ${key}\n\nb ${key}\n`, 2],
    [`a ${key}\nb ${Buffer.alloc(31).toString('base64')}\n`, 2],
    [`a ${key}\nb ${Buffer.alloc(33).toString('base64')}\n`, 2],
    [`a ${key.replace('=', '')}\n`, 1],
    [`a  ${key}\n`, 1],
    [`a ${key} # mine\n`, 1],
    [`ä ${key}\n`, 1],
  ])('%j is refused by its line %i, which is not quoted', (text, line) => {
    expect(problemWithKeys(text)).toBe(`line ${line} must be <id> <32 bytes in base64>`);
  });

  it('names each key once', () => {
    expect(problemWithKeys(`a ${key}\nb ${key}\na ${key}\n`)).toBe(
      'line 3 names a key that an earlier line names',
    );
  });

  it('is for its owner only', () => {
    expect(() => checkMasterKeyFile(file('good', `a ${key}\n`, 0o600))).not.toThrow();
    expect(() => checkMasterKeyFile(file('read-only', `a ${key}\n`, 0o400))).not.toThrow();
    for (const mode of [0o640, 0o604, 0o660, 0o610]) {
      expect(() => checkMasterKeyFile(file(`mode-${mode}`, `a ${key}\n`, mode))).toThrow(/its owner only/);
    }
  });

  it('exists and is a file', () => {
    expect(() => checkMasterKeyFile(join(directory, 'nowhere'))).toThrow(/cannot be read$/);
    expect(() => checkMasterKeyFile('/')).toThrow(/^COUNTERSIGN_MASTER_KEY_FILE: \/ /);
  });
});
