// Reads: each within the budget of streams, each cancelled whichever way it ends (leaving a loop over the
// client's streams, or destroying them, does not cancel the call, and the hundredth leak hangs them all).

import { BACKWARDS, END, FORWARDS, START, type StreamingRead } from '@eventstore/db-client';

import { logStart, type Position } from '#event-log/event-log.js';
import { readsInFlightMax, roundFirstEvents, roundLastEvents } from '#event-log-eventstoredb/limits.js';
import { decodePosition } from '#event-log-eventstoredb/position.js';
import { Budget } from '#event-log-eventstoredb/thread/budget.js';
import { Chunk } from '#event-log-eventstoredb/thread/chunk.js';
import type { Connection, ConnectionSlot } from '#event-log-eventstoredb/thread/connections.js';
import { failureOf, isConnectionInDoubt } from '#event-log-eventstoredb/thread/failures.js';
import {
  type Done,
  type Failure,
  type ReadAllBody,
  type ReadStreamBody,
  silent,
} from '#event-log-eventstoredb/thread/protocol.js';
import {
  positionOf,
  type Reading,
  readingOf,
  recordedReadingOf,
  withheldReason,
} from '#event-log-eventstoredb/thread/rows.js';

export interface RowSink {
  send(text: string, upTo: Position): void;
  foreign(reading: Extract<Reading, { kind: 'foreign' }>): void;
}

type OnRecord = (event: Parameters<typeof positionOf>[0], position: Position) => void;

interface AllRecords {
  readonly direction: 'forward' | 'backward';
  /** Exclusive. */
  readonly from: Position | 'end';
  readonly limit: number;
  readonly abandoned: AbortSignal;
  readonly onRecord: OnRecord;
}

const abandonedFailure: Failure = { meaning: 'retry', reason: 'nobody waits for it', sent: true };

export class Reader {
  readonly #slot: ConnectionSlot;
  readonly #budget = new Budget(readsInFlightMax);

  constructor(slot: ConnectionSlot) {
    this.#slot = slot;
  }

  readStream(body: ReadStreamBody, sink: RowSink, abandoned: AbortSignal): Promise<Done | Failure> {
    return this.#within(abandoned, async (connection) => {
      const chunk = new Chunk();
      let failure: Failure | null = null;
      const stream = connection.client.readStream(body.stream, {
        direction: body.direction === 'forward' ? FORWARDS : BACKWARDS,
        fromRevision: body.from === 'end' ? END : BigInt(body.from),
        maxCount: body.limit,
        requiresLeader: true,
      });
      await through(stream, abandoned, (resolved) => {
        if (resolved.event === undefined) return;
        const reading = recordedReadingOf(resolved.event, positionOf(resolved));
        if (reading.kind === 'ours') chunk.add(reading.row);
        else failure ??= misfit(body.stream, reading);
        if (chunk.isFull) sink.send(chunk.take(), logStart);
      });
      if (failure !== null) return failure;
      if (!chunk.isEmpty) sink.send(chunk.take(), logStart);
      return {};
    });
  }

  /** Goes on past what is not ours until the limit is filled or the log ends. */
  readAll(body: ReadAllBody, sink: RowSink, abandoned: AbortSignal): Promise<Done | Failure> {
    return this.#within(abandoned, async (connection) => {
      const chunk = new Chunk();
      let [kept, round, from] = [0, roundFirstEvents, body.from];
      const onRecord: OnRecord = (event, position) => {
        const reading = readingOf(event, position);
        if (reading.kind === 'foreign') sink.foreign(reading);
        if (reading.kind !== 'ours' || kept >= body.limit) return;
        kept += 1;
        chunk.add(reading.row);
        if (chunk.isFull) sink.send(chunk.take(), position);
      };
      while (kept < body.limit) {
        const limit = Math.max(Math.min(round, roundLastEvents), body.limit - kept + 1);
        const last = await eachOfAll(connection, { ...body, from, limit, abandoned, onRecord });
        if (last === null) break;
        from = last;
        round *= 2;
      }
      if (!chunk.isEmpty) sink.send(chunk.take(), logStart);
      return {};
    });
  }

  head(abandoned: AbortSignal): Promise<Done | Failure> {
    return this.#within(abandoned, async (connection) => {
      let head = logStart;
      const stream = connection.client.readAll({
        direction: BACKWARDS,
        fromPosition: END,
        maxCount: 1,
        requiresLeader: true,
      });
      await through(stream, abandoned, (resolved) => {
        head = positionOf(resolved) ?? head;
      });
      return { head };
    });
  }

  /** Runs a read on a connection, within the budget. */
  async #within(
    abandoned: AbortSignal,
    read: (connection: Connection) => Promise<Done | Failure>,
  ): Promise<Done | Failure> {
    const giveBack = await this.#budget.take(abandoned);
    if (giveBack === null) return abandonedFailure;
    const connection = this.#slot.get();
    const leave = connection.occupy();
    try {
      return await read(connection);
    } catch (error) {
      const failure = failureOf(error);
      const wasLeft = abandoned.aborted && abandoned.reason !== silent;
      if (isConnectionInDoubt(failure) && !wasLeft) this.#slot.replace(connection);
      return failure;
    } finally {
      leave();
      giveBack();
    }
  }

  /** For a subscription that is quiet: what stands beyond the last place that it considered. */
  async lookAhead(look: Omit<AllRecords, 'direction'>): Promise<{ readonly atEnd: boolean } | Failure> {
    let atEnd = false;
    const done = await this.#within(look.abandoned, async (connection) => {
      atEnd = (await eachOfAll(connection, { ...look, direction: 'forward' })) === null;
      return {};
    });
    return 'meaning' in done ? done : { atEnd };
  }
}

