// The only place that names an engine. Each is loaded when it is chosen, so that nobody pays for the
// other's driver.

import { EventLogError } from '#event-log/errors.js';
import type { EventLog } from '#event-log/event-log.js';
import { noteLayout } from '#server/data-layout.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { ProjectingData } from '#server/projecting-messages.js';
import type { EventLogChoice } from '#server/setting-values.js';
import { StartRefusal } from '#server/start-refusal.js';

export interface OpenedEventLog {
  readonly eventLog: EventLog;
  /** How another thread comes to the same log. */
  readonly projected: ProjectingData['log'];
}

/** What is on this machine opens now or never; a store that is elsewhere may come, and come back, later. */
export async function openEventLog(
  choice: EventLogChoice,
  dataDirectory: string,
  log: Log,
): Promise<OpenedEventLog> {
  const opened = await openEngine(choice, dataDirectory, log);
  try {
    // Only now, since an embedded log has the directory's lock.
    noteLayout(dataDirectory);
    return opened;
  } catch (error) {
    await opened.eventLog.close();
    throw new StartRefusal(`the data directory ${dataDirectory} cannot be used: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function openEngine(choice: EventLogChoice, dataDirectory: string, log: Log): Promise<OpenedEventLog> {
  switch (choice.engine) {
    case 'embedded':
      return openEmbedded(dataDirectory, log);
    case 'eventstoredb':
      return openEventStoreDb(choice.connectionString, log);
  }
}

async function openEmbedded(directory: string, log: Log): Promise<OpenedEventLog> {
  const { SqliteEventLog } = await import('#event-log-sqlite/sqlite-event-log.js');
  try {
    const eventLog = await SqliteEventLog.open({
      directory,
      onTrouble: (reason) => log.error({ reason }, 'the disk or a thread of the event log'),
    });
    return { eventLog, projected: { engine: 'embedded', directory, head: eventLog.sharedHead } };
  } catch (error) {
    throw new StartRefusal(`the data directory ${directory} cannot be used: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

async function openEventStoreDb(connectionString: string, log: Log): Promise<OpenedEventLog> {
  const { EventStoreDbEventLog } = await import('#event-log-eventstoredb/eventstoredb-event-log.js');
  try {
    const eventLog = await EventStoreDbEventLog.open({
      connectionString,
      onRestart: () => log.error('the thread of the EventStoreDB client died; it is started again'),
      onForeignEvents: ({ count, lastType }) =>
        log.warn({ count, lastType }, 'events that are not of this service are skipped'),
    });
    return { eventLog, projected: { engine: 'eventstoredb', connectionString } };
  } catch (error) {
    const reason =
      error instanceof TypeError
        ? 'is not a connection string that the client can use'
        : `cannot be used: ${reasonOf(error)}`;
    throw new StartRefusal(`COUNTERSIGN_EVENT_LOG ${reason}`, { cause: error });
  }
}

/** One line for the person at the terminal; what is not ours is told by its code. */
function reasonOf(error: unknown): string {
  if (error instanceof EventLogError) return error.message;
  const { name, code } = describeError(error);
  return code === undefined ? name : `${name} ${code}`;
}
