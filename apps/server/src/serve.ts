// From the settings to a serving process, and to its end.

import 'reflect-metadata';

import type { AddressInfo } from 'node:net';

import type { FastifyInstance } from 'fastify';

import type { EventLog } from '#event-log/event-log.js';
import { callsOver } from '#server/calls.js';
import { prepareDataDirectory } from '#server/data-directory.js';
import { describeError } from '#server/describe-error.js';
import { readHook } from '#server/hook/hook-settings.js';
import { type Log, type OpenLog, openLog } from '#server/log.js';
import { openEventLog } from '#server/open-event-log.js';
import { openPort } from '#server/open-port.js';
import { Opening } from '#server/opening.js';
import { readPasswordSettings } from '#server/password-settings.js';
import { Readiness } from '#server/readiness.js';
import { scrubSecretsOf } from '#server/secrets-in-settings.js';
import type { ListenAddress } from '#server/setting-values.js';
import type { Settings } from '#server/settings.js';
import { StartRefusal, tellRefusal } from '#server/start-refusal.js';
import { type Running, stop } from '#server/stop.js';
import { firstStopSignal } from '#server/stop-signal.js';
import { Telemetry } from '#server/telemetry.js';
import { readTls } from '#server/tls-files.js';
import type { TlsOptions } from '#transport/tls.js';

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
  const tls = readTls(settings);
  const hook = readHook(settings);
  const passwords = readPasswordSettings(settings);
  const dataDirectory = prepareDataDirectory(settings.dataDirectory);
  const { eventLog, projected } = await openEventLog(settings.eventLog, dataDirectory, log);
  const soleWriter = settings.eventLog.engine === 'embedded';
  const telemetry = new Telemetry({ settings, tls, log });
  const closing: (() => Promise<void>)[] = [() => eventLog.close(), () => telemetry.close()];
  try {
    await telemetry.listen();
    const opening = await Opening.begin({
      dataDirectory,
      hook,
      passwords,
      masterKeyFile: settings.masterKeyFile,
      readModels: settings.readModels,
      eventLog: telemetry.overLog(eventLog),
      projected,
      soleWriter,
      externalUrl: settings.externalUrl,
      log,
      metrics: telemetry.metrics,
      ...(telemetry.traces && { traces: telemetry.traces }),
    });
    closing.unshift(() => opening.close());
    if (soleWriter) await opening.finished;
    else opening.finished.catch(refuseLate);
    return await startServer(settings, { tls, eventLog, opening, telemetry }, log);
  } catch (error) {
    for (const close of closing) await close();
    throw error;
  }
}

/** Told as at a start, since nothing was served yet. */
function refuseLate(error: unknown): void {
  if (!(error instanceof StartRefusal)) throw error;
  tellRefusal(error);
  process.exit(1);
}

interface Opened {
  readonly tls: TlsOptions | null;
  readonly eventLog: EventLog;
  readonly opening: Opening;
  readonly telemetry: Telemetry;
}

async function startServer(
  settings: Settings,
  { tls, eventLog, opening, telemetry }: Opened,
  log: Log,
): Promise<Running> {
  const readiness = new Readiness(eventLog, log, opening);
  telemetry.watch(readiness);
  const onOutcome = (outcome: unknown) => telemetry.metrics.commands.told(outcome);
  const onPolicyFailed = () => telemetry.metrics.policies.failed();
  const served = telemetry.overCalls(callsOver(opening, log, { onOutcome, onPolicyFailed }));
  const publicKeys = () => opening.publicKeys();
  const port = await openPort({ settings, tls, served, readiness, publicKeys, log });
  await listen(port.server, settings.listen);
  log.info({ ...boundAddress(port.server), eventLog: settings.eventLog.engine }, 'listening');
  return { ...port, log, readiness, eventLog, opening, telemetry };
}

async function listen(server: FastifyInstance, { host, port }: ListenAddress): Promise<void> {
  try {
    await server.listen({ host, port });
  } catch (error) {
    const { code } = describeError(error);
    throw new StartRefusal(`COUNTERSIGN_LISTEN: ${host} port ${port} cannot be listened on (${code})`, {
      cause: error,
    });
  }
}

function boundAddress(server: FastifyInstance): { readonly host: string; readonly port: number } {
  const { address, port } = server.server.address() as AddressInfo;
  return { host: address, port };
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
