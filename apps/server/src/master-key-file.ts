// The master keys: from the file of the setting, or from one in the data directory that the first start makes.
// No message quotes a line of either.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import {
  type MasterKeys,
  MasterKeysMalformed,
  newMasterKeyLine,
  parseMasterKeys,
} from '#secrets/master-keys.js';
import { writeDurably } from '#server/durable-files.js';
import { readOwnersFile } from '#server/owners-file.js';
import { StartRefusal } from '#server/start-refusal.js';

const setting = 'COUNTERSIGN_MASTER_KEY_FILE';

export interface FoundMasterKeys {
  readonly masterKeys: MasterKeys;
  readonly path: string;
  /** Keys that lie beside what they protect protect it from nobody who has the whole directory. */
  readonly place: 'given' | 'data-directory';
  readonly isNew: boolean;
}

/** `hasDataKeys`: keys are stored already, so that a new master key would open none of them. */
export function findMasterKeys(
  given: string | null,
  dataDirectory: string,
  hasDataKeys: boolean,
): FoundMasterKeys {
  if (given !== null) return { masterKeys: readMasterKeys(given), path: given, place: 'given', isNew: false };
  const path = join(dataDirectory, 'master.key');
  const isNew = !existsSync(path);
  if (isNew && hasDataKeys)
    throw new StartRefusal(
      `${setting} must name the file of the master keys: data keys are stored already, and ${path} is not there`,
    );
  // Durable before the first data key is wrapped by it.
  if (isNew) writeDurably(path, newMasterKeyLine('first'), 'wx');
  return { masterKeys: readMasterKeys(path), path, place: 'data-directory', isNew };
}

export function readMasterKeys(path: string): MasterKeys {
  const text = readOwnersFile(setting, path);
  try {
    return parseMasterKeys(text);
  } catch (error) {
    if (!(error instanceof MasterKeysMalformed)) throw error;
    throw new StartRefusal(`${setting}: ${path} ${error.message}`, { cause: error });
  }
}
