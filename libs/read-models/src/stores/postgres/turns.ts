// Who waits for one of a few things may leave: the queue of a pool keeps even those who are gone.

import { ModelStoreError } from '#read-models/store.js';

/** As for readings from a file: beyond it nobody keeps up, and more would only wait. */
const waitingMax = 2_000;

export class Turns {
  readonly #waiting = new Set<() => void>();
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Rejects with the reason of the signal where that comes before the turn, and where too many wait. */
  async take<Outcome>(work: () => Promise<Outcome>, signal?: AbortSignal): Promise<Outcome> {
    signal?.throwIfAborted();
    await this.#begin(signal);
    try {
      return await work();
    } finally {
      this.#end();
    }
  }

  #begin(signal: AbortSignal | undefined): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve();
    }
    if (this.#waiting.size >= waitingMax)
      return Promise.reject(new ModelStoreError('unavailable', 'too many readings are waiting'));
    return new Promise((resolve, reject) => {
      const begin = () => {
        this.#waiting.delete(begin);
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        this.#waiting.delete(begin);
        reject(signal?.reason);
      };
      this.#waiting.add(begin);
      signal?.addEventListener('abort', leave, { once: true });
    });
  }

  #end(): void {
    const [next] = this.#waiting;
    if (next === undefined) this.#free += 1;
    else next();
  }
}
