// A subscription for logs that are read by pages and know when their head moves. It holds one page at
// a time, so a slow consumer costs no memory, and it is an object rather than a generator: leaving a
// generator waits for the `next()` under way, which here may wait for ever.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import type {
  Position,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionFilter,
  SubscriptionItem,
} from '#event-log/event-log.js';

/** Before a page is asked for again, up to the last of them. */
const retryDelaysMs = [20, 100, 500, 2_000];

export interface SubscriptionPage {
  /** In order; those that pass the filter. */
  readonly events: readonly RecordedEvent[];
  /** Everything up to here was considered. */
  readonly upTo: Position;
  /** Nothing was committed after `upTo` when the page was read. */
  readonly atHead: boolean;
}

export interface PagedLog {
  readPage(after: Position, filter: SubscriptionFilter | undefined): Promise<SubscriptionPage>;
  /** Resolves once something may stand after this position, or when the signal aborts. */
  waitBeyond(position: Position, signal: AbortSignal): Promise<void>;
}

export class PagedSubscription implements AsyncIterableIterator<SubscriptionItem> {
  readonly #log: PagedLog;
  readonly #filter: SubscriptionFilter | undefined;
  readonly #left = new AbortController();
  readonly #onEnd: (subscription: PagedSubscription) => void;
  #after: Position;
  #items: SubscriptionItem[] = [];
  #next = 0;
  #atHead = false;

  constructor(log: PagedLog, options: SubscribeOptions, onEnd: (subscription: PagedSubscription) => void) {
    this.#log = log;
    this.#after = options.after;
    this.#filter = options.filter;
    this.#onEnd = onEnd;
  }

  async next(): Promise<IteratorResult<SubscriptionItem, undefined>> {
    while (!this.#left.signal.aborted) {
      const item = this.#items[this.#next];
      if (item !== undefined) {
        this.#next += 1;
        return { done: false, value: item };
      }
      await this.#fill();
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<SubscriptionItem, undefined>> {
    this.#left.abort();
    this.#items = [];
    this.#onEnd(this);
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #fill(): Promise<void> {
    if (this.#atHead) await this.#log.waitBeyond(this.#after, this.#left.signal);
    if (this.#left.signal.aborted) return;
    const page = await this.#readPage();
    if (page === null) return;
    this.#items = itemsOf(page, this.#after);
    this.#next = 0;
    this.#after = page.upTo;
    this.#atHead = page.atHead;
  }

  /** Again and again while the log is unavailable; null when it was left meanwhile. */
  async #readPage(): Promise<SubscriptionPage | null> {
    for (let failures = 0; !this.#left.signal.aborted; failures += 1) {
      try {
        return await this.#log.readPage(this.#after, this.#filter);
      } catch (error) {
        if (!(error instanceof EventLogError && error.code === 'unavailable')) {
          await this.return();
          throw error;
        }
        await pause(retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)], this.#left.signal);
      }
    }
    return null;
  }
}

function pause(milliseconds: number | undefined, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal }).catch(() => undefined);
}

function itemsOf(page: SubscriptionPage, after: Position): SubscriptionItem[] {
  const items: SubscriptionItem[] = page.events.map((event) => ({ kind: 'event', event }));
  const delivered = page.events.at(-1)?.position ?? after;
  if (page.atHead) items.push({ kind: 'caught-up', position: page.upTo });
  else if (delivered < page.upTo) items.push({ kind: 'checkpoint', position: page.upTo });
  return items;
}

export function passes(
  filter: SubscriptionFilter | undefined,
  event: { stream: string; type: string },
): boolean {
  if (filter === undefined) return true;
  if ('streamPrefixes' in filter) {
    return filter.streamPrefixes.some((prefix) => event.stream.startsWith(prefix));
  }
  return filter.eventTypes.includes(event.type);
}
