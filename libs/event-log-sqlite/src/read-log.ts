// Reading the log of a directory from outside of the service, beside it or without it: rows as they are stored,
// each proved by itself and by its neighbours, in snapshots that are short, so that the WAL can start over.

import type { Database } from 'better-sqlite3';

import { unavailable } from '#event-log/errors.js';
import { isCorruption, openReader, readIdentity } from '#event-log-sqlite/database.js';
import { readMark } from '#event-log-sqlite/head-mark.js';
import { asCorruption, bytesOf, pathsIn } from '#event-log-sqlite/open-log.js';
import { damaged, Rows, type StoredRow } from '#event-log-sqlite/rows.js';

/** Rows that are read at once. */
const rowsPerPage = 2_048;

export class ReadLog {
  readonly identity: string;
  readonly #database: Database;
  readonly #rows: Rows;
  /** What was acknowledged before it was opened. */
  readonly #acknowledged: number;

  private constructor(database: Database, identity: string, acknowledged: number) {
    this.#database = database;
    this.#rows = new Rows(database);
    this.identity = identity;
    this.#acknowledged = acknowledged;
  }

  /**
   * Throws `EventLogError`: `unavailable` where there is no log, `corrupt` where it lacks what was acknowledged.
   * Not for a process that has the log open, whose locks would end when this is closed.
   */
  static open(directory: string): ReadLog {
    const paths = pathsIn(directory);
    // Read before the log, which may be written meanwhile: the mark is never ahead of what was committed.
    const mark = readMark(paths.mark);
    const acknowledged = mark === 'missing' || mark === null ? 0 : mark.position;
    if (bytesOf(paths.events) === 0) {
      if (acknowledged > 0) throw damaged(1, 'the file is gone or empty');
      throw unavailable(`there is no log in ${directory}`);
    }
    return asCorruption(() => openAt(paths.events, (...parts) => new ReadLog(...parts), acknowledged));
  }

  /** The position of the last event, 0 where there is none. */
  head(): number {
    return asCorruption(() => this.#rows.head(this.#acknowledged));
  }

  /** Those after a position, up to the end that the log has when they are asked for. */
  *after(position: number): Generator<StoredRow> {
    let at = position;
    let link: string | null = null;
    for (;;) {
      const page = this.#page(() => [...this.#rows.after(at, rowsPerPage, this.#rows.head(at))]);
      for (const row of page) {
        if (link !== null && row.before !== link)
          throw damaged(row.position, 'it does not follow the row before it');
        link = row.link;
        yield row;
      }
      at = page.at(-1)?.position ?? at;
      if (page.length < rowsPerPage) return;
    }
  }

  /** Those before a position, the newest first. */
  *before(position: number): Generator<StoredRow> {
    let at = position;
    while (at > 1) {
      const page = this.#page(() => [...this.#rows.before(at, rowsPerPage, this.head())]);
      yield* page;
      if (page.length < rowsPerPage) return;
      at = page.at(-1)?.position ?? 0;
    }
  }

  /** Those of one stream, in their order; none where there is no such stream. */
  *stream(stream: string): Generator<StoredRow> {
    let from = 0;
    for (;;) {
      const page = this.#page(() => {
        const end = this.#rows.streamEnd(stream).revision;
        return [...this.#rows.streamForward({ stream, from, limit: rowsPerPage, end })];
      });
      yield* page;
      if (page.length < rowsPerPage) return;
      from += page.length;
    }
  }

  close(): void {
    this.#database.close();
  }

  #page(read: () => StoredRow[]): StoredRow[] {
    return asCorruption(() => this.#database.transaction(read)());
  }
}

function openAt(
  path: string,
  make: (database: Database, identity: string, acknowledged: number) => ReadLog,
  acknowledged: number,
): ReadLog {
  const database = openReader(path);
  try {
    const identity = readIdentity(database);
    if (identity === null) throw unavailable(`${path} holds no log yet`);
    return make(database, identity, acknowledged);
  } catch (error) {
    database.close();
    if (isCorruption(error)) throw damaged(1, 'its file is not well formed', error);
    throw error;
  }
}
