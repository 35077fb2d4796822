import { readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';

import type { Call, Command } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { embeddedDirectoryOf, settingsOf } from '#cli/settings-of.js';
import { takeLock } from '#cli/take-lock.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { type MasterKeys, newMasterKeyLine } from '#secrets/master-keys.js';
import { rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { syncPath, writeDurably } from '#server/durable-files.js';
import { findMasterKeys } from '#server/master-key-file.js';

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Wrap every key by the first master key of the file.',
  details:
    'A service does the same by itself when it starts with a file whose first key is new. A rotation that is cut short is finished by running it again.',
  way: 'offline',
  arguments: [],
  options: {
    'new-key': { meaning: 'Make a master key of this id first, and put it first in the file.', value: 'id' },
  },
  examples: [
    { line: 'keys rotate --new-key 2026-11', meaning: 'Replace the master key' },
    { line: 'keys rotate', meaning: 'After a new first line was put into the file by hand' },
  ],
  run: async (call) => {
    const directory = embeddedDirectoryOf(call);
    // Before anything is changed: without keys there is nothing to rotate.
    const total = [...countKeys(directory).values()].reduce((sum, count) => sum + count, 0);
    const lock = takeLock(
      directory,
      'restart the service with the new master key first in its file: it rotates by itself',
    );
    try {
      const masterKeys = masterKeysOf(call, directory);
      const answer = await rotate(call, { directory, masterKeys, total });
      await call.output.answer(answer, () => {
        const unused =
          answer.unused.length === 0
            ? ''
            : `\nunused, and to be taken out of the file once no backup needs it: ${answer.unused.join(', ')}`;
        return `wrapped ${answer.rewrapped} keys by the master key ${answer.masterKey}${unused}`;
      });
      return exitCodes.done;
    } finally {
      lock.release();
    }
  },
};

function masterKeysOf(call: Call, directory: string): MasterKeys {
  const given = settingsOf(call).masterKeyFile;
  const { masterKeys, path } = findMasterKeys(given, directory, true);
  const id = call.given.text('new-key');
  if (id === null) return masterKeys;
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(id))
    throw notNow('--new-key must be 1 to 64 of A-Z a-z 0-9 . _ -', 'such as 2026-11');
  if (masterKeys.byId.has(id))
    throw notNow(`${path} has a master key ${id} already`, 'give the new one another id');
  const text = newMasterKeyLine(id) + readFileSync(path, 'utf8');
  const fresh = join(dirname(path), '.master-keys.new');
  writeDurably(fresh, text);
  renameSync(fresh, path);
  syncPath(dirname(path));
  return findMasterKeys(given, directory, true).masterKeys;
}

interface Rotation {
  readonly directory: string;
  readonly masterKeys: MasterKeys;
  readonly total: number;
}

async function rotate({ output }: Call, { directory, masterKeys, total }: Rotation) {
  const store = await SqliteKeyStore.open({ directory });
  const bar = output.progress('rotate');
  try {
    const onProgress = (done: number) => bar.show(done, total);
    const { rewrapped } = await rotateMasterKey({ store, masterKeys, onProgress });
    const unused = await unusedMasterKeys(store, masterKeys);
    return { masterKey: masterKeys.sealing.id, rewrapped, unused };
  } finally {
    bar.end();
    await store.close();
  }
}
