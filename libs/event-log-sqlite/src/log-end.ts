// The end of a log, held against what was acknowledged: what a copy may end with, and what a quick look can prove.

import type { Database } from 'better-sqlite3';

import { unavailable } from '#event-log/errors.js';
import { openReader, readIdentity } from '#event-log-sqlite/database.js';
import { type Mark, readMark } from '#event-log-sqlite/head-mark.js';
import { asCorruption, bytesOf, pathsIn } from '#event-log-sqlite/open-log.js';
import { damaged, Rows } from '#event-log-sqlite/rows.js';

/** Throws `EventLogError`: `unavailable` where there is no event, `corrupt` where mark and log do not agree. */
export function readEnd(directory: string): Mark {
  const paths = pathsIn(directory);
  // Read before the log, which may be written meanwhile: the mark is never ahead of what was committed.
  const mark = readMark(paths.mark);
  if (bytesOf(paths.events) === 0) throw unavailable(`there is no log in ${directory}`);
  const database = openReader(paths.events);
  try {
    return asCorruption(() => database.transaction(() => endOf(database, mark))());
  } finally {
    database.close();
  }
}

/** To be called in one snapshot. */
export function endOf(database: Database, mark: Mark | 'missing' | null): Mark {
  const identity = readIdentity(database);
  if (identity === null) throw unavailable('the log holds nothing yet');
  const rows = new Rows(database);
  const last = rows.last();
  if (last === undefined) throw unavailable('the log holds no event yet');
  if (mark === null) throw damaged(last.position, 'the head mark cannot be read');
  if (mark === 'missing') throw damaged(last.position, 'the head mark is missing');
  if (mark.identity !== identity) throw damaged(1, 'the head mark belongs to another log');
  rows.head(mark.position);
  const [marked] = mark.position === 0 ? [] : [...rows.after(mark.position - 1, 1, mark.position)];
  if (marked !== undefined && marked.link !== mark.link)
    throw damaged(mark.position, 'it is not the event that was acknowledged there');
  return { identity, position: last.position, link: last.link };
}
