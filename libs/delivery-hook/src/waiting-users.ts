// What waits to be told, in order for each user. It is bounded twice: nobody's notices crowd out those of others, and
// all of them together fit into memory.

import type { Waiting } from '#delivery-hook/progress.js';

/** Of one user. Whoever has more of them untaken is told of the oldest, which is tried, and of the latest. */
export const waitingPerUserMax = 100;
/** Of all, a few megabytes. The log is not read further until there is room again. */
export const waitingMax = 10_000;

export class WaitingUsers {
  readonly #users = new Map<string, Waiting[]>();
  #size = 0;
  #onRoom: () => void = () => undefined;

  get size(): number {
    return this.#size;
  }

  /** The one that is tried, and those behind it. */
  firstOf(user: string): Waiting | undefined {
    return this.#users.get(user)?.[0];
  }

  /** In the order of the log. */
  all(): Waiting[] {
    return [...this.#users.values()].flat().sort((one, other) => (one.position < other.position ? -1 : 1));
  }

  users(): string[] {
    return [...this.#users.keys()];
  }

  /** When the event happened that waits longest; null while nothing waits. */
  get oldestAt(): number | null {
    let oldest: number | null = null;
    for (const [first] of this.#users.values())
      if (first !== undefined && (oldest === null || first.at < oldest)) oldest = first.at;
    return oldest;
  }

  /** Answers which one had to make room, and never the first, which is being tried. */
  add(waiting: Waiting): Waiting | null {
    const { user } = waiting;
    const known = this.#users.get(user);
    if (known === undefined) this.#users.set(user, [waiting]);
    else known.push(waiting);
    this.#size += 1;
    if (known === undefined || known.length <= waitingPerUserMax) return null;
    const [dropped = null] = known.splice(1, 1);
    this.#size -= 1;
    return dropped;
  }

  /** The first of this user was tried in vain. */
  failed(user: string): Waiting | undefined {
    const queue = this.#users.get(user);
    const first = queue?.[0];
    if (queue === undefined || first === undefined) return undefined;
    queue[0] = { ...first, failures: first.failures + 1 };
    return queue[0];
  }

  removeFirst(user: string): void {
    const queue = this.#users.get(user);
    if (queue?.shift() === undefined) return;
    if (queue.length === 0) this.#users.delete(user);
    this.#size -= 1;
    this.#onRoom();
  }

  /** Resolves when there is room for one more, or with the signal. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#size >= waitingMax && !signal.aborted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const end = () => resolve();
      this.#onRoom = end;
      signal.addEventListener('abort', end, { once: true });
      await promise;
      signal.removeEventListener('abort', end);
    }
  }
}
