import type { Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';

/** The position of the last committed event, and those who wait for it to move. */
export class HeadSignal {
  #head: Position = logStart;
  readonly #waiting = new Set<() => void>();

  get head(): Position {
    return this.#head;
  }

  get waitingCount(): number {
    return this.#waiting.size;
  }

  moveTo(position: Position): void {
    if (position <= this.#head) return;
    this.#head = position;
    for (const wake of [...this.#waiting]) wake();
  }

  waitBeyond(position: Position, signal: AbortSignal): Promise<void> {
    if (signal.aborted || this.#head > position) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake);
    });
  }
}
