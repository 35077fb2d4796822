// One subscription while its connection lasts. It knows how far it considered, so that positions move on past
// what is not ours, and it says `caught-up` only when that is proven: by the server, which says so once, or
// by a look ahead that finds nothing more for this subscription.

import {
  type AllStreamResolvedEvent,
  type AllStreamSubscription,
  eventTypeFilter,
  START,
  streamNameFilter,
} from '@eventstore/db-client';

import type { Position, SubscriptionFilter } from '#event-log/event-log.js';
import { passes } from '#event-log/paged-subscription.js';
import {
  checkpointEveryMs,
  chunksInFlightMax,
  lookAheadEvents,
  quietFirstMs,
  quietLastMs,
  type Timings,
} from '#event-log-eventstoredb/limits.js';
import { decodePosition, encodePosition } from '#event-log-eventstoredb/position.js';
import { Chunk } from '#event-log-eventstoredb/thread/chunk.js';
import type { Connection } from '#event-log-eventstoredb/thread/connections.js';
import { failureOf } from '#event-log-eventstoredb/thread/failures.js';
import type { Failure, SubscribeBody } from '#event-log-eventstoredb/thread/protocol.js';
import type { Reader, RowSink } from '#event-log-eventstoredb/thread/reader.js';
import { positionOf, readingOf } from '#event-log-eventstoredb/thread/rows.js';

/** What the server says between events, put into the stream of events where it was said. */
type Mark = { readonly mark: 'checkpoint'; readonly position: Position } | { readonly mark: 'caught-up' };

/** With OK, which is no reason to doubt the connection. */
export const endedByServer: Failure = {
  meaning: 'retry',
  reason: 'the server ended the subscription',
  sent: true,
};

export interface FeedNeeds {
  readonly reader: Reader;
  readonly sink: RowSink;
  readonly timings: Timings;
}

export class Feed {
  readonly #reader: Reader;
  readonly #sink: RowSink;
  readonly #timings: Timings;
  readonly #filter: SubscriptionFilter | undefined;
  readonly #chunk = new Chunk();
  readonly #left = new AbortController();
  #source: AllStreamSubscription | null = null;
  #giveUp: (reason: Error) => void = () => undefined;
  #credits = chunksInFlightMax;
  #considered: Position;
  /** The position of the last row in the chunk or sent. */
  #told: Position;
  #owesCaughtUp = true;
  #flushing = false;
  #quietMs = quietFirstMs;
  #quietTimer: NodeJS.Timeout | undefined;
  #looking = false;
  #sentAt = 0;
  #checkpointTimer: NodeJS.Timeout | undefined;
  /** Since when a look ahead has found what was not delivered; null while nothing is missing. */
  #missingSince: number | null = null;

  constructor(body: SubscribeBody, { reader, sink, timings }: FeedNeeds) {
    this.#reader = reader;
    this.#sink = sink;
    this.#timings = timings;
    this.#filter = body.filter ?? undefined;
    this.#considered = body.after;
    this.#told = body.after;
  }

