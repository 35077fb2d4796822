import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { checkMasterKeyFile } from '#server/master-key-file.js';

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
    expect(() => checkMasterKeyFile(path)).toThrow(
      `COUNTERSIGN_MASTER_KEY_FILE: ${path} line 2 must be <id> <32 bytes in base64>`,
    );
    expect(() => checkMasterKeyFile(path)).not.toThrow(key);
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
