// Events on their way from a log to a store: the log is read on while rows are written, and whatever is waiting
// when they are becomes the next batch.

import { setImmediate as nextTurn } from 'node:timers/promises';

import type { Position, RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';
import type { Hurry } from '#read-models/hurry.js';
import { Rests } from '#read-models/rests.js';

export interface Taken {
  readonly events: readonly RecordedEvent[];
  /** Everything up to here was taken; null when nothing has come since. */
  readonly upTo: Position | null;
  /** There was nothing more in the log a moment ago. */
  readonly isCaughtUp: boolean;
}

export interface EventQueueOptions {
  readonly eventsMax: number;
  /** Who makes it short when everything is read and the log is left alone for a while. */
  readonly hurry?: Hurry;
}

export class EventQueue {
  readonly #subscription: AsyncIterableIterator<SubscriptionItem>;
  readonly #eventsMax: number;
  readonly #rests: Rests;
  readonly #closing = new AbortController();
  readonly #reading: Promise<void>;
  #events: RecordedEvent[] = [];
  #upTo: Position | null = null;
  #isCaughtUp = false;
  #failure: { readonly error: unknown } | null = null;
  #hasEnded = false;
  #isWoken = false;
  #wakeTaker: () => void = () => undefined;
  #wakeReader: () => void = () => undefined;

  constructor(
    subscription: AsyncIterableIterator<SubscriptionItem>,
    { eventsMax, hurry }: EventQueueOptions,
  ) {
    this.#subscription = subscription;
    this.#eventsMax = eventsMax;
    this.#rests = new Rests(hurry, this.#closing.signal);
    this.#reading = this.#read();
  }

  /** The first event that waits. */
  get oldest(): RecordedEvent | null {
    return this.#events[0] ?? null;
  }

  /**
   * Waits until something is there, or until it is woken. Null once the subscription has ended; throws what ended it.
   */
  async take(limit: number): Promise<Taken | null> {
    if (!this.#hasSomething() && !this.#isWoken) await this.#nextItem();
    this.#isWoken = false;
    // What can be read in one go is taken in one go: small batches cost ten times as much an event.
    if (this.#events.length < limit && !this.#isCaughtUp) await nextTurn();
    if (this.#events.length === 0 && this.#failure !== null) throw this.#failure.error;
    if (this.#events.length === 0 && this.#hasEnded) return null;
    const events = this.#events.splice(0, limit);
    const isAll = this.#events.length === 0;
    const upTo = isAll ? this.#upTo : (events.at(-1)?.position ?? null);
    if (isAll) this.#upTo = null;
    this.#wakeReader();
    return { events, upTo, isCaughtUp: isAll && this.#isCaughtUp };
  }

  /** Whoever takes now, or else next, does not wait. */
  wake(): void {
    this.#isWoken = true;
    this.#wakeTaker();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#wakeReader();
    await this.#subscription.return?.();
    await this.#reading;
    this.wake();
  }

  #hasSomething(): boolean {
    return this.#events.length > 0 || this.#upTo !== null || this.#failure !== null || this.#hasEnded;
  }

  #nextItem(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeTaker = resolve;
    });
  }

  async #read(): Promise<void> {
    try {
      for await (const item of this.#subscription) {
        this.#add(item);
        // Who closes wakes once, before what was on its way is here.
        if (this.#closing.signal.aborted) break;
        if (this.#events.length >= this.#eventsMax) await this.#waitForRoom();
        if (this.#isCaughtUp) await this.#rests.take();
      }
      this.#hasEnded = true;
    } catch (error) {
      this.#failure = { error };
    }
    this.#wakeTaker();
  }

  #add(item: SubscriptionItem): void {
    if (item.kind === 'event') this.#events.push(item.event);
    this.#isCaughtUp = item.kind === 'caught-up';
    this.#upTo = item.kind === 'event' ? item.event.position : item.position;
    this.#wakeTaker();
  }

  #waitForRoom(): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeReader = resolve;
    });
  }
}
