import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { readHook } from '#server/hook/hook-settings.js';

const secret = 's3cret-of-thirty-two-characters!';
const directory = mkdtempSync(join(tmpdir(), 'countersign-hook-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string, mode = 0o600): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const read = (hookSecretFile: string) =>
  readHook({ hookUrl: 'https://hook.example/in', hookSecretFile, hookAllowedHosts: null });

describe('the secrets of the hook', () => {
  it('are one, or one and its successor', () => {
    expect(read(file('one', secret))?.secrets).toHaveLength(1);
    expect(read(file('line', `${secret}\n`))?.secrets).toHaveLength(1);
    expect(read(file('two', `${secret}\n${secret}2\n`))?.secrets).toHaveLength(2);
  });

  it.each([
    ['nothing', ''],
    ['an empty line', `${secret}\n\n`],
    ['three', `${secret}\n${secret}\n${secret}\n`],
    ['one that is short', secret.slice(1)],
    ['one that is long', secret.repeat(9)],
    ['one with a space', `${secret} x`],
    ['one with the line end of Windows', `${secret}\r\n`],
    ['one that is not ASCII', `${secret}é`],
  ])('are refused where there is %s, and not quoted', (_, text) => {
    const path = file('bad', text);
    expect(() => read(path)).toThrow(
      `COUNTERSIGN_HOOK_SECRET_FILE: ${path} must have one or two lines, each with a secret of 32 to 256 characters without spaces`,
    );
    expect(() => read(path)).not.toThrow('s3cret');
  });

  it('are for their owner only', () => {
    expect(() => read(file('read-only', secret, 0o400))).not.toThrow();
    for (const mode of [0o640, 0o604, 0o660, 0o610])
      expect(() => read(file(`mode-${mode}`, secret, mode))).toThrow(/its owner only/);
  });

  it('are in a file that is there', () => {
    expect(() => read(join(directory, 'nowhere'))).toThrow(
      /^COUNTERSIGN_HOOK_SECRET_FILE: .*cannot be read$/,
    );
    expect(() => read(directory)).toThrow(/^COUNTERSIGN_HOOK_SECRET_FILE: /);
  });
});

describe('a server without a hook', () => {
  it('has none', () => {
    expect(readHook({ hookUrl: null, hookSecretFile: null, hookAllowedHosts: null })).toBeNull();
  });
});
