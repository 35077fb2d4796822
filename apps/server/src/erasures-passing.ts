// Which users were erased, as their events pass by on the way into rows: from then on nothing of them may be at hand.

import type { EventLog, Position } from '#event-log/event-log.js';
import { seenLog } from '#server/seen-log.js';

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
    return seenLog(log, ({ type, stream, position }) => {
      if (type === erased) this.#passing.push({ stream, position });
    });
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
}
