// Reading the log's file by a connection that can write nothing. Every row proves itself here, before anyone sees it.

import type { Database, Statement } from 'better-sqlite3';

import { corrupt, EventLogError, unavailable } from '#event-log/errors.js';
import { collect, type End, type Taking } from '#event-log-sqlite/answer-read.js';
import { isCorruption, openReader } from '#event-log-sqlite/database.js';
import type { ReaderRequest, Unnumbered } from '#event-log-sqlite/messages.js';
import { Rows } from '#event-log-sqlite/rows.js';

interface Connection {
  readonly database: Database;
  readonly rows: Rows;
  readonly begin: Statement;
  readonly commit: Statement;
}

export class ReadConnection {
  readonly #path: string;
  #connection: Connection | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Throws `EventLogError`. */
  read(request: Unnumbered<ReaderRequest>, taking: Taking): End {
    return this.within(({ rows }) => collect(rows, request, taking));
  }

  /** In one snapshot, so that what is compared belongs together. Throws `EventLogError`. */
  within<Answer>(ask: (connection: Connection) => Answer): Answer {
    try {
      this.#connection ??= connect(this.#path);
      const { database, begin, commit } = this.#connection;
      begin.run();
      try {
        return ask(this.#connection);
      } finally {
        // A read that failed may have ended it already; what is told is then why it failed.
        if (database.inTransaction) commit.run();
      }
    } catch (error) {
      throw this.#failureFor(error);
    }
  }

  close(): void {
    const closing = this.#connection;
    this.#connection = null;
    closing?.database.close();
  }

  #failureFor(error: unknown): EventLogError {
    if (error instanceof EventLogError) return error;
    if (isCorruption(error)) return corrupt(null, 'its file is not well formed', error);
    // A connection that failed is not used again.
    this.close();
    return unavailable(`reading failed: ${String((error as Error).message)}`, error);
  }
}

function connect(path: string): Connection {
  const database = openReader(path);
  return {
    database,
    rows: new Rows(database),
    begin: database.prepare('BEGIN'),
    commit: database.prepare('COMMIT'),
  };
}
