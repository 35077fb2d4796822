// The embedded event log: SQLite in two threads, one that writes and one that reads.

import { mkdirSync } from 'node:fs';

import { checkRead } from '#event-log/check-read.js';
import { checkPosition, positionNumber, positionText } from '#event-log/counted-position.js';
import { checkName, encodeAppend } from '#event-log/encode-append.js';
import { EventLogError, unavailable } from '#event-log/errors.js';
import type {
  AppendResult,
  EventLog,
  ExpectedRevision,
  NewEvent,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamPage,
  SubscribeOptions,
} from '#event-log/event-log.js';
import { HeadSignal } from '#event-log/head-signal.js';
import { PagedSubscription } from '#event-log/paged-subscription.js';
import { AppendQueue } from '#event-log-sqlite/append-queue.js';
import { DirectoryLock } from '#event-log-sqlite/directory-lock.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { ReaderCalls } from '#event-log-sqlite/reader-calls.js';
import { SharedHead } from '#event-log-sqlite/shared-head.js';

export interface SqliteEventLogOptions {
  readonly directory: string;
  /** After this an append that is not answered is `outcome-unknown`, and a read `unavailable`. */
  readonly timeoutMs?: number;
  /** Told what an operator should know: a failed disk, a thread started anew. */
  readonly onTrouble?: (text: string) => void;
}

/** As long as the default deadline of a call: waiting longer would help nobody. */
const timeoutDefaultMs = 10_000;

export class SqliteEventLog implements EventLog {
  /** For `openSqliteLogForReading` in other threads of this process. */
  readonly sharedHead = new SharedHead().buffer;
  readonly #lock: DirectoryLock;
  readonly #appends: AppendQueue;
  readonly #reads: ReaderCalls;
  readonly #head = new HeadSignal();
  readonly #subscriptions = new Set<PagedSubscription>();
  #identity = '';
  #closing: Promise<void> | null = null;

  private constructor(options: SqliteEventLogOptions) {
    const { directory, timeoutMs = timeoutDefaultMs, onTrouble = () => undefined } = options;
    this.#lock = DirectoryLock.take(directory);
    this.#reads = new ReaderCalls(pathsIn(directory).events, timeoutMs);
    this.#appends = new AppendQueue({
      directory,
      timeoutMs,
      onTrouble,
      head: this.sharedHead,
      onHead: (head) => this.#head.moveTo(positionText(head)),
    });
  }

  /** Throws `EventLogError`: `unavailable` when another process has it, `corrupt` when it is damaged. */
  static async open(options: SqliteEventLogOptions): Promise<SqliteEventLog> {
    mkdirSync(options.directory, { recursive: true, mode: 0o700 });
    const log = new SqliteEventLog(options);
    try {
      const { identity, head } = await log.#appends.start();
      log.#identity = identity;
      log.#head.moveTo(positionText(head));
      return log;
    } catch (error) {
      await log.close();
      if (error instanceof EventLogError) throw error;
      throw unavailable(`it cannot be opened: ${(error as Error).message}`, error);
    }
  }

  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<AppendResult> {
    return this.#appends.push(encodeAppend(stream, events, expected));
  }

  async readStream(stream: string, options: ReadStreamOptions): Promise<StreamPage> {
    checkName('stream', stream);
    checkRead(options);
    const { unknown, events } = await this.#reads.call({
      kind: 'stream',
      stream,
      options,
      committed: this.#committed(),
    });
    return unknown ? { status: 'unknown' } : { status: 'found', events };
  }

  async readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]> {
    checkRead(options);
    checkPosition(options);
    const { events } = await this.#reads.call({ kind: 'all', options, committed: this.#committed() });
    return events;
  }

  subscribe(options: SubscribeOptions): PagedSubscription {
    this.#refuseWhenClosed();
    positionNumber(options.after);
    const subscription = new PagedSubscription(
      {
        readPage: (after, filter) =>
          this.#reads.call({ kind: 'page', after, filter, committed: this.#committed() }),
        waitBeyond: (position, signal) => this.#head.waitBeyond(position, signal),
      },
      options,
      (ended) => this.#subscriptions.delete(ended),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  /** Refused while nothing can be appended, though what was appended can be read. */
  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    if (this.#appends.failure !== null) throw this.#appends.failure;
    return this.#head.head;
  }

  async identity(): Promise<string> {
    this.#refuseWhenClosed();
    return this.#identity;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.return()));
    await this.#appends.close();
    await this.#reads.close();
    this.#lock.release();
  }

  #committed(): number {
    return positionNumber(this.#head.head);
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== null) throw unavailable('it is closed');
  }
}
