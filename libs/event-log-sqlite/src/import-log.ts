// Making a log of events that another one held. All of it is one transaction: an import that is cut short leaves
// a log that is as empty as it was.

import type { Database } from 'better-sqlite3';

import { unavailable } from '#event-log/errors.js';
import { Bulk } from '#event-log-sqlite/bulk.js';
import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';
import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';
import { type OpenLog, openLog } from '#event-log-sqlite/open-log.js';

export interface ImportedRow {
  readonly stream: string;
  readonly id: string;
  readonly type: string;
  /** JSON texts, stored byte for byte. */
  readonly data: string;
  readonly metadata: string;
}

export interface ImportOptions {
  readonly directory: string;
  /** Their position and their revision in their stream are those of their order. */
  readonly rows: AsyncIterable<ImportedRow>;
  /** Called when all rows are written and none is committed; what it throws leaves the log empty. */
  readonly beforeCommit?: () => Promise<void>;
}

/** Takes the lock of the directory. Throws `EventLogError` `unavailable` for one whose log holds events. */
export async function importLog(options: ImportOptions): Promise<{ identity: string; events: number }> {
  const lock = DirectoryLock.take(options.directory);
  try {
    const log = openLog(options.directory);
    try {
      if (log.end.position > 0)
        throw unavailable(
          `the log in ${options.directory} is not empty: it holds ${log.end.position} events`,
        );
      return await importInto(log, options);
    } finally {
      // The keeper first: the last one to close takes the WAL into the file.
      for (const handle of [log.keeper, log.mark, log.database]) handle.close();
    }
  } finally {
    lock.release();
  }
}

async function importInto(
  log: OpenLog,
  { rows, beforeCommit }: ImportOptions,
): Promise<{ identity: string; events: number }> {
  const { database, identity, mark } = log;
  database.exec('BEGIN IMMEDIATE');
  try {
    const end = await insertAll(database, rows, log.end);
    await beforeCommit?.();
    database.exec('COMMIT');
    mark.moveTo(end.position, end.link);
    return { identity, events: end.position };
  } catch (error) {
    if (database.inTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

interface End {
  position: number;
  link: string;
}

async function insertAll(database: Database, rows: AsyncIterable<ImportedRow>, from: End): Promise<End> {
  const inserts = new Bulk(database, {
    head: 'INSERT INTO events VALUES',
    row: '(?, ?, ?, ?, ?, ?, ?, ?, ?)',
    tail: '',
  });
  const ends = new Map<string, { revision: number; position: number }>();
  let { position, link } = from;
  for await (const { stream, id, type, data, metadata } of rows) {
    position += 1;
    const revision = (ends.get(stream)?.revision ?? -1) + 1;
    const row: ChainedRow = { position, stream, revision, id, type, data, metadata, before: link };
    link = linkOf(row);
    inserts.values.push(position, stream, revision, id, type, data, metadata, row.before, link);
    inserts.rowAdded();
    ends.set(stream, { revision, position });
  }
  inserts.flush();
  insertEnds(database, ends);
  return { position, link };
}

function insertEnds(
  database: Database,
  ends: ReadonlyMap<string, { readonly revision: number; readonly position: number }>,
): void {
  const inserts = new Bulk(database, { head: 'INSERT INTO streams VALUES', row: '(?, ?, ?)', tail: '' });
  for (const [stream, { revision, position }] of ends) {
    inserts.values.push(stream, revision, position);
    inserts.rowAdded();
  }
  inserts.flush();
}
