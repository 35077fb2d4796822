// A subscription over any number of connections and threads: whatever ends a feed, the next one begins after
// the last position that arrived here. What arrived and is not yet consumed is bounded by credits.

import { corrupt, unavailable } from '#event-log/errors.js';
import type { Position, SubscribeOptions, SubscriptionItem } from '#event-log/event-log.js';
import { backoffMs, pause } from '#event-log-eventstoredb/backoff.js';
import { itemsFromRows } from '#event-log-eventstoredb/rows-decoding.js';
import type { Server } from '#event-log-eventstoredb/server.js';
import type { Failure } from '#event-log-eventstoredb/thread/protocol.js';

export interface Owner {
  /** Whether what the server holds is no longer the log that was read from. */
  isOtherLog(): Promise<boolean>;
  onEnd(subscription: ResumingSubscription): void;
}

export class ResumingSubscription implements AsyncIterableIterator<SubscriptionItem> {
  readonly #server: Server;
  readonly #options: SubscribeOptions;
  readonly #owner: Owner;
  readonly #left = new AbortController();
  readonly #chunks: { readonly text: string; readonly request: number }[] = [];
  /** The position up to which everything is in `#chunks` or consumed. */
  #after: Position;
  #items: SubscriptionItem[] = [];
  #next = 0;
  #wake: () => void = () => undefined;
  #error: Error | null = null;
  #attempt = 0;

  constructor(server: Server, options: SubscribeOptions, owner: Owner) {
    this.#server = server;
    this.#options = options;
    this.#after = options.after;
    this.#owner = owner;
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
    this.#owner.onEnd(this);
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
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      await this.#server.reachability.whenUp(forEver);
      const failure = (isFirst ? null : await this.#otherLog()) ?? (await this.#feedOnce());
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

  /** A server that was wiped would be waited on in silence until it has come as far as the old one was. */
  async #otherLog(): Promise<Failure | null> {
    try {
      if (!(await this.#owner.isOtherLog())) return null;
      return { meaning: 'bad-position', reason: 'the server holds another log than before', sent: true };
    } catch (error) {
      return { meaning: 'retry', reason: String(error), sent: true };
    }
  }

  #feedOnce(): Promise<Failure> {
    const { signal } = this.#left;
    const leaving = new AbortController();
    const failed = new Promise<Failure>((resolve) => {
      const left: Failure = { meaning: 'retry', reason: 'it was left', sent: true };
      if (signal.aborted) return resolve(left);
      const body = { kind: 'subscribe', after: this.#after, filter: this.#options.filter ?? null } as const;
      const request = this.#server.link.request(body, {
        rows: (text, upTo) => this.#receive(text, upTo, request),
        done: () => resolve(left),
        failed: resolve,
      });
      const leave = () => {
        this.#server.link.leave(request);
        resolve(left);
      };
      signal.addEventListener('abort', leave, { signal: leaving.signal });
    });
    return failed.finally(() => leaving.abort());
  }

  #receive(text: string, upTo: Position, request: number): void {
    this.#attempt = 0;
    this.#after = upTo;
    this.#chunks.push({ text, request });
    this.#wakeConsumer();
  }
}

/** What resuming cannot heal. */
function fatalOf({ meaning, reason }: Failure, after: Position): Error | null {
  if (meaning === 'bad-position') return corrupt(after, `the log has no such position: ${reason}`);
  if (meaning === 'refused') return unavailable(`the server refuses the subscription: ${reason}`);
  return null;
}
