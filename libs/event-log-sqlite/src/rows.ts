// Reading rows so that none is believed before it has proved itself: by its own link, by its place, and
// by what the rest of the file says should be there.

import type { Database, Statement } from 'better-sqlite3';

import { positionText } from '#event-log/counted-position.js';
import { corrupt } from '#event-log/errors.js';
import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';

export interface StoredRow extends ChainedRow {
  readonly link: string;
}

const columns = 'position, stream, revision, id, type, data, metadata, before, link';

export class Rows {
  readonly #after: Statement;
  readonly #before: Statement;
  readonly #streamForward: Statement;
  readonly #streamBackward: Statement;
  readonly #streamEnd: Statement;
  readonly #indexEnd: Statement;
  readonly #last: Statement;
  readonly #head: Statement;
  readonly #positionAt: Statement;

  constructor(database: Database) {
    const prepare = (sql: string) => database.prepare(sql);
    this.#after = prepare(`SELECT ${columns} FROM events WHERE position > ? ORDER BY position LIMIT ?`);
    this.#before = prepare(`SELECT ${columns} FROM events WHERE position < ? ORDER BY position DESC LIMIT ?`);
    const ofStream = `SELECT ${columns} FROM events INDEXED BY events_by_stream WHERE stream = ?`;
    this.#streamForward = prepare(`${ofStream} AND revision >= ? ORDER BY revision LIMIT ?`);
    this.#streamBackward = prepare(`${ofStream} AND revision <= ? ORDER BY revision DESC LIMIT ?`);
    this.#streamEnd = prepare('SELECT last_revision, last_position FROM streams WHERE stream = ?').raw();
    this.#indexEnd = prepare(
      'SELECT revision, position FROM events INDEXED BY events_by_stream WHERE stream = ? ORDER BY revision DESC LIMIT 1',
    ).raw();
    this.#last = prepare(`SELECT ${columns} FROM events ORDER BY position DESC LIMIT 1`);
    this.#positionAt = prepare(
      'SELECT position FROM events INDEXED BY events_by_stream WHERE stream = ? AND revision = ?',
    ).pluck();
    this.#head = prepare('SELECT max(position) FROM events').pluck();
  }

  last(): StoredRow | undefined {
    const row = this.#last.get() as StoredRow | undefined;
    if (row !== undefined) checkRow(row, row.position);
    return row;
  }

  /** Whether a search from the front finds a row after a position; a search from the end may have missed it. */
  goesOnAfter(position: number): boolean {
    return this.#after.get(position, 1) !== undefined;
  }

  /** The last position of this snapshot, which must hold at least what was committed before it. */
  head(committed: number): number {
    const head = (this.#head.get() as number | null) ?? 0;
    if (head < committed) throw damaged(head + 1, 'it is missing');
    return head;
  }

  /** Rows after a position, none missing up to the head, each chained to the one before it. */
  *after(position: number, limit: number, head: number): Generator<StoredRow> {
    let expected = position + 1;
    let before: string | null = null;
    for (const row of this.#after.iterate(position, limit) as Iterable<StoredRow>) {
      checkRow(row, expected);
      if (before !== null && row.before !== before)
        throw damaged(expected, 'it does not follow the row before it');
      before = row.link;
      expected += 1;
      yield row;
    }
    if (expected <= Math.min(head, position + limit)) throw damaged(expected, 'it is missing');
  }

  /** Rows before a position, the newest first, none missing. */
  *before(position: number, limit: number, head: number): Generator<StoredRow> {
    let expected = Math.min(position - 1, head);
    const least = Math.max(0, expected - limit);
    for (const row of this.#before.iterate(position, limit) as Iterable<StoredRow>) {
      checkRow(row, expected);
      expected -= 1;
      yield row;
    }
    if (expected > least) throw damaged(expected, 'it is missing');
  }

  /** The last revision of a stream and its position, -1 when there is none; both records of it must agree. */
  streamEnd(stream: string): { revision: number; position: number } {
    const stored = this.#streamEnd.get(stream) as [number, number] | undefined;
    const indexed = this.#indexEnd.get(stream) as [number, number] | undefined;
    if (stored?.[0] !== indexed?.[0] || stored?.[1] !== indexed?.[1]) {
      const position = Math.max(stored?.[1] ?? 0, indexed?.[1] ?? 0);
      throw damaged(position, `the end of stream ${stream} is recorded in two ways`);
    }
    return stored === undefined
      ? { revision: -1, position: 0 }
      : { revision: stored[0], position: stored[1] };
  }

  positionAt(stream: string, revision: number): number | null {
    return (this.#positionAt.get(stream, revision) as number | undefined) ?? null;
  }

  /** What the table of streams says, not held against the index. */
  recordedEnd(stream: string): { revision: number; position: number } {
    const stored = this.#streamEnd.get(stream) as [number, number] | undefined;
    return stored === undefined
      ? { revision: -1, position: 0 }
      : { revision: stored[0], position: stored[1] };
  }

  *streamForward({ stream, from, limit, end }: StreamRange & { readonly end: number }): Generator<StoredRow> {
    let expected = from;
    for (const row of this.#streamForward.iterate(stream, from, limit) as Iterable<StoredRow>) {
      checkStreamRow(row, stream, expected);
      expected += 1;
      yield row;
    }
    if (expected <= Math.min(end, from + limit - 1)) throw missingRevision(stream, expected);
  }

  *streamBackward({ stream, from, limit }: StreamRange): Generator<StoredRow> {
    let expected = from;
    for (const row of this.#streamBackward.iterate(stream, from, limit) as Iterable<StoredRow>) {
      checkStreamRow(row, stream, expected);
      expected -= 1;
      yield row;
    }
    if (expected > Math.max(-1, from - limit)) throw missingRevision(stream, expected);
  }
}

interface StreamRange {
  readonly stream: string;
  /** The revision it begins with. */
  readonly from: number;
  readonly limit: number;
}

export function damaged(position: number, reason: string, cause?: unknown) {
  return corrupt(positionText(position), reason, cause);
}

function checkRow(row: StoredRow, position: number): void {
  if (row.position < 1) throw damaged(1, 'a row stands before it');
  if (row.position !== position) throw damaged(position, 'it is missing');
  if (linkOf(row) !== row.link) throw damaged(position, 'its content is not what was written');
}

function checkStreamRow(row: StoredRow, stream: string, revision: number): void {
  if (row.stream === stream && row.revision !== revision) throw missingRevision(stream, revision);
  if (row.stream !== stream) throw damaged(row.position, `it stands in the index of stream ${stream}`);
  checkRow(row, row.position);
}

function missingRevision(stream: string, revision: number) {
  return corrupt(null, `revision ${revision} of stream ${stream} is missing`);
}
