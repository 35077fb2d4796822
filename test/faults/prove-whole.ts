// The last look at a log that was struck, by a process that was not.

import { positionText } from '#event-log/counted-position.js';
import { EventLogError } from '#event-log/errors.js';
import { type EventLog, logStart, type Position, type RecordedEvent } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';
import { openReader } from '#event-log-sqlite/database.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { Rows } from '#event-log-sqlite/rows.js';
import { SqliteEventLog } from '#event-log-sqlite/sqlite-event-log.js';
import { verifyLog } from '#event-log-sqlite/verify.js';
import { AppendLedger } from '#test/faults/append-ledger.js';
import { Tally } from '#test/faults/tally.js';

/** What came since the last look; then everything again, which must be what was seen bit by bit. */
export async function proveWhole(directory: string, ledger: AppendLedger, tally: Tally): Promise<void> {
  try {
    await readAgain(directory, ledger, tally);
  } catch (error) {
    if (!(error instanceof EventLogError)) throw error;
    tally.complain('not-opened', error.failure);
    ledger.closeUnopened(headOfUnopened(directory));
    return;
  }
  const verdict = verifyLog({ directory });
  if (verdict.status === 'damaged' || verdict.head !== ledger.position)
    tally.complain('changed', { directory, verdict });
}

/** How far a log goes that refuses to be opened. */
export function headOfUnopened(directory: string): Position {
  const database = openReader(pathsIn(directory).events);
  try {
    return positionText(new Rows(database).head(0));
  } finally {
    database.close();
  }
}

async function readAgain(directory: string, ledger: AppendLedger, tally: Tally): Promise<void> {
  const log = await SqliteEventLog.open({ directory });
  try {
    for await (const page of pages(log, ledger.position)) ledger.see(page);
    ledger.close();
    const again = new AppendLedger(new Tally());
    for await (const page of pages(log, logStart)) again.see(page);
    if (again.digest !== ledger.digest) tally.complain('changed', { directory, head: ledger.position });
  } finally {
    await log.close();
  }
}

async function* pages(log: EventLog, from: Position): AsyncGenerator<readonly RecordedEvent[]> {
  let after = from;
  for (;;) {
    const page = await log.readAll({ direction: 'forward', after, limit: eventsPerReadMax });
    yield page;
    if (page.length < eventsPerReadMax) return;
    after = page.at(-1)?.position ?? after;
  }
}
