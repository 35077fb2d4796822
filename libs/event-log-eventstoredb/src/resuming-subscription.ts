// A subscription over any number of connections and threads: whatever ends a feed, the next one begins after
// the last position that arrived here. What arrived and is not yet consumed is bounded by credits.

import { corrupt, unavailable } from '#event-log/errors.js';
import type { Position, SubscribeOptions, SubscriptionItem } from '#event-log/event-log.js';
import { backoffMs, pause } from '#event-log-eventstoredb/backoff.js';
import { itemsFromRows } from '#event-log-eventstoredb/rows-decoding.js';
import type { Server } from '#event-log-eventstoredb/server.js';
import type { Failure } from '#event-log-eventstoredb/thread/protocol.js';

export class ResumingSubscription implements AsyncIterableIterator<SubscriptionItem> {
  readonly #server: Server;
  readonly #options: SubscribeOptions;
  readonly #onEnd: (subscription: ResumingSubscription) => void;
  readonly #left = new AbortController();
  readonly #chunks: { readonly text: string; readonly request: number }[] = [];
  /** The position up to which everything is in `#chunks` or consumed. */
  #after: Position;
  #items: SubscriptionItem[] = [];
  #next = 0;
  #wake: () => void = () => undefined;
  #error: Error | null = null;
  #attempt = 0;

  constructor(
    server: Server,
    options: SubscribeOptions,
    onEnd: (subscription: ResumingSubscription) => void,
  ) {
    this.#server = server;
    this.#options = options;
    this.#after = options.after;
    this.#onEnd = onEnd;
    void this.#feedUntilLeft();
  }

  async next(): Promise<IteratorResult<SubscriptionItem, undefined>> {
    while (!this.#left.signal.aborted) {
      const item = this.#items[this.#next];
      if (item !== undefined) {
        this.#next += 1;
        return { done: false, value: item };
      }
      if (!this.#openChunk()) await this.#somethingNew();
    }
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<SubscriptionItem, undefined>> {
    this.#left.abort();
    this.#items = [];
    this.#chunks.length = 0;
    this.#wake();
    this.#onEnd(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  #openChunk(): boolean {
    const chunk = this.#chunks.shift();
    if (chunk === undefined) return false;
    this.#items = itemsFromRows(chunk.text);
    this.#next = 0;
    this.#server.link.credit(chunk.request);
    return true;
  }

  #somethingNew(): Promise<void> {
    return new Promise((resolve) => {
      const earlier = this.#wake;
      this.#wake = () => {
        earlier();
        resolve();
      };
    });
  }

  #wakeConsumer(): void {
    const wake = this.#wake;
    this.#wake = () => undefined;
    wake();
  }

  async #feedUntilLeft(): Promise<void> {
    const { signal } = this.#left;
    const forEver = { patienceMs: 2 ** 30, refuseAfterMs: Number.POSITIVE_INFINITY, signal };
    while (!signal.aborted) {
      await this.#server.reachability.whenUp(forEver);
      if (signal.aborted) return;
      const failure = await this.#feedOnce();
      if (signal.aborted) return;
      this.#error = fatalOf(failure, this.#after);
      if (this.#error !== null) {
        await this.return();
        return;
      }
      if (failure.meaning === 'retry') this.#server.reachability.suspect();
      await pause(backoffMs(this.#attempt), signal);
      this.#attempt += 1;
    }
  }

  #feedOnce(): Promise<Failure> {
    return new Promise((resolve) => {
      const body = { kind: 'subscribe', after: this.#after, filter: this.#options.filter ?? null } as const;
      const request = this.#server.link.request(body, {
        rows: (text, upTo) => {
          this.#attempt = 0;
          this.#after = upTo;
          this.#chunks.push({ text, request });
          this.#wakeConsumer();
        },
        done: () => resolve({ meaning: 'retry', reason: 'it ended', sent: true }),
        failed: resolve,
      });
      const leave = () => {
        this.#server.link.leave(request);
        resolve({ meaning: 'retry', reason: 'it was left', sent: true });
      };
      this.#left.signal.addEventListener('abort', leave, { once: true });
    });
  }
}

/** What resuming cannot heal. */
function fatalOf({ meaning, reason }: Failure, after: Position): Error | null {
  if (meaning === 'bad-position') return corrupt(after, `the log has no such position: ${reason}`);
  if (meaning === 'refused') return unavailable(`the server refuses the subscription: ${reason}`);
  return null;
}
