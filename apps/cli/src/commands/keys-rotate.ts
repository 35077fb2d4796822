import { readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import type { Call, Command } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { exitCodes } from '#cli/exit-codes.js';
import { masterKeysThere, type Rotation, rotateThere } from '#cli/master-keys-there.js';
import { serviceOf } from '#cli/reach.js';
import { type Json, ServiceApi } from '#cli/service-api.js';
import { embeddedDirectoryOf, refuseSharedKeys, settingsOf } from '#cli/settings-of.js';
import { takeLock } from '#cli/take-lock.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { type MasterKeys, newMasterKeyLine } from '#secrets/master-keys.js';
import { rotateMasterKey, unusedMasterKeys } from '#secrets/rotate.js';
import { syncPath, writeDurably } from '#server/durable-files.js';
import { findMasterKeys } from '#server/master-key-file.js';

const lookEveryMs = 200;

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Wrap every key by the first master key of the file.',
  details:
    'A service does the same by itself when it starts with a file whose first key is new, so that a new key is made with the service stopped. A rotation that is cut short is finished by running it again.',
  way: 'either',
  arguments: [],
  options: {
    'new-key': { meaning: 'Make a master key of this id first, and put it first in the file.', value: 'id' },
  },
  examples: [
    { line: 'keys rotate --new-key 2026-11', meaning: 'Replace the master key' },
    { line: 'keys rotate', meaning: 'After a new first line was put into the file by hand' },
  ],
  run: async (call) => {
    const url = await serviceOf(call);
    if (url !== null && call.given.text('new-key') !== null)
      throw notNow(
        'a service runs, which reads the file of the master keys when it starts',
        'restart the service with the new master key first in its file: it rotates by itself',
      );
    const answer =
      url === null ? await rotateHere(call) : await rotateByService(call, ServiceApi.of(call, url));
    await call.output.answer(answer, () => toldOf(answer));
    return exitCodes.done;
  },
};

interface Answer {
  readonly masterKey: string;
  readonly rewrapped: number;
  readonly unused: readonly string[];
}

function toldOf({ masterKey, rewrapped, unused }: Answer): string {
  const done = `wrapped ${rewrapped} keys by the master key ${masterKey}`;
  if (unused.length === 0) return done;
  return `${done}\nunused, and to be taken out of the file once no backup needs it: ${unused.join(', ')}`;
}

async function rotateHere(call: Call): Promise<Answer> {
  refuseSharedKeys(call);
  const directory = embeddedDirectoryOf(call);
  // Before anything is changed: without keys there is nothing to rotate.
  const total = [...countKeys(directory).values()].reduce((sum, count) => sum + count, 0);
  const lock = takeLock(directory, 'try again when nothing else works on it');
  try {
    return await rotate(call, { directory, masterKeys: masterKeysOf(call, directory), total });
  } finally {
    lock.release();
  }
}

/** Asked for once, and looked at until it is over. */
async function rotateByService({ output }: Call, service: ServiceApi): Promise<Answer> {
  const before = (await masterKeysThere(service)).rotation.done;
  await rotateThere(service);
  const bar = output.progress('rotate');
  try {
    for (;;) {
      const { masterKeys, rotation } = await masterKeysThere(service);
      bar.show(rotation.done, rotation.total);
      if (!rotation.isRunning) return answerOf(masterKeys, rotation, before);
      await delay(lookEveryMs);
    }
  } finally {
    bar.end();
  }
}

function answerOf(masterKeys: readonly Json[], { done, lastError }: Rotation, before: number): Answer {
  if (lastError !== null)
    throw new CommandFailure({
      kind: 'failed',
      message: `the rotation ended before its end: ${lastError}`,
      advice: 'run it again: what is wrapped stays so',
    });
  const unused = masterKeys.filter(({ wraps, seals }) => Number(wraps ?? 0) === 0 && seals !== true);
  const sealing = masterKeys.find(({ seals }) => seals === true);
  return {
    masterKey: String(sealing?.id),
    rewrapped: done - before,
    unused: unused.map(({ id }) => String(id)),
  };
}

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

interface Rotating {
  readonly directory: string;
  readonly masterKeys: MasterKeys;
  readonly total: number;
}

async function rotate({ output }: Call, { directory, masterKeys, total }: Rotating) {
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
