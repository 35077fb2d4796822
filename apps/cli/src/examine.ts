// What a service would find in this place, looked at before it does, and what to do about each thing.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import type { Call } from '#cli/command.js';
import { clockFindings } from '#cli/examine-clock.js';
import { diskFindings } from '#cli/examine-disk.js';
import { rowFindings } from '#cli/examine-rows.js';
import { type Finding, fine, problem, warning } from '#cli/finding.js';
import { isReady, runningOn, urlOf } from '#cli/running.js';
import { configurationOf } from '#cli/settings-of.js';
import { EventLogError } from '#event-log/errors.js';
import { sqliteVersion } from '#event-log-sqlite/database.js';
import { readEnd } from '#event-log-sqlite/log-end.js';
import { keyFilePath } from '#key-store-sqlite/key-file.js';
import { countKeys } from '#key-store-sqlite/read-keys.js';
import { unfinishedRestore } from '#server/data-directory.js';
import { layoutProblem } from '#server/data-layout.js';
import { findMasterKeys } from '#server/master-key-file.js';
import { refuseOldNode } from '#server/node-version.js';
import type { Settings } from '#server/settings.js';

const othersMayDoAnything = 0o077;

export async function examine(call: Pick<Call, 'given' | 'environment'>): Promise<Finding[]> {
  const configuration = configurationOf(call);
  if (configuration.status === 'refused')
    return [
      ...configuration.problems.map((says) =>
        problem('settings', says, 'docs/settings.md lists each setting'),
      ),
      ...versions(),
    ];
  const { settings } = configuration;
  const directory = resolve(settings.dataDirectory);
  return [
    fine('settings', 'all are understood'),
    ...versions(),
    ...directoryFindings(directory),
    ...diskFindings(directory),
    ...clockFindings(directory),
    ...logFindings(settings, directory),
    ...(settings.eventLog.engine === 'embedded' ? await rowFindings(directory) : []),
    ...keyFindings(settings, directory),
    await serviceFinding(settings, directory),
  ];
}

function versions(): Finding[] {
  const node = refuseOldNode();
  return [
    node === undefined ? fine('node', process.versions.node) : problem('node', process.versions.node, node),
    attempt('sqlite', () => fine('sqlite', sqliteVersion()), 'run npm ci again: it brings its own'),
  ];
}

function directoryFindings(directory: string): Finding[] {
  const what = 'data directory';
  if (!existsSync(directory))
    return [
      warning(what, `${directory} is not there`, 'the first start makes it; or name another by --data-dir'),
    ];
  try {
    accessSync(directory, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch {
    return [
      problem(
        what,
        `${directory} cannot be written by this user`,
        'run as the user of the service, or chown it',
      ),
    ];
  }
  if (existsSync(join(directory, unfinishedRestore)))
    return [problem(what, 'a restore into it was cut short', 'run countersign restore again')];
  const layout = layoutProblem(directory);
  if (layout !== null) return [problem(what, layout.says, layout.advice)];
  return [
    isPrivate(directory)
      ? fine(what, directory)
      : warning(what, `${directory} can be read by others`, `chmod 700 ${directory}`),
    ...modeFindings(directory),
  ];
}

function modeFindings(directory: string): Finding[] {
  const secret = ['events.db', 'events.head', 'keys.db', 'models.db', 'master.key', 'admin.token'];
  const open = secret.filter(
    (name) => existsSync(join(directory, name)) && !isPrivate(join(directory, name)),
  );
  if (open.length === 0) return [fine('modes', 'its files are for their owner alone')];
  const paths = open.map((name) => join(directory, name)).join(' ');
  return [problem('modes', `others can read ${open.join(', ')}`, `chmod 600 ${paths}`)];
}

function isPrivate(path: string): boolean {
  // Windows has no such modes.
  return process.platform === 'win32' || (statSync(path).mode & othersMayDoAnything) === 0;
}

function logFindings({ eventLog }: Settings, directory: string): Finding[] {
  if (eventLog.engine !== 'embedded') return [fine('log', 'it is in EventStoreDB')];
  if (!existsSync(join(directory, 'events.db'))) return [fine('log', 'there is none yet')];
  const advice = 'countersign events verify names what is damaged; then restore a backup';
  return [
    attempt(
      'log',
      () =>
        fine(
          'log',
          `its ${readEnd(directory).position.toLocaleString('en')} events end where its head mark says`,
        ),
      advice,
    ),
  ];
}

function keyFindings({ masterKeyFile, readModels }: Settings, directory: string): Finding[] {
  if (readModels.engine !== 'embedded') return [fine('keys', 'they are in PostgreSQL')];
  if (!existsSync(keyFilePath(directory))) return [fine('keys', 'there are none yet')];
  const advice = 'put the missing master key back into the file: without it its users are lost';
  return [
    attempt(
      'keys',
      () => {
        const { masterKeys } = findMasterKeys(masterKeyFile, directory, true);
        const missing = [...countKeys(directory).keys()].filter((id) => !masterKeys.byId.has(id));
        return missing.length === 0
          ? fine('keys', `each has its master key; ${masterKeys.sealing.id} seals`)
          : problem('keys', `the master keys ${missing.join(', ')} are missing`, advice);
      },
      advice,
    ),
    masterKeyFile === null
      ? warning(
          'master key',
          'it lies beside what it protects',
          'in production move it elsewhere, and name it in COUNTERSIGN_MASTER_KEY_FILE',
        )
      : fine('master key', 'it is kept elsewhere'),
  ];
}

async function serviceFinding(settings: Settings, directory: string): Promise<Finding> {
  const running = existsSync(directory) ? runningOn(directory) : null;
  if (running === null) return fine('service', 'none runs on the data directory');
  const url = urlOf(settings);
  if (await isReady(url)) return fine('service', `pid ${running.pid} is ready at ${url}`);
  return warning(
    'service',
    `pid ${running.pid} has the data directory, and ${url} is not ready`,
    'give this command the settings of the service, or look into its log',
  );
}

function attempt(what: string, look: () => Finding, advice: string): Finding {
  try {
    return look();
  } catch (error) {
    const { name, message } = error as Error;
    if (!(error instanceof EventLogError) && name !== 'KeyStoreError' && name !== 'StartRefusal') throw error;
    return problem(what, message, advice);
  }
}
