// The application over an event log that answers: keys first, since nothing can be opened or sealed without them.

import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import { ApplicationModule } from '#application/application-module.js';
import { instanceStream } from '#application/surroundings.js';
import type { EventLog } from '#event-log/event-log.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { KeyStoreFailure } from '#key-store-sqlite/key-store-failure.js';
import { SqliteKeyStore } from '#key-store-sqlite/sqlite-key-store.js';
import { namesSubject } from '#secrets/data-keys.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { assertMasterKeys } from '#secrets/rotate.js';
import { MasterKeyMissing } from '#secrets/wrapping.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import { findMasterKeys } from '#server/master-key-file.js';
import type { Metrics } from '#server/metrics/metrics.js';
import { secretsOver } from '#server/secrets-over.js';
import { StartRefusal } from '#server/start-refusal.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';

export interface ApplicationOptions {
  readonly dataDirectory: string;
  readonly masterKeyFile: string | null;
  readonly eventLog: EventLog;
  /** No other process appends to this log. */
  readonly soleWriter: boolean;
  readonly log: Log;
  /** Left out where nobody asks. */
  readonly metrics?: Metrics;
}

export interface OpenKeys {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
}

export interface OpenedApplication extends OpenKeys {
  readonly application: Application;
  readonly bus: CommandBus;
  /** Leaves the keys open, for another try. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Throws `StartRefusal` where the keys are not those of what is stored. */
export async function openKeys({ dataDirectory, masterKeyFile, log }: ApplicationOptions): Promise<OpenKeys> {
  const hasDataKeys = existsSync(keyFilePath(dataDirectory));
  const found = findMasterKeys(masterKeyFile, dataDirectory, hasDataKeys);
  if (found.isNew)
    log.warn(
      { file: found.path },
      'a master key was made in the data directory; whoever has a copy of the directory can open what it seals: keep it elsewhere, and name it in COUNTERSIGN_MASTER_KEY_FILE',
    );
  const store = await openStore(dataDirectory, log);
  try {
    await assertMasterKeys(store, found.masterKeys);
    return { store, masterKeys: found.masterKeys };
  } catch (error) {
    await store.close();
    if (!(error instanceof MasterKeyMissing)) throw error;
    throw new StartRefusal(`${found.path} must have the master key ${error.masterKeyId}: keys need it`, {
      cause: error,
    });
  }
}

async function openStore(directory: string, log: Log): Promise<KeyStore> {
  try {
    return await SqliteKeyStore.open({
      directory,
      onTrouble: (reason) => log.error({ reason }, 'the disk or the thread of the keys'),
    });
  } catch (error) {
    const reason = error instanceof KeyStoreFailure ? error.message : describeError(error).name;
    throw new StartRefusal(`the data directory ${directory} cannot be used: ${reason}`, { cause: error });
  }
}

export async function openApplication(
  options: ApplicationOptions,
  { store, masterKeys }: OpenKeys,
): Promise<OpenedApplication> {
  const { eventLog, soleWriter, log, dataDirectory, metrics } = options;
  await assertNamesKey(eventLog, store);
  const onTrouble = (error: unknown) =>
    log.error({ error: describeError(error) }, 'something beside the calls failed');
  const parts = {
    log: eventLog,
    logIdentity: await eventLog.identity(),
    clock: Date.now,
    soleWriter,
    secrets: await secretsOver(store, masterKeys, metrics && ((lane) => metrics.hashes.over(lane))),
    snapshots: await FileSnapshots.open(join(dataDirectory, 'snapshots')),
    onTrouble,
  };
  const context = await NestFactory.createApplicationContext(ApplicationModule.with(parts), {
    logger: ['error', 'fatal'],
    abortOnError: false,
  });
  const end = () => context.close();
  return {
    application: context.get(Application),
    bus: context.get(CommandBus),
    store,
    masterKeys,
    end,
    close: async () => {
      await end();
      await store.close();
    },
  };
}

/** A new key of names beside an old log would lead every login name nowhere, without a word. */
async function assertNamesKey(eventLog: EventLog, store: KeyStore): Promise<void> {
  if ((await store.get(namesSubject)) !== null) return;
  const page = await eventLog.readStream(instanceStream, { direction: 'forward', from: 0, limit: 1 });
  if (page.status === 'unknown' || page.events.length === 0) return;
  throw new StartRefusal(
    'keys.db must be the one that was made with this event log: restore it from its backup, or start with an empty log',
  );
}
