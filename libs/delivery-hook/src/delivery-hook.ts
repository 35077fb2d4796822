// The hook: tells the outside of what happened to users, at least once, in order for each user, and from its own
// checkpoint, which no replay of read models moves.

import { setTimeout as delay } from 'node:timers/promises';

import { Delivering, type DeliveringOptions } from '#delivery-hook/delivering.js';
import { type Progress, progressIn, textOf } from '#delivery-hook/progress.js';
import type { ProgressStore } from '#delivery-hook/progress-store.js';
import type { EventLog } from '#event-log/event-log.js';

export interface DeliveryHookOptions extends Omit<DeliveringOptions, 'log' | 'store'> {
  readonly log: Pick<EventLog, 'subscribe' | 'head' | 'identity'>;
  readonly store: ProgressStore;
  /** No other process appends to this log: it does not end before where it was read to. */
  readonly soleWriter: boolean;
  /** Of several servers one at a time delivers; `lost` is aborted when it is another's turn. */
  readonly inTurn: (deliver: (lost: AbortSignal) => Promise<void>, until: AbortSignal) => Promise<void>;
  /** What is kept is of another log, or reaches beyond this one: deliveries begin at its end. */
  readonly onBegunAnew: () => void;
}

/** What is kept was written by another release, or by somebody else. */
export class ProgressUnreadable extends Error {
  override readonly name = 'ProgressUnreadable';

  constructor() {
    super('the progress of the delivery hook cannot be read');
  }
}

/** Before a turn is asked for again that failed. */
const againMs = 1_000;

export class DeliveryHook {
  readonly #options: DeliveryHookOptions;
  readonly #closing = new AbortController();
  #delivering: Delivering | null = null;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: DeliveryHookOptions) {
    this.#options = options;
  }

  /** Whatever is appended from now on is told. At first that begins at the end of the log. Throws `ProgressUnreadable`. */
  static async open(options: DeliveryHookOptions): Promise<DeliveryHook> {
    const { store } = options;
    const kept = await store.begin(textOf(await fromTheEnd(options)));
    if (progressIn(kept) === null) throw new ProgressUnreadable();
    const hook = new DeliveryHook(options);
    hook.#running = hook.#runInTurns();
    return hook;
  }

  /** Of this server; 0 while another delivers. */
  get waiting(): number {
    return this.#delivering?.waiting ?? 0;
  }

  /** When the event happened that is waiting longest; null while nothing waits here. */
  get oldestAt(): number | null {
    return this.#delivering?.oldestAt ?? null;
  }

  /** A receiver that is slow is not waited for: what it did not take is sent by the next start. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.#options.store.close();
  }

  async #runInTurns(): Promise<void> {
    const { inTurn, onTrouble } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        await inTurn((lost) => this.#deliver(lost), signal);
      } catch (error) {
        onTrouble(error);
      }
      if (!signal.aborted) await delay(againMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #deliver(lost: AbortSignal): Promise<void> {
    const progress = await this.#claimed();
    this.#delivering = new Delivering(this.#options, progress);
    try {
      await this.#delivering.run(lost, () => this.#closing.signal.aborted);
    } finally {
      this.#delivering = null;
    }
  }

  async #claimed(): Promise<Progress> {
    const { store, log, soleWriter, onBegunAnew } = this.#options;
    const kept = progressIn(await store.claim());
    if (kept === null) throw new ProgressUnreadable();
    const isOfThisLog = kept.log === (await log.identity());
    // A node of a cluster may be behind the one that was read from.
    if (isOfThisLog && (!soleWriter || kept.position <= (await log.head()))) return kept;
    onBegunAnew();
    return fromTheEnd(this.#options);
  }
}

async function fromTheEnd({ log }: Pick<DeliveryHookOptions, 'log'>): Promise<Progress> {
  return { log: await log.identity(), position: await log.head(), waiting: [], givenUp: [] };
}
