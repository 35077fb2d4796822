// The process that is struck. It waits for its order with everything loaded, opens the log, tells what it
// finds there, and lets its clients append until it is killed.

import { createInterface } from 'node:readline';

import { EventLogError } from '#event-log/errors.js';
import type { EventLog, Position } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import type { AppendingOrder, AppendingReport } from '#test/faults/appending-child.js';
import { type Attempt, afterAck, afterConflict, eventsOf, streamOf } from '#test/faults/appending-clients.js';
import { Journal } from '#test/faults/journal.js';

/** Resolves when it is on its way, also should the process be killed next. */
function tell(report: AppendingReport): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${JSON.stringify(report)}\n`, () => resolve()));
}

/** Null for a log that refuses to be opened. */
async function open(directory: string): Promise<EventLog | null> {
  try {
    return await SqliteEventLog.open({ directory });
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    await tell({ kind: 'not-opened', failure: error.failure });
    return null;
  }
}

async function tellNews(log: EventLog, since: Position): Promise<void> {
  let after = since;
  for (;;) {
    const events = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    if (events.length > 0) await tell({ kind: 'found', events });
    after = events.at(-1)?.position ?? after;
    if (events.length < eventsPerReadMax) return;
  }
}

async function runClient(log: EventLog, journal: Journal, first: Attempt): Promise<void> {
  let attempt: Attempt | null = first;
  while (attempt !== null) {
    journal.write({ kind: 'intent', attempt });
    attempt = await appendOnce(log, journal, attempt);
  }
}

/** What the client does next; null when the log failed it, and only another start can tell. */
async function appendOnce(log: EventLog, journal: Journal, attempt: Attempt): Promise<Attempt | null> {
  try {
    const result = await log.append(streamOf(attempt), eventsOf(attempt), attempt.expected);
    journal.write({ kind: 'ack', attempt, result });
    return afterAck(attempt, result.revision);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    const { failure } = error;
    journal.write({ kind: 'refusal', attempt, failure });
    return failure.code === 'version-conflict' ? afterConflict(attempt, failure.actual) : null;
  }
}

async function obey({ directory, after, attempts, journalPath }: AppendingOrder): Promise<void> {
  const log = await open(directory);
  if (log === null) return;
  await tellNews(log, after);
  await tell({ kind: 'working' });
  const journal = new Journal(journalPath);
  await Promise.all(attempts.map((attempt) => runClient(log, journal, attempt)));
}

const orders = createInterface({ input: process.stdin });
// Whoever gave the order is gone.
orders.on('close', () => process.exit());
orders.on('line', (line) => {
  obey(JSON.parse(line) as AppendingOrder).catch((error) => tell({ kind: 'broken', text: String(error) }));
});
await tell({ kind: 'loaded' });
