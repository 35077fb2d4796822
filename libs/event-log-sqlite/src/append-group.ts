// Group commit: one transaction, one fsync and one head mark for everything that was waiting. Rows and
// ends of streams go to SQLite by several at a time, since half the cost of a small insert is the call.

import type { Database, Statement } from 'better-sqlite3';

import { decideAppend } from '#event-log/decide-append.js';
import type { EncodedAppend } from '#event-log/encode-append.js';
import { Bulk } from '#event-log-sqlite/bulk.js';
import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';
import type { AppendOutcome } from '#event-log-sqlite/messages.js';
import { damaged, Rows } from '#event-log-sqlite/rows.js';
import { type StreamEnd, StreamEnds } from '#event-log-sqlite/stream-ends.js';

export interface LogEnd {
  readonly position: number;
  readonly link: string;
}

const newRows = { head: 'INSERT INTO events VALUES', row: '(?, ?, ?, ?, ?, ?, ?, ?, ?)', tail: '' };
const newEnds = { head: 'INSERT INTO streams VALUES', row: '(?, ?, ?)', tail: '' };
const movedEnds = {
  ...newEnds,
  tail: 'ON CONFLICT DO UPDATE SET last_revision = excluded.last_revision, last_position = excluded.last_position',
};

export class AppendGroup {
  readonly #database: Database;
  readonly #rows: Rows;
  readonly #inserts: Bulk;
  readonly #newEnds: Bulk;
  readonly #movedEnds: Bulk;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  /** May run ahead of the transaction under way, so it is emptied when that fails. */
  readonly #ends = new StreamEnds();
  /** Streams whose end the transaction under way has still to record. */
  readonly #changed = new Map<string, 'new' | 'moved'>();
  #end: LogEnd;

  constructor(database: Database, end: LogEnd) {
    this.#database = database;
    this.#rows = new Rows(database);
    this.#end = end;
    this.#inserts = new Bulk(database, newRows);
    this.#newEnds = new Bulk(database, newEnds);
    this.#movedEnds = new Bulk(database, movedEnds);
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  get end(): LogEnd {
    return this.#end;
  }

  /** All of them in one transaction. Throws what SQLite threw; then none of them was committed here. */
  commit(appends: readonly EncodedAppend[]): AppendOutcome[] {
    try {
      return this.#transact(appends, 'trusting');
    } catch (error) {
      if (!/^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)$/.test(String((error as { code?: unknown }).code)))
        throw error;
      return this.#transact(appends, 'looking');
    }
  }

  /**
   * `trusting` takes `no-stream` at its word, so that most new streams cost no look-up: where it was wrong,
   * an insert finds the stream there, everything is rolled back, and `looking` decides it properly.
   */
  #transact(appends: readonly EncodedAppend[], manner: 'trusting' | 'looking'): AppendOutcome[] {
    const before = this.#end;
    try {
      this.#begin.run();
      const outcomes = appends.map((append) => this.#decide(append, manner));
      this.#inserts.flush();
      this.#recordEnds();
      this.#commit.run();
      return outcomes;
    } catch (error) {
      this.#end = before;
      for (const bulk of [this.#inserts, this.#newEnds, this.#movedEnds]) bulk.drop();
      this.#ends.clear();
      this.#changed.clear();
      if (this.#database.inTransaction) this.#rollback.run();
      throw error;
    }
  }

  #decide(append: EncodedAppend, manner: 'trusting' | 'looking'): AppendOutcome {
    const { stream, events, expected } = append;
    if (manner === 'trusting' && expected === 'no-stream' && this.#ends.get(stream) === undefined) {
      this.#changed.set(stream, 'new');
      return this.#write(append, 0);
    }
    const end = this.#endOf(stream);
    const decision = decideAppend(
      expected,
      events.map((event) => event.id),
      {
        lastRevision: end.revision,
        idsFrom: (revision, count) => this.#storedRows(stream, revision, count).map((row) => row.id),
      },
    );
    switch (decision.kind) {
      case 'conflict':
        return { failure: { code: 'version-conflict', stream, expected, actual: decision.actual } };
      case 'repeat':
        return this.#resultAt(stream, decision.lastRevision);
      case 'write':
        if (!this.#changed.has(stream))
          this.#changed.set(stream, decision.firstRevision === 0 ? 'new' : 'moved');
        return this.#write(append, decision.firstRevision);
    }
  }

  #write({ stream, events }: EncodedAppend, firstRevision: number): AppendOutcome {
    let { position, link } = this.#end;
    let revision = firstRevision - 1;
    for (const { id, type, data, metadata } of events) {
      position += 1;
      revision += 1;
      const row: ChainedRow = { position, stream, revision, id, type, data, metadata, before: link };
      link = linkOf(row);
      this.#inserts.values.push(position, stream, revision, id, type, data, metadata, row.before, link);
      this.#inserts.rowAdded();
    }
    this.#end = { position, link };
    this.#ends.set(stream, { revision, position });
    return { revision, position };
  }

  #endOf(stream: string): StreamEnd {
    const known = this.#ends.get(stream);
    if (known !== undefined) return known;
    const end = this.#rows.streamEnd(stream);
    this.#ends.set(stream, end);
    return end;
  }

  #storedRows(stream: string, revision: number, count: number) {
    this.#inserts.flush();
    const end = this.#endOf(stream).revision;
    return [...this.#rows.streamForward({ stream, from: revision, limit: count, end })];
  }

  #resultAt(stream: string, revision: number): AppendOutcome {
    const [row] = this.#storedRows(stream, revision, 1);
    if (row === undefined)
      throw damaged(this.#endOf(stream).position, `a row of stream ${stream} is missing`);
    return { revision: row.revision, position: row.position };
  }

  #recordEnds(): void {
    for (const [stream, change] of this.#changed) {
      const end = this.#endOf(stream);
      const bulk = change === 'new' ? this.#newEnds : this.#movedEnds;
      bulk.values.push(stream, end.revision, end.position);
      bulk.rowAdded();
    }
    this.#newEnds.flush();
    this.#movedEnds.flush();
    this.#changed.clear();
  }
}
