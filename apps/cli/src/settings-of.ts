// The settings that a service in this place would run with, and what they say of the data directory.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Call } from '#cli/command.js';
import { CommandFailure, notNow } from '#cli/command-failure.js';
import { type Configuration, type Environment, readConfiguration } from '#server/config.js';
import { layoutProblem } from '#server/data-layout.js';
import type { Settings } from '#server/settings.js';

/** Of the command line alone: the service knows no such setting, and would refuse it. */
export const tokenVariable = 'COUNTERSIGN_TOKEN';

export function configurationOf({ given, environment }: Pick<Call, 'given' | 'environment'>): Configuration {
  const { [tokenVariable]: _, ...settings } = environment;
  const directory = given.text('data-dir');
  const more: Environment = directory === null ? {} : { COUNTERSIGN_DATA_DIR: directory };
  return readConfiguration({ ...settings, ...more });
}

/** Throws `CommandFailure` where a service would not start with them. */
export function settingsOf(call: Pick<Call, 'given' | 'environment'>): Settings {
  const configuration = configurationOf(call);
  if (configuration.status === 'accepted') return configuration.settings;
  throw notNow(configuration.problems.join('; '), 'set it right in the environment of this command');
}

export function dataDirectoryOf(call: Pick<Call, 'given' | 'environment'>): string {
  return resolve(settingsOf(call).dataDirectory);
}

/** Of a log that this machine has. Throws `CommandFailure` where the settings name another, or there is no directory. */
export function embeddedDirectoryOf(call: Pick<Call, 'given' | 'environment'>): string {
  const { eventLog, dataDirectory } = settingsOf(call);
  if (eventLog.engine !== 'embedded')
    throw notNow(
      'this works on the embedded event log, and COUNTERSIGN_EVENT_LOG names another',
      'use the tools of EventStoreDB, or leave COUNTERSIGN_EVENT_LOG out for the embedded log of a data directory',
    );
  const directory = resolve(dataDirectory);
  if (existsSync(directory)) return ofKnownLayout(directory);
  throw new CommandFailure({
    kind: 'notNow',
    message: `there is no data directory ${directory}`,
    advice: 'name another by --data-dir or COUNTERSIGN_DATA_DIR',
    code: 'no-data-directory',
  });
}

function ofKnownLayout(directory: string): string {
  const problem = layoutProblem(directory);
  if (problem !== null) throw notNow(problem.says, problem.advice);
  return directory;
}

/** Of what works on the keys of a data directory. Throws `CommandFailure` where the settings keep them elsewhere. */
export function refuseSharedKeys(call: Pick<Call, 'given' | 'environment'>): void {
  if (settingsOf(call).readModels.engine === 'embedded') return;
  throw notNow(
    'this works on the keys of a data directory, and COUNTERSIGN_READ_MODELS has them in PostgreSQL',
    'ask a running service by --url, or use the tools of PostgreSQL on the schema keys',
  );
}
