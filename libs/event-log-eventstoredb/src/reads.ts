// Reads with their retries: a read changes nothing, so it is simply made again.

import { corrupt, EventLogError, unavailable } from '#event-log/errors.js';
import type {
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  RecordedEvent,
  StreamPage,
} from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { backoffMs, pause } from '#event-log-eventstoredb/backoff.js';
import { eventsFromRows } from '#event-log-eventstoredb/rows-decoding.js';
import type { Server } from '#event-log-eventstoredb/server.js';
import type { Body, Done, Failure } from '#event-log-eventstoredb/thread/protocol.js';

type Answer =
  | { readonly found: true; readonly done: Done; readonly events: RecordedEvent[] }
  | { readonly found: false };

export class Reads {
  readonly #server: Server;

  constructor(server: Server) {
    this.#server = server;
  }

  /** With `insistUntil` it waits so long even for a server that is not there: something hangs on the answer. */
  async readStream(stream: string, options: ReadStreamOptions, insistUntil?: number): Promise<StreamPage> {
    const first = await this.#read({ kind: 'read-stream', stream, ...options }, insistUntil);
    if (!first.found) return { status: 'unknown' };
    const { events } = first;
    if (options.direction === 'forward') return { status: 'found', events };
    return { status: 'found', events: await this.#continueBackward(stream, options, events) };
  }

  async readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]> {
    const { direction, limit } = options;
    const from = options.direction === 'forward' ? options.after : options.before;
    const answer = await this.#read({ kind: 'read-all', direction, from, limit });
    return answer.found ? answer.events : [];
  }

  async head(): Promise<Position> {
    const answer = await this.#read({ kind: 'head', isProbe: false });
    return answer.found ? (answer.done.head ?? logStart) : logStart;
  }

  /** A server may cut a page that begins beyond the last event short; the port promises a full one. */
  async #continueBackward(
    stream: string,
    { from, limit }: Extract<ReadStreamOptions, { direction: 'backward' }>,
    events: RecordedEvent[],
  ): Promise<RecordedEvent[]> {
    const all = [...events];
    let last = all.at(-1)?.revision;
    if (last === undefined && from !== 'end') {
      const fromEnd = await this.#read({
        kind: 'read-stream',
        stream,
        direction: 'backward',
        from: 'end',
        limit,
      });
      if (fromEnd.found) all.push(...fromEnd.events.filter((event) => event.revision <= from));
      return all;
    }
    while (last !== undefined && last > 0 && all.length < limit) {
      const rest: Answer = await this.#read({
        kind: 'read-stream',
        stream,
        direction: 'backward',
        from: last - 1,
        limit: limit - all.length,
      });
      if (!rest.found || rest.events.length === 0) break;
      all.push(...rest.events);
      last = all.at(-1)?.revision;
    }
    return all;
  }

  async #read(body: Body, insistUntil?: number): Promise<Answer> {
    const { readTotalMs, readAttemptMs, patienceMs } = this.#server.timings;
    const deadline = insistUntil ?? performance.now() + readTotalMs;
    let reason = '';
    for (let attempt = 0; performance.now() < deadline; attempt += 1) {
      const waiting =
        insistUntil === undefined
          ? { patienceMs, refuseAfterMs: patienceMs }
          : { patienceMs: deadline - performance.now(), refuseAfterMs: Number.POSITIVE_INFINITY };
      if (!(await this.#server.reachability.whenUp(waiting))) {
        throw unavailable(this.#server.reachability.reason);
      }
      const events: RecordedEvent[] = [];
      const within = Math.min(readAttemptMs, deadline - performance.now());
      const outcome = await this.#server.link.call(body, within, (text) =>
        events.push(...eventsFromRows(text)),
      );
      if (outcome.ok) return { found: true, done: outcome.done, events };
      if (outcome.failure.meaning === 'not-found') return { found: false };
      reason = this.#retryable(outcome.failure);
      await pause(Math.min(backoffMs(attempt), Math.max(0, deadline - performance.now())));
    }
    throw unavailable(reason);
  }

  /** Why the read is made again; throws when that is of no use. */
  #retryable({ meaning, reason }: Failure): string {
    switch (meaning) {
      case 'retry':
        this.#server.reachability.suspect();
        return reason;
      case 'not-leader':
        return reason;
      case 'not-ours':
        throw corrupt(null, reason);
      case 'deleted':
        throw corrupt(null, `the stream was deleted for ever: ${reason}`);
      case 'bad-position':
        throw corrupt(null, `the log has no such position: ${reason}`);
      case 'refused':
        throw unavailable(`the server refuses the read: ${reason}`);
      case 'conflict':
      case 'too-large':
      case 'not-found':
        throw new EventLogError({
          code: 'unavailable',
          reason: `an answer that is none to a read: ${reason}`,
        });
    }
  }
}