/**
 * Calls back for each record beyond `from`, whosever it is. Resolves to the last place considered, or to
 * null when the log ends there. Servers differ in whether the start is part of a read, so it is left out here.
 */
async function eachOfAll(connection: Connection, records: AllRecords): Promise<Position | null> {
  const { direction, from, limit, abandoned, onRecord } = records;
  const isForward = direction === 'forward';
  if (!isForward && from === logStart) return null;
  const stream = connection.client.readAll({
    direction: isForward ? FORWARDS : BACKWARDS,
    fromPosition: from === 'end' ? END : startOf(from),
    maxCount: limit,
    requiresLeader: true,
  });
  let [received, last, isWithheld] = [0, from, false];
  await through(stream, abandoned, (resolved) => {
    received += 1;
    const position = positionOf(resolved);
    isWithheld ||= position === null;
    if (position === null || (last !== 'end' && (isForward ? position <= last : position >= last))) return;
    last = position;
    onRecord(resolved, position);
  });
  if (isWithheld) throw new Error(withheldReason);
  return received < limit || last === 'end' ? null : last;
}

const startOf = (position: Position) => {
  const decoded = decodePosition(position);
  return decoded === 'start' ? START : decoded;
};

/** In all, what is not ours is passed over; in a stream of ours it would leave a hole in what is decided on. */
function misfit(stream: string, { type, reason }: Extract<Reading, { kind: 'foreign' }>): Failure {
  const meaning = reason === withheldReason ? 'refused' : 'not-ours';
  return { meaning, reason: `stream ${stream} holds a ${type}: ${reason}`, sent: true };
}

/** Everything that a read sends; cancels the call in the end. */
async function through<Event>(
  stream: StreamingRead<Event>,
  abandoned: AbortSignal,
  onEvent: (event: Event) => void,
): Promise<void> {
  const cut = new AbortController();
  try {
    await new Promise<void>((resolve, reject) => {
      // The listener for errors stays: one may still come after the read was cancelled.
      stream.on('error', reject);
      stream.on('end', resolve);
      stream.on('close', () => reject(new Error('the read was cut off')));
      stream.on('data', onEvent);
      const leave = () => reject(new Error('nobody waits for it'));
      abandoned.addEventListener('abort', leave, { signal: cut.signal });
      if (abandoned.aborted) leave();
    });
  } finally {
    cut.abort();
    await stream.cancel().catch(() => undefined);
  }
}
