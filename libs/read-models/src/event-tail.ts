// Events as they come. What is held ahead is one page of the log, whoever reads it, and however slowly.

import { setTimeout as delay } from 'node:timers/promises';

import type { EventLog, Position, RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';
import { type EventFilter, type Passes, passing } from '#read-models/event-filter.js';
import { type ToldEvent, toldOf } from '#read-models/event-reading.js';

export interface Tailing {
  readonly filter: EventFilter;
  /** Null for what comes from now on. */
  readonly after: Position | null;
  readonly signal: AbortSignal;
  readonly tellEveryMs?: number;
}

export interface Tailed {
  readonly event: ToldEvent | null;
  /** Everything up to here was told, or did not pass. */
  readonly position: Position;
  readonly caughtUp: boolean;
}

/** Often enough for whoever waits to know that the other side is still there. */
const tellEveryDefaultMs = 10_000;

type Item = SubscriptionItem | { readonly kind: 'beat' };

/** Until the signal is aborted, or the log is closed. */
export async function* tailEvents(log: EventLog, tailing: Tailing): AsyncGenerator<Tailed, void, void> {
  const { signal, filter, tellEveryMs = tellEveryDefaultMs } = tailing;
  const after = tailing.after ?? (await log.head());
  const subscription = log.subscribe({ after });
  const leave = () => void subscription.return?.();
  signal.addEventListener('abort', leave);
  const teller = new Teller(after, passing(filter), tellEveryMs);
  try {
    if (signal.aborted) return;
    for await (const item of withBeats(subscription, tellEveryMs)) {
      const told = teller.tell(item);
      if (told !== null) yield told;
    }
  } finally {
    signal.removeEventListener('abort', leave);
    await subscription.return?.();
  }
}

/** What passes at once, and now and then how far it was looked. */
class Teller {
  readonly #passes: Passes;
  readonly #tellEveryMs: number;
  #position: Position;
  #toldAt = performance.now();
  #wasAtHead = false;

  constructor(position: Position, passes: Passes, tellEveryMs: number) {
    this.#position = position;
    this.#passes = passes;
    this.#tellEveryMs = tellEveryMs;
  }

  tell(item: Item): Tailed | null {
    if (item.kind === 'event') return this.#tellEvent(item.event);
    if (item.kind !== 'beat') this.#position = item.position;
    const isFirst = item.kind === 'caught-up' && !this.#wasAtHead;
    this.#wasAtHead ||= isFirst;
    return isFirst || item.kind === 'beat' || this.#isDue
      ? this.#told(null, item.kind !== 'checkpoint')
      : null;
  }

  #tellEvent(event: RecordedEvent): Tailed | null {
    this.#position = event.position;
    const passes = this.#passes(event);
    return passes || this.#isDue ? this.#told(passes ? toldOf(event) : null, false) : null;
  }

  #told(event: ToldEvent | null, caughtUp: boolean): Tailed {
    this.#toldAt = performance.now();
    return { event, position: this.#position, caughtUp };
  }

  get #isDue(): boolean {
    return performance.now() - this.#toldAt >= this.#tellEveryMs;
  }
}

/** A beat whenever nothing came for so long after the head was reached. */
async function* withBeats(
  subscription: AsyncIterator<SubscriptionItem>,
  everyMs: number,
): AsyncGenerator<Item, void, void> {
  let isAtHead = false;
  for (;;) {
    const waiting = subscription.next();
    while (isAtHead && !(await arrives(waiting, everyMs))) yield { kind: 'beat' };
    const next = await waiting;
    if (next.done) return;
    isAtHead = next.value.kind === 'caught-up';
    yield next.value;
  }
}

async function arrives(waiting: Promise<unknown>, withinMs: number): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(withinMs, false, { signal: timer.signal, ref: false }).catch(() => false);
  try {
    return await Promise.race([waiting.then(() => true), late]);
  } finally {
    timer.abort();
  }
}
