// Opening the log: nothing is written before what is there has been held against the head mark, since
// the first write or checkpoint would destroy what could still be told from a damaged WAL.

import { randomUUID } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from 'better-sqlite3';

import { corrupt, EventLogError, unavailable } from '#event-log/errors.js';
import type { LogEnd } from '#event-log-sqlite/append-group.js';
import { firstLink } from '#event-log-sqlite/chain.js';
import {
  assertWritable,
  createSchema,
  isCorruption,
  openReader,
  openWriter,
  pageBytes,
  readIdentity,
} from '#event-log-sqlite/database.js';
import { HeadMark, type Mark, readMark, syncDirectory } from '#event-log-sqlite/head-mark.js';
import { damaged, Rows } from '#event-log-sqlite/rows.js';

/** Rows at the end that are proved at every start; the rest is proved when read, or by `verify`. */
const provedAtStart = 256;

export interface OpenLog {
  readonly database: Database;
  /**
   * SQLite takes the WAL into the file when its last connection closes, also by a handle that failed. While
   * this one is open, which can't write, that one is not the last.
   */
  readonly keeper: Database;
  readonly mark: HeadMark;
  readonly identity: string;
  readonly end: LogEnd;
}

interface FoundLog {
  readonly identity: string;
  readonly end: LogEnd;
}

interface Paths {
  readonly events: string;
  readonly wal: string;
  readonly mark: string;
}

export function pathsIn(directory: string): Paths {
  const events = join(directory, 'events.db');
  return { events, wal: `${events}-wal`, mark: join(directory, 'events.head') };
}

/** 0 for a file that is not there. */
export function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Throws `EventLogError` `corrupt` when the log is not what was acknowledged. */
export function openLog(directory: string): OpenLog {
  const paths = pathsIn(directory);
  const found = inspect(directory);
  const opened: { close(): void }[] = [];
  try {
    const before = found === null ? null : openKeeper(paths.events, opened);
    const database = openWriter(paths.events);
    opened.unshift(database);
    const identity = found?.identity ?? create(database, directory);
    const keeper = before ?? openKeeper(paths.events, opened);
    const end = found?.end ?? { position: 0, link: firstLink(identity) };
    takeInWal(database);
    // A mark that was there before a new log was made belongs to another one, which held nothing.
    const kept = found === null ? null : HeadMark.open(paths.mark);
    const mark = kept ?? HeadMark.create(paths.mark, { identity, ...end });
    moveUpTo(mark, end);
    return { database, keeper, mark, identity, end };
  } catch (error) {
    for (const handle of opened) handle.close();
    throw error;
  }
}

function openKeeper(events: string, opened: { close(): void }[]): Database {
  const keeper = openReader(events);
  opened.push(keeper);
  // Only by reading does it take its place among the connections.
  keeper.prepare('SELECT count(*) FROM log').get();
  return keeper;
}

/**
 * What the WAL holds is written into the file and synced anew: after a failed fsync the pages that were
 * read back may never have reached the disk, and no later fsync would bring them there.
 */
function takeInWal(database: Database): void {
  const [{ busy }] = database.pragma('wal_checkpoint(TRUNCATE)') as [{ busy: number }];
  if (busy !== 0) throw unavailable('another process reads an old state of it and will not end');
}

function moveUpTo(mark: HeadMark, { position, link }: LogEnd): void {
  if (mark.mark.position >= position) return;
  try {
    mark.moveTo(position, link);
  } catch (error) {
    mark.close();
    throw error;
  }
}

/** What stands in the directory, seen through a connection that can change nothing; null for no log yet. */
export function inspect(directory: string): FoundLog | null {
  const paths = pathsIn(directory);
  const mark = readMark(paths.mark);
  if (mark === null) throw corrupt(null, `its head mark ${paths.mark} cannot be read`);
  // SQLite would delete the WAL of an empty file, and with it what could still be told.
  if (holdsNoTable(paths.events)) {
    if (mark !== 'missing' && mark.position > 0) throw damagedFrom(1, mark);
    if (bytesOf(paths.wal) > 0) throw damaged(1, 'its file is gone or empty, and its WAL is not');
    return null;
  }
  return asCorruption(() => {
    const database = openReader(paths.events);
    try {
      const found = compare(database, mark);
      // Beside this connection, since the last one to close would take the WAL into the file.
      if (found !== null) assertWritable(paths.events);
      return found;
    } finally {
      database.close();
    }
  });
}

/**
 * An empty file, or the first page of one that SQLite was still making: until that is done a rollback journal
 * stands beside it, which the writer's connection plays back and a reader's may not.
 */
function holdsNoTable(events: string): boolean {
  const bytes = bytesOf(events);
  return bytes === 0 || (bytes <= pageBytes && existsSync(`${events}-journal`));
}

/** Damage that SQLite finds first is told like the damage that we find. */
export function asCorruption<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof EventLogError || !isCorruption(error)) throw error;
    throw corrupt(null, 'its file is not well formed', error);
  }
}

function compare(database: Database, mark: Mark | 'missing'): FoundLog | null {
  const identity = readIdentity(database);
  if (identity === null) {
    if (mark === 'missing' || mark.position === 0) return null;
    throw damagedFrom(1, mark);
  }
  const rows = new Rows(database);
  const last = rows.last();
  const end = { position: last?.position ?? 0, link: last?.link ?? firstLink(identity) };
  if (mark === 'missing') {
    if (end.position === 0) return { identity, end };
    throw corrupt(null, 'its head mark is missing, so that a lost end could not be told');
  }
  if (mark.identity !== identity) throw corrupt(null, 'its head mark belongs to another log');
  if (end.position < mark.position) throw lostEnd(rows, end, mark);
  proveEnd(rows, mark, { identity, end });
  return { identity, end };
}

/** Where events are found that the last row is not the last of, only the whole proof can say what is damaged. */
function lostEnd(rows: Rows, end: LogEnd, mark: Mark) {
  return rows.goesOnAfter(end.position)
    ? corrupt(null, 'its file does not end with its last event')
    : damagedFrom(end.position + 1, mark);
}

function damagedFrom(position: number, mark: Mark) {
  return damaged(position, `it is missing, and everything up to ${mark.position} was acknowledged`);
}

function proveEnd(rows: Rows, mark: Mark, { identity, end }: FoundLog): void {
  const from = Math.max(0, Math.min(mark.position - 1, end.position - provedAtStart));
  let marked = mark.position === 0 ? firstLink(identity) : '';
  for (const row of rows.after(from, end.position - from, end.position)) {
    if (row.position === mark.position) marked = row.link;
    rows.streamEnd(row.stream);
  }
  if (marked !== mark.link) throw damaged(mark.position, 'it is not the event that was acknowledged there');
}

function create(database: Database, directory: string): string {
  const identity = randomUUID();
  createSchema(database, identity);
  syncDirectory(directory);
  return identity;
}
