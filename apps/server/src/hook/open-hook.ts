// The delivery hook of this server: over the log and the keys of its application, with its progress where rows are.

import { hostname } from 'node:os';
import { join } from 'node:path';

import type { Application } from '#application/application.js';
import { waitAfter } from '#delivery-hook/backoff.js';
import { DeliveryHook, type DeliveryHookOptions, ProgressUnreadable } from '#delivery-hook/delivery-hook.js';
import { NoticeWriter, type SealedPlace } from '#delivery-hook/notice-writer.js';
import { ProgressFile } from '#delivery-hook/progress-file.js';
import { Sender } from '#delivery-hook/send.js';
import type { EventLog } from '#event-log/event-log.js';
import { describeError } from '#server/describe-error.js';
import type { HookSettings } from '#server/hook/hook-settings.js';
import { hookTelling } from '#server/hook/hook-telling.js';
import type { Log } from '#server/log.js';
import type { Metrics } from '#server/metrics/metrics.js';
import { postgresRefusal } from '#server/postgres-refusal.js';
import type { ReadModelsChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';
import { version } from '#server/version.js';

export interface OpenHookOptions {
  readonly settings: HookSettings;
  readonly application: Application;
  readonly eventLog: EventLog;
  readonly soleWriter: boolean;
  readonly dataDirectory: string;
  readonly readModels: ReadModelsChoice;
  readonly log: Log;
  readonly metrics?: Metrics;
}

/** In the data directory, where rows are there, too. */
const progressFile = 'hook.json';
/** Of what one server at a time does. */
const leaseName = 'delivery-hook';

/** Throws `StartRefusal`. */
export async function openHook(options: OpenHookOptions): Promise<DeliveryHook> {
  const { settings, application, eventLog, soleWriter, log, metrics } = options;
  const { clock } = application.parts;
  const sender = new Sender({ ...settings, clock, userAgent: `countersign/${version}` });
  const hook = await openOver(options, {
    log: eventLog,
    soleWriter,
    clock,
    waitAfter: (failures) => waitAfter(failures, Math.random()),
    writer: writerOf(application, eventLog),
    send: (delivery, until) => sender.send(delivery, until),
    onBegunAnew: () =>
      log.warn('what is kept of the delivery hook is not of this log: deliveries begin at its end'),
    ...hookTelling(log, metrics?.hook),
  });
  metrics?.hook.watch(hook);
  log.info({ host: settings.hook.url.host }, 'notices are delivered');
  return hook;
}

function writerOf(application: Application, log: EventLog): NoticeWriter {
  const { secrets, clock } = application.parts;
  return new NoticeWriter({
    log,
    clock,
    settingsOf: async (organizationId) => (await application.surroundings.of(organizationId)).settings,
    open: async ({ stream, organizationId, purpose, sealed }: SealedPlace) => {
      const key = await secrets.keys.get(stream);
      const place = { organizationId, subject: stream, factor: '', purpose };
      return key === null ? null : secrets.openText(key, place, sealed);
    },
  });
}

type Over = Omit<DeliveryHookOptions, 'store' | 'inTurn'>;

function openOver(options: OpenHookOptions, over: Over): Promise<DeliveryHook> {
  const { readModels, dataDirectory } = options;
  switch (readModels.engine) {
    case 'embedded':
      return openOnFile(join(dataDirectory, progressFile), over);
    case 'postgres':
      return openOnPostgres(readModels.url, options.log, over);
  }
}

async function openOnFile(path: string, over: Over): Promise<DeliveryHook> {
  try {
    const store = new ProgressFile(path);
    return await DeliveryHook.open({ ...over, store, inTurn: (deliver, until) => deliver(until) });
  } catch (error) {
    if (error instanceof ProgressUnreadable) throw unreadable(path, error);
    const { code, name } = describeError(error);
    throw new StartRefusal(`${path} cannot be used (${code ?? name})`, { cause: error });
  }
}

/** Of the servers that share it, the one with the lease delivers. */
async function openOnPostgres(url: string, log: Log, over: Over): Promise<DeliveryHook> {
  const [{ ProgressInPostgres }, { PostgresLease }] = await Promise.all([
    import('#delivery-hook/progress-in-postgres.js'),
    import('#read-models/stores/postgres/lease.js'),
  ]);
  const onTrouble = (reason: string) => log.error({ reason }, 'the database of the delivery hook');
  const lease = new PostgresLease({
    url,
    onTrouble,
    holder: `${hostname()} ${process.pid}`,
    name: leaseName,
  });
  const store = new ProgressInPostgres({ url, onTrouble, onClose: () => lease.close() });
  try {
    const inTurn: DeliveryHookOptions['inTurn'] = (deliver, until) =>
      lease.whileHeld(({ lost }) => deliver(lost), until);
    return await DeliveryHook.open({ ...over, store, inTurn });
  } catch (error) {
    await store.close();
    if (error instanceof ProgressUnreadable) throw unreadable('delivery_hook.progress in PostgreSQL', error);
    throw postgresRefusal(error, url);
  }
}

const unreadable = (place: string, cause: Error): StartRefusal =>
  new StartRefusal(
    `${place} is of another release, or damaged: run that release, or remove it, and deliveries begin at the end of the log`,
    { cause },
  );
