// What stands on the event log, from its keys to the port on which it is called.

import type { AddressInfo } from 'node:net';

import type { FastifyInstance } from 'fastify';

import { callsOver } from '#server/calls.js';
import { describeError } from '#server/describe-error.js';
import type { readHook } from '#server/hook/hook-settings.js';
import type { Log } from '#server/log.js';
import type { OpenedEventLog } from '#server/open-event-log.js';
import { type OnePort, openPort } from '#server/open-port.js';
import { Opening } from '#server/opening.js';
import type { PasswordSettings } from '#server/password-settings.js';
import { Readiness } from '#server/readiness.js';
import type { ListenAddress } from '#server/setting-values.js';
import type { Settings } from '#server/settings.js';
import { StartRefusal, tellRefusal } from '#server/start-refusal.js';
import type { Running } from '#server/stop.js';
import { Telemetry } from '#server/telemetry.js';
import type { TlsOptions } from '#transport/tls.js';

/** What the settings named, read; and the log, which is closed where the start fails. */
interface Given extends OpenedEventLog {
  readonly tls: TlsOptions | null;
  readonly hook: ReturnType<typeof readHook>;
  readonly passwords: PasswordSettings;
  readonly dataDirectory: string;
}

/** Throws `StartRefusal`. */
export async function startService(settings: Settings, given: Given, log: Log): Promise<Running> {
  const { tls, hook, passwords, dataDirectory, eventLog, projected } = given;
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
    const readiness = new Readiness(eventLog, log, opening);
    closing.unshift(async () => readiness.stop());
    telemetry.watch(readiness);
    // A log of this machine is caught up with meanwhile, and nobody is let in before. Another one may come later.
    const opened = soleWriter ? opening.finished : null;
    if (!soleWriter) opening.finished.catch(refuseLate);
    const [port] = await Promise.all([
      portOver(settings, { tls, opening, readiness, telemetry }, log),
      opened,
    ]);
    await listen(port.server, settings.listen);
    log.info({ ...boundAddress(port.server), eventLog: settings.eventLog.engine }, 'listening');
    return { ...port, log, readiness, eventLog, opening, telemetry };
  } catch (error) {
    // Why it does not start is what has to be told.
    for (const close of closing)
      await close().catch((failed: unknown) =>
        log.error({ error: describeError(failed) }, 'what was opened did not close cleanly'),
      );
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
  readonly opening: Opening;
  readonly readiness: Readiness;
  readonly telemetry: Telemetry;
}

function portOver(
  settings: Settings,
  { tls, opening, readiness, telemetry }: Opened,
  log: Log,
): Promise<OnePort> {
  const onOutcome = (outcome: unknown) => telemetry.metrics.commands.told(outcome);
  const onPolicyFailed = () => telemetry.metrics.policies.failed();
  const served = telemetry.overCalls(callsOver(opening, log, { onOutcome, onPolicyFailed }));
  const publicKeys = () => opening.publicKeys();
  return openPort({ settings, tls, served, readiness, publicKeys, log });
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
