// From the settings to a serving process, and to its end.

import 'reflect-metadata';

import { prepareDataDirectory } from '#server/data-directory.js';
import { describeError } from '#server/describe-error.js';
import { readHook } from '#server/hook/hook-settings.js';
import { type Log, type OpenLog, openLog } from '#server/log.js';
import { openEventLog } from '#server/open-event-log.js';
import { readPasswordSettings } from '#server/password-settings.js';
import { scrubSecretsOf } from '#server/secrets-in-settings.js';
import type { Settings } from '#server/settings.js';
import { type Running, stop } from '#server/stop.js';
import { firstStopSignal } from '#server/stop-signal.js';
import { readTls } from '#server/tls-files.js';

/** Throws `StartRefusal`. */
export async function serve(settings: Settings): Promise<void> {
  const scrub = scrubSecretsOf(settings);
  const opened = await openLog({ level: settings.logLevel, scrub, isTerminal: process.stdout.isTTY });
  const { log } = opened;
  endOnBugs(opened);
  const signal = firstStopSignal(log);
  const running = await start(settings, log);
  await signal;
  const exitCode = await stop(running);
  await opened.flush();
  process.exit(exitCode);
}

async function start(settings: Settings, log: Log): Promise<Running> {
  const given = {
    tls: readTls(settings),
    hook: readHook(settings),
    passwords: readPasswordSettings(settings),
    dataDirectory: prepareDataDirectory(settings.dataDirectory),
  };
  // Threads open the log, while this one loads what stands on it.
  const [opened, { startService }] = await Promise.all([
    openEventLog(settings.eventLog, given.dataDirectory, log),
    import('#server/start-service.js'),
  ]);
  return startService(settings, { ...given, ...opened }, log);
}

/** What nobody caught is a bug: the state of the process is unknown, so it tells and ends. */
function endOnBugs({ log, flush }: OpenLog): void {
  const end = (error: unknown): void => {
    log.fatal({ error: describeError(error) }, 'a bug: nobody caught this');
    void flush().then(() => process.exit(1));
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
}
