// When what was written, by a few samples: enough to say how old the oldest write is that somebody has not seen.

import type { Position } from '#event-log/event-log.js';

interface Sample {
  readonly position: Position;
  readonly at: number;
}

/** Writes closer together than this count as one; twice as much each time that samples become too many. */
const apartMsLeast = 5;
/** Beyond it every other one is forgotten: how far somebody is behind who is far behind is told less exactly. */
const samplesMax = 512;

export class WriteTimes {
  #samples: Sample[] = [];
  #last: Sample | null = null;
  #apartMs = apartMsLeast;

  /** Positions come in order. */
  add(position: Position, at: number): void {
    const before = this.#samples.at(-1);
    this.#last = { position, at };
    if (before !== undefined && at - before.at < this.#apartMs) return;
    if (this.#samples.length >= samplesMax) {
      this.#samples = this.#samples.filter((_, nth) => nth % 2 === 0);
      this.#apartMs *= 2;
    }
    this.#samples.push(this.#last);
  }

  dropUpTo(position: Position): void {
    const from = this.#samples.findIndex((sample) => sample.position > position);
    if (from !== 0) this.#samples = from === -1 ? [] : this.#samples.slice(from);
    if (this.#samples.length === 0) this.#apartMs = apartMsLeast;
  }

  /** 0 where nothing was written after it. */
  sinceFirstAfter(position: Position, now: number): number {
    if (this.#last === null || this.#last.position <= position) return 0;
    const first = this.#samples.find((sample) => sample.position > position) ?? this.#last;
    return now - first.at;
  }
}
