// The log of this process as another of its threads reads it: by a connection of its own in that very thread, so that
// no event is copied between threads, and none goes through the one that serves.

import { setImmediate as anotherTurn } from 'node:timers/promises';

import { checkRead } from '#event-log/check-read.js';
import { checkPosition, positionNumber, positionText } from '#event-log/counted-position.js';
import { checkName } from '#event-log/encode-append.js';
import { unavailable } from '#event-log/errors.js';
import type {
  AppendResult,
  EventLog,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamPage,
  SubscribeOptions,
} from '#event-log/event-log.js';
import { HeadSignal } from '#event-log/head-signal.js';
import { PagedSubscription, type SubscriptionPage } from '#event-log/paged-subscription.js';
import type { End, Taking } from '#event-log-sqlite/answer-read.js';
import { readIdentity } from '#event-log-sqlite/database.js';
import type { ReaderRequest, Unnumbered } from '#event-log-sqlite/messages.js';
import { pathsIn } from '#event-log-sqlite/open-log.js';
import { ReadConnection } from '#event-log-sqlite/read-connection.js';
import { type ReadPage, RecentPages } from '#event-log-sqlite/recent-pages.js';
import type { StoredRow } from '#event-log-sqlite/rows.js';
import { SharedHead } from '#event-log-sqlite/shared-head.js';

export interface LogForReadingOptions {
  readonly directory: string;
  /** Of the `SqliteEventLog` that this process has open there. */
  readonly head: SharedArrayBuffer;
}

/** A wake that was lost delays nobody for longer. It also keeps the thread alive, which the wait itself would not. */
const lookAgainMs = 250;

/** Throws `EventLogError`. */
export function openSqliteLogForReading(options: LogForReadingOptions): EventLog {
  const connection = new ReadConnection(pathsIn(options.directory).events);
  try {
    const identity = connection.within(({ database }) => readIdentity(database));
    if (identity === null) throw unavailable('nothing was made in its file yet');
    return new LogForReading(connection, identity, new SharedHead(options.head));
  } catch (error) {
    connection.close();
    throw error;
  }
}

class LogForReading implements EventLog {
  readonly #connection: ReadConnection;
  readonly #identity: string;
  readonly #committed: SharedHead;
  readonly #head = new HeadSignal();
  readonly #subscriptions = new Set<PagedSubscription>();
  readonly #looking: NodeJS.Timeout;
  readonly #recent = new RecentPages();
  /** By the position that they begin after. */
  readonly #pagesUnderWay = new Map<number, Promise<ReadEvents>>();
  #isClosed = false;

  constructor(connection: ReadConnection, identity: string, committed: SharedHead) {
    this.#connection = connection;
    this.#identity = identity;
    this.#committed = committed;
    this.#looking = setInterval(() => this.#look(), lookAgainMs);
    void this.#follow();
  }

  append(): Promise<AppendResult> {
    return Promise.reject(new TypeError('this thread has the log for reading alone'));
  }

  async readStream(stream: string, options: ReadStreamOptions): Promise<StreamPage> {
    checkName('stream', stream);
    checkRead(options);
    const asked = { kind: 'stream', stream, options, committed: this.#look() } as const;
    const { unknown, events } = await this.#read(asked);
    return unknown ? { status: 'unknown' } : { status: 'found', events };
  }

  async readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]> {
    checkRead(options);
    checkPosition(options);
    const { events } = await this.#read({ kind: 'all', options, committed: this.#look() });
    return events;
  }

  subscribe(options: SubscribeOptions): PagedSubscription {
    this.#refuseWhenClosed();
    positionNumber(options.after);
    const subscription = new PagedSubscription(
      {
        readPage: (after, filter) =>
          filter === undefined
            ? this.#readOn(positionNumber(after))
            : this.#read({ kind: 'page', after, filter, committed: this.#look() }).then(pageOf),
        waitBeyond: (position, signal) => this.#head.waitBeyond(position, signal),
      },
      options,
      (ended) => this.#subscriptions.delete(ended),
    );
    this.#subscriptions.add(subscription);
    return subscription;
  }

  async head(): Promise<Position> {
    this.#refuseWhenClosed();
    return positionText(this.#look());
  }

  async identity(): Promise<string> {
    this.#refuseWhenClosed();
    return this.#identity;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#looking);
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.return()));
    this.#connection.close();
  }

  /** What another subscription has read already is read by none again. */
  async #readOn(after: number): Promise<SubscriptionPage> {
    this.#refuseWhenClosed();
    const recent = this.#recent.after(after);
    const from = recent?.upTo ?? after;
    if (recent !== null && from >= this.#look())
      return { events: recent.events, upTo: positionText(from), atHead: true };
    const page = pageOf(await this.#readRecent(from));
    return { ...page, events: [...(recent?.events ?? []), ...page.events] };
  }

  #readRecent(after: number): Promise<ReadEvents> {
    const underWay = this.#pagesUnderWay.get(after);
    if (underWay !== undefined) return underWay;
    const asked = {
      kind: 'page',
      after: positionText(after),
      filter: undefined,
      committed: this.#look(),
    } as const;
    const reading = this.#read(asked)
      .then((page) => {
        this.#recent.add(after, page);
        return page;
      })
      .finally(() => this.#pagesUnderWay.delete(after));
    this.#pagesUnderWay.set(after, reading);
    return reading;
  }

  async #read(request: Unnumbered<ReaderRequest>): Promise<ReadEvents> {
    this.#refuseWhenClosed();
    // Whoever reads page after page would else keep this thread from everything else.
    await anotherTurn();
    this.#refuseWhenClosed();
    const taken = new TakenEvents();
    return { ...this.#connection.read(request, taken), events: taken.events, characters: taken.characters };
  }

  /** What was acknowledged to anybody in this process is committed, and stands here. */
  #look(): number {
    const { position } = this.#committed;
    this.#head.moveTo(positionText(position));
    return position;
  }

  async #follow(): Promise<void> {
    while (!this.#isClosed) await this.#committed.movedFrom(this.#look(), lookAgainMs);
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw unavailable('it is closed');
  }
}

type ReadEvents = End & ReadPage;

const pageOf = ({ events, upTo, atHead }: ReadEvents): SubscriptionPage => ({
  events,
  upTo: positionText(upTo),
  atHead,
});

class TakenEvents implements Taking {
  readonly events: RecordedEvent[] = [];
  characters = 0;

  add(row: StoredRow): void {
    const { id, stream, revision, type } = row;
    const [data, metadata] = [JSON.parse(row.data), JSON.parse(row.metadata)];
    this.events.push({ id, stream, revision, position: positionText(row.position), type, data, metadata });
    this.characters += row.data.length + row.metadata.length;
  }
}
