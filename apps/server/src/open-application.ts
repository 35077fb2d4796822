// The application over an event log that answers: keys first, since nothing can be opened or sealed without them.

import { join } from 'node:path';

import { NestFactory } from '@nestjs/core';
import { CommandBus } from '@nestjs/cqrs';

import { policyDefects } from '#access/policies/check-policy.js';
import { Application } from '#application/application.js';
import { ApplicationModule } from '#application/application-module.js';
import { instanceStream } from '#application/surroundings.js';
import type { EventLog } from '#event-log/event-log.js';
import { namesSubject } from '#secrets/data-keys.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { assertMasterKeys } from '#secrets/rotate.js';
import { MasterKeyMissing } from '#secrets/wrapping.js';
import { describeError } from '#server/describe-error.js';
import type { HookSettings } from '#server/hook/hook-settings.js';
import type { Log } from '#server/log.js';
import { findMasterKeys } from '#server/master-key-file.js';
import type { Metrics } from '#server/metrics/metrics.js';
import { openKeyStore } from '#server/open-key-store.js';
import type { PasswordSettings } from '#server/password-settings.js';
import { secretsOver } from '#server/secrets-over.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';
import { FileSnapshots } from '#snapshot-files/file-snapshots.js';

export interface ApplicationOptions {
  readonly dataDirectory: string;
  readonly masterKeyFile: string | null;
  /** Keys are where rows are. */
  readonly readModels: ReadModelsChoice;
  readonly eventLog: EventLog;
  /** No other process appends to this log. */
  readonly soleWriter: boolean;
  /** Null, or left out, where nobody outside is told anything. */
  readonly hook?: HookSettings | null;
  readonly externalUrl: string;
  readonly log: Log;
  /** Left out where they are as by default. */
  readonly passwords?: PasswordSettings;
  /** Left out where nobody asks. */
  readonly metrics?: Metrics;
}

export interface OpenKeys {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
  /** Where those were found. */
  readonly path: string;
}

export interface OpenedApplication extends Omit<OpenKeys, 'path'> {
  readonly application: Application;
  readonly bus: CommandBus;
  /** Of a user whom another server erased. */
  readonly forgetKey: (subject: string) => void;
  /** Where nobody knows whom another server erased. */
  readonly forgetKeys: () => void;
  /** Leaves the keys open, for another try. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** Throws `StartRefusal` where the keys are not those of what is stored. */
export async function openKeys(
  options: Omit<ApplicationOptions, 'eventLog' | 'soleWriter' | 'externalUrl' | 'metrics'>,
): Promise<OpenKeys> {
  const { dataDirectory, masterKeyFile, log } = options;
  const { store, found } = await openKeyStore({
    ...options,
    findMasterKeys: (hasDataKeys) => findMasterKeys(masterKeyFile, dataDirectory, hasDataKeys),
  });
  const { masterKeys, path } = found;
  if (found.isNew)
    log.warn(
      { file: path },
      'a master key was made in the data directory; whoever has a copy of the directory can open what it seals: keep it elsewhere, and name it in COUNTERSIGN_MASTER_KEY_FILE',
    );
  try {
    await refuseMissing(found, () => assertMasterKeys(store, masterKeys));
    return { store, masterKeys, path };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function refuseMissing<Outcome>(
  { path }: Pick<OpenKeys, 'path'>,
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof MasterKeyMissing)) throw error;
    throw new StartRefusal(`${path} must have the master key ${error.masterKeyId}: keys need it`, {
      cause: error,
    });
  }
}

export async function openApplication(
  options: ApplicationOptions,
  { store, masterKeys, path }: OpenKeys,
): Promise<OpenedApplication> {
  const { eventLog, soleWriter, externalUrl, log, dataDirectory, metrics } = options;
  await assertNamesKey(options, store);
  // Another server that starts at the same moment may have made the first key by a master key of its own.
  const secrets = await refuseMissing({ path }, () =>
    secretsOver(store, masterKeys, {
      ...options.passwords,
      ...(metrics && { measured: (lane) => metrics.hashes.over(lane) }),
    }),
  );
  const onTrouble = (error: unknown) =>
    log.error({ error: describeError(error) }, 'something beside the calls failed');
  const parts = {
    log: eventLog,
    logIdentity: await eventLog.identity(),
    clock: Date.now,
    externalUrl,
    soleWriter,
    secrets,
    snapshots: await FileSnapshots.open(join(dataDirectory, 'snapshots')),
    deliversCodes: options.hook != null,
    policyDefects,
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
    forgetKey: (subject) => secrets.keys.forget(subject),
    forgetKeys: () => secrets.keys.forgetAll(),
    end,
    close: async () => {
      await end();
      await store.close();
    },
  };
}

/** A new key of names beside an old log would lead every login name nowhere, without a word. */
async function assertNamesKey({ eventLog, readModels }: ApplicationOptions, store: KeyStore): Promise<void> {
  if ((await store.get(namesSubject)) !== null) return;
  const page = await eventLog.readStream(instanceStream, { direction: 'forward', from: 0, limit: 1 });
  if (page.status === 'unknown' || page.events.length === 0) return;
  // Another server that makes both at this moment has made the key before the first event.
  if ((await store.get(namesSubject)) !== null) return;
  throw new StartRefusal(
    readModels.engine === 'embedded'
      ? 'keys.db must be the one that was made with this event log: restore it from its backup, or start with an empty log'
      : 'COUNTERSIGN_READ_MODELS must be the database that has the keys of this event log: restore its schema keys from its backup, or start with an empty log',
  );
}
