// Which users were erased, as their events pass by on the way into rows: from then on nothing of them may be at hand.

import type { EventLog, Position, SubscriptionItem } from '#event-log/event-log.js';

const erased = 'user.erased';

interface Passing {
  readonly stream: string;
  readonly position: Position;
}

export class ErasuresPassing {
  readonly #forget: (stream: string) => void;
  readonly #passing: Passing[] = [];

  constructor(forget: (stream: string) => void) {
    this.#forget = forget;
  }

  /** The log, as somebody follows it alone. */
  over(log: EventLog): EventLog {
    return {
      append: (stream, events, expected) => log.append(stream, events, expected),
      readStream: (stream, options) => log.readStream(stream, options),
      readAll: (options) => log.readAll(options),
      subscribe: (options) => this.#seenIn(log.subscribe(options)),
      head: () => log.head(),
      identity: () => log.identity(),
      close: () => log.close(),
    };
  }

  /**
   * Everything up to here is in the rows: what was read ahead may have asked for a key again after its erasure was
   * read, so it is forgotten only now.
   */
  movedTo(position: Position): void {
    for (let first = this.#passing[0]; first !== undefined && first.position <= position; ) {
      this.#forget(first.stream);
      this.#passing.shift();
      first = this.#passing[0];
    }
  }

  #seenIn(source: AsyncIterableIterator<SubscriptionItem>): AsyncIterableIterator<SubscriptionItem> {
    const seen: AsyncIterableIterator<SubscriptionItem> = {
      next: async () => {
        const item = await source.next();
        if (!item.done && item.value.kind === 'event' && item.value.event.type === erased) {
          const { stream, position } = item.value.event;
          this.#passing.push({ stream, position });
        }
        return item;
      },
      return: async () => (await source.return?.()) ?? { done: true, value: undefined },
      [Symbol.asyncIterator]: () => seen,
    };
    return seen;
  }
}
