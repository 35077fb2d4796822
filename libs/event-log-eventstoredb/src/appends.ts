// An append with its retries. What makes it exactly once: the same ids at the same expected revision, always
// an exact one, which the server recognises; and where the server says that another append came first, the
// ids in the stream say whether that other was this one.

import type { EncodedAppend } from '#event-log/encode-append.js';
import { corrupt, EventLogError, outcomeUnknown, unavailable } from '#event-log/errors.js';
import type { AppendResult, RecordedEvent } from '#event-log/event-log.js';
import { existsLookbackEvents } from '#event-log/limits.js';
import { backoffMs, pause } from '#event-log-eventstoredb/backoff.js';
import { appendAttemptsMax, existsRoundsMax } from '#event-log-eventstoredb/limits.js';
import type { Reads } from '#event-log-eventstoredb/reads.js';
import type { Server } from '#event-log-eventstoredb/server.js';
import type { Failure } from '#event-log-eventstoredb/thread/protocol.js';

interface Attempting {
  readonly append: EncodedAppend;
  /** -1 for a stream that must not exist. */
  readonly expected: number;
  readonly deadline: number;
  /** Whether an attempt may have been written, so that a refusal has to be certain. */
  maybeWritten: boolean;
}

type Conflict = { readonly conflict: number | 'no-stream' };

export class Appends {
  readonly #server: Server;
  readonly #reads: Reads;

  constructor(server: Server, reads: Reads) {
    this.#server = server;
    this.#reads = reads;
  }

  async append(append: EncodedAppend): Promise<AppendResult> {
    const deadline = performance.now() + this.#server.timings.appendTotalMs;
    if (append.expected === 'exists') return this.#appendToExisting(append, deadline);
    const expected = append.expected === 'no-stream' ? -1 : append.expected;
    const result = await this.#appendAt({ append, expected, deadline, maybeWritten: false });
    if ('conflict' in result) throw versionConflict(append, result.conflict);
    return result;
  }

