// Proves a whole log, from its first event to its head mark, and names the first position that fails.
// It only reads, so it may run beside the service.

import type { Database } from 'better-sqlite3';
import { positionText } from '#event-log/counted-position.js';
import { EventLogError, unavailable } from '#event-log/errors.js';
import type { Position } from '#event-log/event-log.js';
import { firstLink } from '#event-log-sqlite/chain.js';
import { assertHeader, isCorruption, openReader, readIdentity } from '#event-log-sqlite/database.js';
import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';
import { HeadMark, type Mark, readMark } from '#event-log-sqlite/head-mark.js';
import { bytesOf, pathsIn } from '#event-log-sqlite/open-log.js';
import { damaged, Rows, type StoredRow } from '#event-log-sqlite/rows.js';

export type Verdict =
  | {
      readonly status: 'whole';
      readonly identity: string;
      readonly events: number;
      readonly head: Position;
      readonly headMark: 'agrees' | 'missing';
    }
  | { readonly status: 'damaged'; readonly position: Position; readonly reason: string };

export interface VerifyOptions {
  readonly directory: string;
  /** Told every so many events how far it is. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Rows proved in one snapshot, so that what is compared belongs together also while the service appends;
 * not all in one, since its WAL cannot start over while one is held.
 */
const rowsPerSnapshot = 4_096;

/**
 * Throws `EventLogError` `unavailable` where there is no log. Not for a process that has the log open: closing
 * the file, whose header it looks at, ends the locks of that process on it.
 */
export function verifyLog(options: VerifyOptions): Verdict {
  const paths = pathsIn(options.directory);
  // Read before the log, which may be written meanwhile: the mark is never ahead of what was committed.
  const mark = readMark(paths.mark);
  if (bytesOf(paths.events) === 0) {
    if (mark === 'missing' && bytesOf(paths.wal) === 0)
      throw unavailable(`there is no log in ${options.directory}`);
    return { status: 'damaged', position: positionText(1), reason: 'the file is gone or empty' };
  }
  const walk = { position: 0 };
  try {
    return prove({ ...options, mark, walk });
  } catch (error) {
    if (error instanceof EventLogError && error.failure.code === 'corrupt') {
      const { position, reason } = error.failure;
      return { status: 'damaged', position: position ?? positionText(walk.position + 1), reason };
    }
    if (!isCorruption(error)) throw error;
    return {
      status: 'damaged',
      position: positionText(walk.position + 1),
      reason: 'the file is not well formed',
    };
  }
}

/** A new head mark for a log that was just proved whole and has none. What was lost before stays unknown. */
export function adoptHead(directory: string): void {
  const lock = DirectoryLock.take(directory);
  try {
    writeMark(directory);
  } finally {
    lock.release();
  }
}

function writeMark(directory: string): void {
  const { events, mark } = pathsIn(directory);
  const database = openReader(events);
  try {
    const identity = readIdentity(database);
    const last = new Rows(database).last();
    if (identity === null || last === undefined) throw unavailable(`the log in ${directory} holds no event`);
    HeadMark.create(mark, { identity, position: last.position, link: last.link }).close();
  } finally {
    database.close();
  }
}

interface Proof extends VerifyOptions {
  readonly mark: Mark | 'missing' | null;
  /** How far the walk is, for damage that names no position itself. */
  readonly walk: { position: number };
}

function prove({ directory, mark, walk, onProgress }: Proof): Verdict {
  assertHeader(pathsIn(directory).events);
  const database = openReader(pathsIn(directory).events);
  try {
    const identity = readIdentity(database);
    if (identity === null) throw damaged(1, 'its tables are missing');
    const rows = new Rows(database);
    const total = rows.head(0);
    const links = { last: firstLink(identity), marked: '' };
    let lacking: EventLogError | undefined;
    noteMark(links, mark, 0);
    const proveSome = database.transaction(() => {
      for (const row of rows.after(walk.position, rowsPerSnapshot, rows.head(walk.position + 1))) {
        if (row.before !== links.last) throw damaged(row.position, 'it does not follow the row before it');
        proveIndexed(rows, row);
        lacking ??= proveEnd(rows, row);
        links.last = row.link;
        walk.position = row.position;
        noteMark(links, mark, row.position);
      }
    });
    while (walk.position < total) {
      proveSome();
      onProgress?.(walk.position, total);
    }
    proveMark({ mark, identity, end: walk.position, link: links.marked });
    if (lacking !== undefined) throw lacking;
    proveCounts(database, walk.position);
    return wholeLog(identity, walk.position, mark);
  } finally {
    database.close();
  }
}

function noteMark(links: { last: string; marked: string }, mark: Proof['mark'], position: number): void {
  if (mark !== 'missing' && mark?.position === position) links.marked = links.last;
}

function wholeLog(identity: string, end: number, mark: Proof['mark']): Verdict {
  const headMark = mark === 'missing' ? 'missing' : 'agrees';
  return { status: 'whole', identity, events: end, head: positionText(end), headMark };
}

/** Each row must be found through the index, and so must the one before it in its stream. */
function proveIndexed(rows: Rows, { stream, revision, position }: StoredRow): void {
  if (rows.positionAt(stream, revision) !== position)
    throw damaged(position, 'the index does not lead to it');
  const before = revision === 0 ? 0 : rows.positionAt(stream, revision - 1);
  if (before === null || before >= position) {
    throw damaged(position, `revision ${revision - 1} of stream ${stream} does not come before it`);
  }
}

/** What a stream lacks after this row, if that is its last: to be told unless the walk finds the gap itself. */
function proveEnd(rows: Rows, { stream, revision, position }: StoredRow): EventLogError | undefined {
  if (rows.positionAt(stream, revision + 1) !== null) return undefined;
  const end = rows.recordedEnd(stream);
  if (end.revision === revision && end.position === position) return undefined;
  const failure = damaged(position, `it is the end of stream ${stream}, and not recorded as that`);
  if (end.position <= position) throw failure;
  return failure;
}

function proveMark({
  mark,
  identity,
  end,
  link,
}: {
  mark: Proof['mark'];
  identity: string;
  end: number;
  link: string;
}): void {
  if (mark === 'missing') return;
  if (mark === null) throw damaged(end + 1, 'the head mark cannot be read');
  if (mark.identity !== identity) throw damaged(1, 'the head mark belongs to another log');
  if (mark.position > end)
    throw damaged(end + 1, `it is missing, and everything up to ${mark.position} was acknowledged`);
  if (mark.link !== link) throw damaged(mark.position, 'it is not the event that was acknowledged there');
}

/** Nothing beside the rows: no entry of the index and no end of a stream that leads nowhere. */
function proveCounts(database: Database, end: number): void {
  const count = (sql: string) => database.prepare(sql).pluck().get() as number;
  if (count('SELECT count(*) FROM events WHERE position < 1') > 0) throw damaged(1, 'a row stands before it');
  const check = database.transaction(() => {
    const rows = count('SELECT count(*) FROM events NOT INDEXED');
    const entries = count('SELECT count(*) FROM events INDEXED BY events_by_stream');
    const begun = count('SELECT count(*) FROM events INDEXED BY events_by_stream WHERE revision = 0');
    const ends = count('SELECT count(*) FROM streams');
    return rows >= end && entries === rows && ends === begun;
  });
  if (!check()) throw damaged(end, 'the index or the ends of streams hold entries that no row explains');
  const [first] = database.pragma('quick_check(1)') as { quick_check: string }[];
  if (first?.quick_check !== 'ok') throw damaged(end, `SQLite: ${first?.quick_check}`);
}
