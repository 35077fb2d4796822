// The only place that names an engine. Each is loaded when it is chosen, so that nobody pays for the
// other's driver.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import type { EventLog } from '#event-log/event-log.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { EventLogChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface EventLogSource {
  /** Nothing while a store that is elsewhere cannot be reached yet. */
  current(): EventLog | undefined;
  close(): Promise<void>;
}

/** A store that is elsewhere may come later: ready within 3 s of its appearing, and no storm on it. */
const retryMs = 1_000;

/** What is on this machine opens now or never; what is elsewhere is waited for while the process lives. */
export function openEventLog(
  choice: EventLogChoice,
  dataDirectory: string,
  log: Log,
): Promise<EventLogSource> {
  switch (choice.engine) {
    case 'embedded':
      return openEmbedded(dataDirectory);
    case 'eventstoredb':
      return Promise.resolve(openWhenReachable(() => openEventStoreDb(choice.connectionString), log));
  }
}

async function openEmbedded(directory: string): Promise<EventLogSource> {
  const { SqliteEventLog } = await import('#event-log-sqlite/sqlite-event-log.js');
  try {
    const eventLog = await SqliteEventLog.open({ directory });
    return { current: () => eventLog, close: () => eventLog.close() };
  } catch (error) {
    throw new StartRefusal(`the data directory ${directory} cannot be used: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function openEventStoreDb(connectionString: string): Promise<EventLog> {
  const { EventStoreDbEventLog } = await import('#event-log-eventstoredb/eventstoredb-event-log.js');
  return EventStoreDbEventLog.open({ connectionString });
}

export function openWhenReachable(open: () => Promise<EventLog>, log: Log): EventLogSource {
  const closing = new AbortController();
  let current: EventLog | undefined;
  const opening = keepTrying(open, log, closing.signal).then((eventLog) => {
    current = eventLog;
  });
  return {
    current: () => current,
    close: async () => {
      closing.abort();
      await opening;
      await current?.close();
    },
  };
}

async function keepTrying(
  open: () => Promise<EventLog>,
  log: Log,
  closing: AbortSignal,
): Promise<EventLog | undefined> {
  let isFirst = true;
  while (!closing.aborted) {
    try {
      return await open();
    } catch (error) {
      if (isFirst)
        log.warn(
          { error: describeError(error) },
          'the event log cannot be reached; it is tried again every second',
        );
      isFirst = false;
      await delay(retryMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }
  return undefined;
}

/** One line for the person at the terminal; what is not ours is told by its code. */
function reasonOf(error: unknown): string {
  if (error instanceof EventLogError) return error.message;
  const { name, code } = describeError(error);
  return code === undefined ? name : `${name} ${code}`;
}
