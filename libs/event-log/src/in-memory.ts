// The reference: what the port means, with nothing in the way. It keeps texts, not objects, so that a
// caller who changes an event after appending it changes nothing here.

import { randomUUID } from 'node:crypto';

import { checkRead } from '#event-log/check-read.js';
import { positionNumber, positionText } from '#event-log/counted-position.js';
import { decideAppend } from '#event-log/decide-append.js';
import type { EncodedEvent } from '#event-log/encode-append.js';
import { checkName, decodeData, decodeMetadata, encodeAppend } from '#event-log/encode-append.js';
import { corrupt, EventLogError, unavailable } from '#event-log/errors.js';
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
  SubscriptionFilter,
} from '#event-log/event-log.js';
import { HeadSignal } from '#event-log/head-signal.js';
import { PagedSubscription, passes, type SubscriptionPage } from '#event-log/paged-subscription.js';

interface Row extends EncodedEvent {
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
}

/** One page of a subscription: how much it looks at before it lets others run. */
const subscriptionPageRows = 256;

export class InMemoryEventLog implements EventLog {
  readonly #identity = randomUUID();
  readonly #rows: Row[] = [];
  readonly #streams = new Map<string, Row[]>();
  readonly #head = new HeadSignal();
  readonly #subscriptions = new Set<PagedSubscription>();
  #closed = false;

  async append(
    stream: string,
    events: readonly NewEvent[],
    expected: ExpectedRevision,
  ): Promise<AppendResult> {
    this.#refuseWhenClosed();
    const append = encodeAppend(stream, events, expected);
    const rows = this.#streams.get(stream) ?? [];
    const ids = append.events.map((event) => event.id);
    const decision = decideAppend(expected, ids, {
      lastRevision: rows.length - 1,
      idsFrom: (revision, count) => rows.slice(revision, revision + count).map((row) => row.id),
    });
    switch (decision.kind) {
      case 'conflict':
        throw new EventLogError({ code: 'version-conflict', stream, expected, actual: decision.actual });
      case 'repeat':
        return resultOf(rows[decision.lastRevision] as Row);
      case 'write':
        return resultOf(this.#write(stream, append.events, rows));
    }
  }

  async readStream(stream: string, options: ReadStreamOptions): Promise<StreamPage> {
    this.#refuseWhenClosed();
    checkName('stream', stream);
    checkRead(options);
    const rows = this.#streams.get(stream);
    if (rows === undefined) return { status: 'unknown' };
    const picked =
      options.direction === 'forward'
        ? rows.slice(options.from, options.from + options.limit)
        : backward(rows, options.from === 'end' ? rows.length : options.from + 1, options.limit);
    return { status: 'found', events: picked.map(decode) };
  }

  async readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]> {
    this.#refuseWhenClosed();
    checkRead(options);
    if (options.direction === 'forward') {
      const start = positionNumber(options.after);
      return this.#rows.slice(start, start + options.limit).map(decode);
    }
    const end = options.before === 'end' ? this.#rows.length : positionNumber(options.before) - 1;
    return backward(this.#rows, end, options.limit).map(decode);
  }

  subscribe(options: SubscribeOptions): PagedSubscription {
    this.#refuseWhenClosed();
    positionNumber(options.after);
    const subscription = new PagedSubscription(
      {
        readPage: async (after, filter) => this.#page(after, filter),
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
    return this.#head.head;
  }

  async identity(): Promise<string> {
    this.#refuseWhenClosed();
    return this.#identity;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#subscriptions].map((subscription) => subscription.return()));
  }

  #write(stream: string, events: readonly EncodedEvent[], rows: Row[]): Row {
    for (const event of events) {
      const row = { ...event, stream, revision: rows.length, position: positionText(this.#rows.length + 1) };
      rows.push(row);
      this.#rows.push(row);
    }
    this.#streams.set(stream, rows);
    const last = rows.at(-1) as Row;
    this.#head.moveTo(last.position);
    return last;
  }

  #page(after: Position, filter: SubscriptionFilter | undefined): SubscriptionPage {
    const start = positionNumber(after);
    if (start > this.#rows.length) throw corrupt(after, 'it was seen before, and is missing');
    const considered = this.#rows.slice(start, start + subscriptionPageRows);
    const upTo = considered.at(-1)?.position ?? after;
    return {
      events: considered.filter((row) => passes(filter, row)).map(decode),
      upTo,
      atHead: upTo >= this.#head.head,
    };
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw unavailable('it is closed');
  }
}

function backward(rows: readonly Row[], end: number, limit: number): Row[] {
  return rows.slice(Math.max(0, Math.min(end, rows.length) - limit), Math.max(0, end)).reverse();
}

function resultOf(row: Row): AppendResult {
  return { revision: row.revision, position: row.position };
}

function decode(row: Row): RecordedEvent {
  return {
    id: row.id,
    stream: row.stream,
    revision: row.revision,
    position: row.position,
    type: row.type,
    data: decodeData(row),
    metadata: decodeMetadata(row),
  };
}
