// Ends of streams kept at hand: the writing thread is the only one that moves them.

export interface StreamEnd {
  readonly revision: number;
  readonly position: number;
}

/** Two of these at most are kept. With ten times as many, the garbage collector cost a tenth of all appends. */
const endsPerGeneration = 2_000;

/** What was not asked for while a whole generation went by is forgotten, at the cost of no look-up at all. */
export class StreamEnds {
  #young = new Map<string, StreamEnd>();
  #old = new Map<string, StreamEnd>();

  get(stream: string): StreamEnd | undefined {
    return this.#young.get(stream) ?? this.#old.get(stream);
  }

  set(stream: string, end: StreamEnd): void {
    if (this.#young.size >= endsPerGeneration) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(stream, end);
  }

  clear(): void {
    this.#young = new Map();
    this.#old = new Map();
  }
}
