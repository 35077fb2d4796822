// Looks at the master keys at start, so that a mistake in them is found before anything is sealed with
// them. No message quotes a line of the file.

import { readFileSync, statSync } from 'node:fs';

import { StartRefusal } from '#server/start-refusal.js';

const name = 'COUNTERSIGN_MASTER_KEY_FILE';
/** AES-256. */
const keyBytes = 32;
const othersCanRead = 0o077;

export function checkMasterKeyFile(path: string): void {
  const problem = problemIn(path);
  if (problem !== undefined) throw new StartRefusal(`${name}: ${problem}`);
}

function problemIn(path: string): string | undefined {
  try {
    const { mode } = statSync(path);
    if (process.platform !== 'win32' && (mode & othersCanRead) !== 0) {
      return `${path} must be readable by its owner only (chmod 600)`;
    }
    const problem = problemWithKeys(readFileSync(path, 'utf8'));
    return problem === undefined ? undefined : `${path} ${problem}`;
  } catch {
    return `${path} cannot be read`;
  }
}

/** What is wrong with the text of a key file, naming the line, or nothing. */
export function problemWithKeys(text: string): string | undefined {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  const bad = lines.findIndex((line) => !isKeyLine(line));
  if (bad !== -1) return `line ${bad + 1} must be <id> <32 bytes in base64>`;
  const ids = lines.map((line) => line.split(' ')[0]);
  const again = ids.findIndex((id, index) => ids.indexOf(id) !== index);
  return again === -1 ? undefined : `line ${again + 1} names a key that an earlier line names`;
}

function isKeyLine(line: string): boolean {
  const [, key] = /^[A-Za-z0-9._-]{1,64} ([A-Za-z0-9+/]+={0,2})$/.exec(line) ?? [];
  if (key === undefined) return false;
  const bytes = Buffer.from(key, 'base64');
  return bytes.length === keyBytes && bytes.toString('base64') === key;
}
