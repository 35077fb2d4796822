// What a runner is asked to do between two batches, where nothing else writes to its rows.

import { Fenced } from '#read-models/store.js';

interface Task {
  readonly run: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

export class BetweenBatches {
  readonly #tasks: Task[] = [];
  #ended: Error | null = null;

  add<Outcome>(run: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#ended !== null) return Promise.reject(this.#ended);
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#tasks.push({ run: () => run().then(resolve), refuse: reject });
    return promise;
  }

  /** One that fails is refused to who asked; being fenced ends the runner as well. */
  async run(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        await task.run();
      } catch (error) {
        task.refuse(error as Error);
        if (error instanceof Fenced) throw error;
      }
    }
  }

  /** Also whatever is asked from now on. */
  refuse(error: Error): void {
    this.#ended = error;
    for (const task of this.#tasks.splice(0)) task.refuse(error);
  }
}