  /**
   * The server recognises a retry of `exists` only while it remembers it. So the newest events are looked
   * through for these ids, and if they are not there, they are written at exactly the revision found.
   */
  async #appendToExisting(append: EncodedAppend, deadline: number): Promise<AppendResult> {
    for (let round = 0; round < existsRoundsMax && performance.now() < deadline; round += 1) {
      const found = await this.#lookBack(append);
      if ('position' in found) return found;
      const result = await this.#appendAt({ append, expected: found.last, deadline, maybeWritten: false });
      if (!('conflict' in result)) return result;
    }
    throw unavailable('every round of the append lost to another');
  }

  /** The result of an earlier append of the same ids, or the revision to write after. */
  async #lookBack(append: EncodedAppend): Promise<AppendResult | { readonly last: number }> {
    const limit = existsLookbackEvents + append.events.length;
    const page = await this.#reads.readStream(append.stream, { direction: 'backward', from: 'end', limit });
    const newest = page.status === 'found' ? page.events[0] : undefined;
    if (page.status === 'unknown' || newest === undefined) throw versionConflict(append, 'no-stream');
    const earlier = earlierAppend(append, [...page.events].reverse());
    if (earlier === null) return { last: newest.revision };
    if (earlier === 'partly') throw versionConflict(append, newest.revision);
    return { revision: earlier.revision, position: earlier.position };
  }

  async #appendAt(attempting: Attempting): Promise<AppendResult | Conflict> {
    const { append, expected, deadline } = attempting;
    let reason = '';
    for (let attempt = 0; attempt < appendAttemptsMax && performance.now() < deadline; attempt += 1) {
      if (!(await this.#serverIsThere(attempting)))
        throw this.#givenUp(attempting, this.#server.reachability.reason);
      const body = { kind: 'append', stream: append.stream, expected, events: append.events } as const;
      const within = Math.min(
        this.#server.timings.appendAttemptMs,
        Math.max(1, deadline - performance.now()),
      );
      const outcome = await this.#server.link.call(body, within);
      if (outcome.ok) return this.#resultOf(attempting, outcome.done.append);
      const { failure } = outcome;
      if (failure.meaning === 'conflict')
        return this.#resolveConflict(attempting, failure.actual ?? 'no-stream');
      reason = this.#retryable(attempting, failure);
      await pause(Math.min(backoffMs(attempt), Math.max(0, deadline - performance.now())));
    }
    throw this.#givenUp(attempting, reason);
  }

  /** Whoever may have been written waits until the outcome can be found out. */
  #serverIsThere({ maybeWritten, deadline }: Attempting): Promise<boolean> {
    const { patienceMs } = this.#server.timings;
    return this.#server.reachability.whenUp(
      maybeWritten
        ? { patienceMs: Math.max(0, deadline - performance.now()), refuseAfterMs: Number.POSITIVE_INFINITY }
        : { patienceMs, refuseAfterMs: patienceMs },
    );
  }

  async #resultOf(
    attempting: Attempting,
    written: { readonly revision: number; readonly position: AppendResult['position'] | null } | undefined,
  ): Promise<AppendResult> {
    if (written === undefined) throw outcomeUnknown('the answer to an append says nothing about it');
    const { append } = attempting;
    const { revision, position } = written;
    if (position !== null) return { revision, position };
    const last = append.events.at(-1);
    const [stored] = await this.#eventsFrom(attempting, revision, 1);
    if (stored === undefined || stored.id !== last?.id) {
      throw corrupt(null, `an acknowledged event is not at revision ${revision} of ${append.stream}`);
    }
    return { revision, position: stored.position };
  }

  async #resolveConflict(
    attempting: Attempting,
    actual: number | 'no-stream',
  ): Promise<AppendResult | Conflict> {
    const { append, expected, maybeWritten } = attempting;
    const count = append.events.length;
    if (actual !== 'no-stream' && actual >= expected + count) {
      const stored = await this.#eventsFrom(attempting, expected + 1, count);
      const last = stored.at(-1);
      const isOurs =
        stored.length === count && stored.every((event, at) => event.id === append.events[at]?.id);
      if (isOurs && last !== undefined) return { revision: last.revision, position: last.position };
    } else if (maybeWritten && (actual === 'no-stream' ? -1 : actual) < expected) {
      // An attempt that is still on its way would be written once the stream has come to this revision.
      throw outcomeUnknown('an attempt got lost while the stream was not yet at the expected revision');
    }
    return { conflict: actual };
  }

  /** What the server says was written, or came first: it has to be seen before the caller can be told. */
  async #eventsFrom(
    { append, deadline }: Attempting,
    from: number,
    limit: number,
  ): Promise<readonly RecordedEvent[]> {
    const options = { direction: 'forward', from, limit } as const;
    try {
      const page = await this.#reads.readStream(append.stream, options, deadline);
      return page.status === 'found' ? page.events : [];
    } catch (error) {
      if (error instanceof EventLogError && error.code === 'unavailable') {
        throw outcomeUnknown('the stream could not be read to find it out', error);
      }
      throw error;
    }
  }

  /** Why it is tried again; throws what is definite. */
  #retryable(attempting: Attempting, failure: Failure): string {
    const { append } = attempting;
    switch (failure.meaning) {
      case 'retry':
        attempting.maybeWritten ||= failure.sent;
        this.#server.reachability.suspect();
        return failure.reason;
      case 'not-leader':
        // All appends of a connection fail with it, also those that the former leader had written.
        attempting.maybeWritten = true;
        return failure.reason;
      case 'too-large':
        throw tooLarge(append, failure.maximum ?? 0);
      case 'deleted':
        throw corrupt(null, `the stream ${append.stream} was deleted for ever`);
      case 'refused':
        if (attempting.maybeWritten) throw outcomeUnknown(`the server refuses the append: ${failure.reason}`);
        throw unavailable(`the server refuses the append: ${failure.reason}`);
      case 'conflict':
      case 'not-found':
      case 'bad-position':
      case 'not-ours':
        attempting.maybeWritten = true;
        return `an answer that is none to an append: ${failure.reason}`;
    }
  }

  #givenUp({ maybeWritten }: Attempting, reason: string): EventLogError {
    return maybeWritten ? outcomeUnknown(reason) : unavailable(reason);
  }
}

/** The last event of an earlier append of the same events; `partly` when only some of them are there. */
function earlierAppend(
  append: EncodedAppend,
  events: readonly RecordedEvent[],
): RecordedEvent | 'partly' | null {
  const at = events.findIndex((event) => event.id === append.events[0]?.id);
  if (at < 0) return null;
  const same = append.events.every((event, index) => events[at + index]?.id === event.id);
  return same ? (events[at + append.events.length - 1] as RecordedEvent) : 'partly';
}

function versionConflict({ stream, expected }: EncodedAppend, actual: number | 'no-stream'): EventLogError {
  return new EventLogError({ code: 'version-conflict', stream, expected, actual });
}

function tooLarge({ events }: EncodedAppend, maximum: number): EventLogError {
  const bytes = events.reduce(
    (sum, event) =>
      sum + event.type.length + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata),
    0,
  );
  return new EventLogError({ code: 'too-large', limit: 'append-bytes', maximum, actual: bytes });
}
