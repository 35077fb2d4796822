// Looks at the master keys at start, so that a mistake in them is found before anything is sealed with
// them. No message quotes a line of the file.

import { readFileSync, statSync } from 'node:fs';

import { MasterKeysMalformed, parseMasterKeys } from '#secrets/master-keys.js';
import { StartRefusal } from '#server/start-refusal.js';

const name = 'COUNTERSIGN_MASTER_KEY_FILE';
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
    parseMasterKeys(readFileSync(path, 'utf8'));
    return undefined;
  } catch (error) {
    return error instanceof MasterKeysMalformed ? `${path} ${error.message}` : `${path} cannot be read`;
  }
}
