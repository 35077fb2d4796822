// Reading keys.db from outside of the service, beside it or without it; and copying it as it is at one moment.

import { closeSync, existsSync, fsyncSync, openSync } from 'node:fs';

import { bytesOf, isDamage, keyFilePath, openReader } from '#key-store-sqlite/key-file.js';
import { damaged, unavailable } from '#key-store-sqlite/key-store-failure.js';
import { Keys } from '#key-store-sqlite/keys.js';
import type { WrappedKey } from '#secrets/key-store.js';

const keysPerPage = 1_000;
/** All at once: the service waits with erasing while somebody reads an old state. */
const pagesPerStep = 2 ** 30;

export function countKeys(directory: string): ReadonlyMap<string, number> {
  return reading(directory, (keys) => keys.countByMasterKey());
}

/** All of them, in the order of their subjects, as they are at one moment. */
export function readKeys(directory: string): WrappedKey[] {
  return reading(directory, (keys) => {
    const all: WrappedKey[] = [];
    for (;;) {
      const page = keys.notWrappedBy('', { after: all.at(-1)?.subject ?? null, limit: keysPerPage });
      all.push(...page);
      if (page.length < keysPerPage) return all;
    }
  });
}

/** Beside the service too. What was erased is in no byte of the copy either. */
export async function copyKeys({ directory, to }: { directory: string; to: string }): Promise<void> {
  const path = keyFilePath(to);
  closeSync(openSync(path, 'ax', 0o600));
  const database = openExisting(directory);
  try {
    await database.backup(path, { progress: () => pagesPerStep });
  } finally {
    database.close();
  }
  const file = openSync(path, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function openExisting(directory: string) {
  const path = keyFilePath(directory);
  if (!existsSync(path) || bytesOf(path) === 0) throw unavailable(`there are no keys in ${directory}`);
  return openReader(path);
}

function reading<T>(directory: string, read: (keys: Keys) => T): T {
  const database = openExisting(directory);
  try {
    return database.transaction(() => read(new Keys(database)))();
  } catch (error) {
    if (isDamage(error)) throw damaged('its file is not well formed, or is no key store', error);
    throw error;
  } finally {
    database.close();
  }
}
