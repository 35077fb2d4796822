// Group commit: one transaction, one fsync and one head mark for everything that was waiting.

import type { Database, Statement } from 'better-sqlite3';

import { decideAppend } from '#event-log/decide-append.js';
import type { EncodedAppend } from '#event-log/encode-append.js';
import { EventLogError } from '#event-log/errors.js';
import { type ChainedRow, linkOf } from '#event-log-sqlite/chain.js';
import type { AppendOutcome } from '#event-log-sqlite/messages.js';
import { positionText, Rows } from '#event-log-sqlite/rows.js';

interface StreamEnd {
  readonly revision: number;
  readonly position: number;
}

export interface LogEnd {
  readonly position: number;
  readonly link: string;
}

/** Ends of streams kept at hand: the writer is the only one who moves them. About 10 MB when full. */
const streamEndsMax = 50_000;

export class AppendGroup {
  readonly #database: Database;
  readonly #rows: Rows;
  readonly #insert: Statement;
  readonly #moveEnd: Statement;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  readonly #ends = new Map<string, StreamEnd>();
  /** Ends moved by the transaction under way; they count for the cache only once it is committed. */
  #moved = new Map<string, StreamEnd>();
  #end: LogEnd;

  constructor(database: Database, end: LogEnd) {
    this.#database = database;
    this.#rows = new Rows(database);
    this.#end = end;
    this.#insert = database.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)');
    this.#moveEnd = database.prepare(
      'INSERT INTO streams VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET last_revision = excluded.last_revision, last_position = excluded.last_position',
    );
    this.#begin = database.prepare('BEGIN IMMEDIATE');
    this.#commit = database.prepare('COMMIT');
    this.#rollback = database.prepare('ROLLBACK');
  }

  get end(): LogEnd {
    return this.#end;
  }

  /** All of them in one transaction. Throws what SQLite threw; then none of them was committed here. */
  commit(appends: readonly EncodedAppend[]): AppendOutcome[] {
    const before = this.#end;
    try {
      this.#begin.run();
      const outcomes = appends.map((append) => this.#decideAndWrite(append));
      for (const [stream, end] of this.#moved) this.#moveEnd.run(stream, end.revision, end.position);
      this.#commit.run();
      this.#remember();
      return outcomes;
    } catch (error) {
      this.#end = before;
      this.#moved.clear();
      this.#ends.clear();
      if (this.#database.inTransaction) this.#rollback.run();
      throw error;
    }
  }

  #decideAndWrite(append: EncodedAppend): AppendOutcome {
    const { stream, events, expected } = append;
    const end = this.#endOf(stream);
    const ids = events.map((event) => event.id);
    const decision = decideAppend(expected, ids, {
      lastRevision: end.revision,
      idsFrom: (revision, count) => this.#idsFrom(stream, revision, count, end.revision),
    });
    switch (decision.kind) {
      case 'conflict':
        return { failure: { code: 'version-conflict', stream, expected, actual: decision.actual } };
      case 'repeat':
        return this.#resultAt(stream, decision.lastRevision);
      case 'write':
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
      this.#insert.run(position, stream, revision, id, type, data, metadata, row.before, link);
    }
    this.#end = { position, link };
    this.#moved.set(stream, { revision, position });
    return { revision, position: positionText(position) };
  }

  #endOf(stream: string): StreamEnd {
    const known = this.#moved.get(stream) ?? this.#ends.get(stream);
    if (known !== undefined) return known;
    const end = this.#rows.streamEnd(stream);
    this.#ends.set(stream, end);
    return end;
  }

  #idsFrom(stream: string, revision: number, count: number, end: number): string[] {
    return [...this.#rows.streamForward(stream, revision, count, end)].map((row) => row.id);
  }

  #resultAt(stream: string, revision: number): AppendOutcome {
    const [row] = [...this.#rows.streamForward(stream, revision, 1, revision)];
    if (row === undefined)
      throw new EventLogError({ code: 'corrupt', position: null, reason: 'a row vanished' });
    return { revision: row.revision, position: positionText(row.position) };
  }

  #remember(): void {
    for (const [stream, end] of this.#moved) {
      this.#ends.delete(stream);
      this.#ends.set(stream, end);
    }
    this.#moved.clear();
    for (const stream of this.#ends.keys()) {
      if (this.#ends.size <= streamEndsMax) return;
      this.#ends.delete(stream);
    }
  }
}