  /** Resolves when it is over: the reason, whatever it was, since the server may end it with OK, too. */
  async run(connection: Connection): Promise<Failure> {
    const source = this.#subscribe(connection);
    this.#source = source;
    try {
      await new Promise<void>((resolve, reject) => {
        this.#giveUp = reject;
        source.on('error', reject);
        source.on('end', resolve);
        source.on('close', resolve);
        source.on('caughtUp', () => source.push({ mark: 'caught-up' } satisfies Mark));
        source.on('data', (item: AllStreamResolvedEvent | Mark) => this.#take(item));
        this.#left.signal.addEventListener('abort', () => resolve());
        if (this.#left.signal.aborted) resolve();
      });
      return endedByServer;
    } catch (error) {
      return failureOf(error);
    } finally {
      this.leave();
      await source.unsubscribe().catch(() => undefined);
    }
  }

  leave(): void {
    this.#left.abort();
    clearTimeout(this.#quietTimer);
    clearTimeout(this.#checkpointTimer);
  }

  credit(): void {
    this.#credits += 1;
    this.#flush();
    if (!this.#chunk.isFull) this.#source?.resume();
    this.#listenForQuiet(quietFirstMs);
  }

  #subscribe(connection: Connection): AllStreamSubscription {
    const after = decodePosition(this.#considered);
    const filter = serverFilterOf(this.#filter, (source, position) => {
      source.push({ mark: 'checkpoint', position } satisfies Mark);
    });
    return connection.client.subscribeToAll({
      fromPosition: after === 'start' ? START : after,
      requiresLeader: true,
      ...(filter === undefined ? {} : { filter }),
    });
  }

  #take(item: AllStreamResolvedEvent | Mark): void {
    if (this.#left.signal.aborted) return;
    if ('mark' in item) this.#takeMark(item);
    else this.#takeEvent(item);
    this.#scheduleFlush();
    if (this.#chunk.isFull) {
      this.#flush();
      if (this.#chunk.isFull) this.#source?.pause();
    }
  }

  #takeMark(item: Mark): void {
    if (item.mark === 'checkpoint') this.#moveTo(item.position);
    else this.#sayCaughtUp();
  }

  #takeEvent(resolved: AllStreamResolvedEvent): void {
    const position = positionOf(resolved);
    if (position === null || position <= this.#considered) return;
    this.#moveTo(position);
    const reading = readingOf(resolved, position);
    if (reading.kind === 'foreign') this.#sink.foreign(reading);
    if (reading.kind !== 'ours' || !passes(this.#filter, reading)) return;
    this.#chunk.add(reading.row);
    this.#told = position;
    this.#owesCaughtUp = true;
  }

  #moveTo(position: Position): void {
    if (position > this.#considered) this.#considered = position;
  }

  #sayCaughtUp(): void {
    this.#owesCaughtUp = false;
    this.#chunk.mark('caught-up', this.#considered);
    this.#told = this.#considered;
    this.#scheduleFlush();
  }

  /** After everything that came in one piece, so that a burst becomes few messages. */
  #scheduleFlush(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
      this.#listenForQuiet(quietFirstMs);
    });
  }

  #flush(): void {
    if (this.#left.signal.aborted || this.#credits === 0) return;
    if (this.#told < this.#considered && !this.#chunk.isFull) {
      if (this.#chunk.isEmpty && this.#isCheckpointTooSoon()) return;
      this.#chunk.mark('checkpoint', this.#considered);
      this.#told = this.#considered;
    }
    if (this.#chunk.isEmpty) return;
    this.#credits -= 1;
    this.#sentAt = performance.now();
    this.#sink.send(this.#chunk.take(), this.#told);
  }

  /** A run of events that are not ours becomes a checkpoint now and then, and one at its end. */
  #isCheckpointTooSoon(): boolean {
    const waitMs = this.#sentAt + checkpointEveryMs - performance.now();
    if (waitMs <= 0) return false;
    clearTimeout(this.#checkpointTimer);
    this.#checkpointTimer = setTimeout(() => this.#flush(), waitMs);
    return true;
  }

  /** Looks ahead once nothing has come for a while; not while the consumer is what holds it up. */
  #listenForQuiet(quietMs: number): void {
    this.#quietMs = quietMs;
    clearTimeout(this.#quietTimer);
    if (this.#left.signal.aborted || this.#looking || this.#credits === 0) return;
    const isAtRest = !this.#owesCaughtUp && this.#missingSince === null;
    this.#quietTimer = setTimeout(() => void this.#lookAhead(), isAtRest ? this.#timings.restMs : quietMs);
  }

  async #lookAhead(): Promise<void> {
    const from = this.#considered;
    let [reached, finds] = [from, false];
    this.#looking = true;
    const seen = await this.#reader.lookAhead({
      from,
      limit: lookAheadEvents,
      abandoned: this.#left.signal,
      onRecord: (event, position) => {
        const reading = readingOf(event, position);
        finds ||= reading.kind === 'ours' && passes(this.#filter, reading);
        if (!finds) reached = position;
      },
    });
    this.#looking = false;
    if (this.#left.signal.aborted) return;
    const hasMoved = this.#considered > from;
    if ('atEnd' in seen) this.#judge({ finds, hasMoved, reached, atEnd: seen.atEnd });
    this.#listenForQuiet(Math.min(this.#quietMs * 2, quietLastMs));
  }

  #judge(look: { finds: boolean; hasMoved: boolean; reached: Position; atEnd: boolean }): void {
    this.#missingSince = look.finds && !look.hasMoved ? (this.#missingSince ?? performance.now()) : null;
    if (
      this.#missingSince !== null &&
      performance.now() - this.#missingSince > this.#timings.stalledAfterMs
    ) {
      this.#giveUp(new Error('the subscription delivers nothing, though there is something'));
      return;
    }
    if (look.finds || !look.atEnd || this.#considered > look.reached) return;
    this.#moveTo(look.reached);
    if (this.#owesCaughtUp) this.#sayCaughtUp();
    else this.#scheduleFlush();
  }
}

/** What the server can do of a filter; what it cannot do exactly is done again with `passes`. */
function serverFilterOf(
  filter: SubscriptionFilter | undefined,
  onCheckpoint: (source: AllStreamSubscription, position: Position) => void,
) {
  if (filter === undefined) return undefined;
  const prefixes = [...('streamPrefixes' in filter ? filter.streamPrefixes : filter.eventTypes)];
  // A filter that names nothing, or everything, is none for the server.
  if (prefixes.length === 0 || prefixes.includes('')) return undefined;
  const options = {
    prefixes,
    checkpointReached: (source: AllStreamSubscription, position: { commit: bigint; prepare: bigint }) =>
      onCheckpoint(source, encodePosition(position)),
  };
  return 'streamPrefixes' in filter ? streamNameFilter(options) : eventTypeFilter(options);
}
