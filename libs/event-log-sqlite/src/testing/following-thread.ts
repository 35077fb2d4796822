// A thread that does nothing but follow the log: it tells each revision that it is given, up to the last one asked for.

import { parentPort, workerData } from 'node:worker_threads';

import { logStart } from '#event-log/event-log.js';
import { type LogForReadingOptions, openSqliteLogForReading } from '#event-log-sqlite/log-for-reading.js';

const { last, ...options } = workerData as LogForReadingOptions & { readonly last: number };

const log = openSqliteLogForReading(options);
for await (const item of log.subscribe({ after: logStart })) {
  if (item.kind !== 'event') continue;
  parentPort?.postMessage(item.event.revision);
  if (item.event.revision === last) break;
}
await log.close();
