// Where the keys of users are kept: beside the embedded log, or in the PostgreSQL where read models are.

import { existsSync } from 'node:fs';

import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { KeyStoreFailure } from '#key-store-sqlite/key-store-failure.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { namesSubject } from '#secrets/data-keys.js';
import type { KeyStore } from '#secrets/key-store.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { FoundMasterKeys } from '#server/master-key-file.js';
import { postgresRefusal } from '#server/postgres-refusal.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface KeyStoreOptions {
  readonly dataDirectory: string;
  readonly readModels: ReadModelsChoice;
  readonly log: Log;
  /** `hasDataKeys`: keys are stored already, so that a new master key would open none of them. */
  readonly findMasterKeys: (hasDataKeys: boolean) => FoundMasterKeys;
}

export interface OpenedKeyStore {
  readonly store: KeyStore;
  readonly found: FoundMasterKeys;
}

/** Throws `StartRefusal`. */
export function openKeyStore(options: KeyStoreOptions): Promise<OpenedKeyStore> {
  const { readModels } = options;
  switch (readModels.engine) {
    case 'embedded':
      return openFile(options);
    case 'postgres':
      return openPostgres(options, readModels.url);
  }
}

async function openFile({ dataDirectory, log, findMasterKeys }: KeyStoreOptions): Promise<OpenedKeyStore> {
  // Before there is a file, so that a start that is refused leaves none.
  const found = findMasterKeys(existsSync(keyFilePath(dataDirectory)));
  try {
    const store = await SqliteKeyStore.open({
      directory: dataDirectory,
      onTrouble: (reason) => log.error({ reason }, 'the disk or the thread of the keys'),
    });
    return { store, found };
  } catch (error) {
    const reason = error instanceof KeyStoreFailure ? error.message : describeError(error).name;
    throw new StartRefusal(`the data directory ${dataDirectory} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

async function openPostgres({ log, findMasterKeys }: KeyStoreOptions, url: string): Promise<OpenedKeyStore> {
  const store = await connect(url, log);
  try {
    // The key of names is the first one that is made at all.
    return { store, found: findMasterKeys((await store.get(namesSubject)) !== null) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function connect(url: string, log: Log): Promise<KeyStore> {
  const { PostgresKeyStore } = await import('#key-store-postgres/postgres-key-store.js');
  const onTrouble = (reason: string) => log.error({ reason }, 'the database of the keys');
  try {
    return await PostgresKeyStore.open({ url, onTrouble });
  } catch (error) {
    throw postgresRefusal(error, url);
  }
}
