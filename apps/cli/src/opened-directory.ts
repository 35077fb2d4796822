// What a process needs of a data directory on which no service runs: its log, under its lock, and its keys.

import { resolve } from 'node:path';

import type { Call } from '#cli/command.js';
import { notNow } from '#cli/command-failure.js';
import { settingsOf } from '#cli/settings-of.js';
import { logStart } from '#event-log/event-log.js';
import type { Log } from '#server/log.js';
import type { OpenKeys } from '#server/open-application.js';
import type { PasswordSettings } from '#server/password-settings.js';
import type { ReadModelsOptions } from '#server/read-models.js';

export interface OpenedDirectory extends ReadModelsOptions, Pick<OpenKeys, 'path'> {
  readonly masterKeyFile: string | null;
  readonly externalUrl: string;
  readonly passwords: PasswordSettings;
  readonly store: OpenKeys['store'];
  /** What is opened over it, closed before it; the last one first. */
  closeFirst(close: () => Promise<void> | void): void;
  close(): Promise<void>;
}

export async function openDirectory(call: Call): Promise<OpenedDirectory> {
  // Loaded here, since nothing else needs the framework.
  await import('reflect-metadata');
  const [{ openEventLog }, { openKeys }, { prepareDataDirectory }, { readPasswordSettings }] =
    await Promise.all([
      import('#server/open-event-log.js'),
      import('#server/open-application.js'),
      import('#server/data-directory.js'),
      import('#server/password-settings.js'),
    ]);
  const settings = settingsOf(call);
  const { eventLog: choice, readModels, dataDirectory: directory, masterKeyFile, externalUrl } = settings;
  const passwords = readPasswordSettings(settings);
  const dataDirectory = prepareDataDirectory(resolve(directory));
  const log = logOver(call);
  const { eventLog, projected } = await openEventLog(choice, dataDirectory, log);
  const closing: (() => Promise<void> | void)[] = [() => eventLog.close()];
  const close = async () => {
    for (const one of closing) await one();
  };
  try {
    if ((await eventLog.head()) === logStart)
      throw notNow(
        `there is nothing in ${dataDirectory} yet`,
        'start the service once: it makes the instance',
      );
    const soleWriter = choice.engine === 'embedded';
    const options = {
      dataDirectory,
      masterKeyFile,
      readModels,
      eventLog,
      soleWriter,
      externalUrl,
      log,
      passwords,
    };
    const keys = await openKeys(options);
    closing.unshift(() => keys.store.close());
    return { ...options, ...keys, projected, closeFirst: (one) => void closing.unshift(one), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Warnings and worse go to who asked; all else would only be in the way. */
function logOver({ output }: Call): Log {
  const tell = (...said: unknown[]): void => {
    const text = said.filter((part) => typeof part === 'string').join(' ');
    output.note(text);
  };
  const silent = (): void => undefined;
  return {
    trace: silent,
    debug: silent,
    info: silent,
    warn: tell,
    error: tell,
    fatal: tell,
  } as unknown as Log;
}
