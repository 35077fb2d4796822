// Who hashes next. Several lanes share the threads, and each lane has its turn: however many passwords wait, a
// recovery code waits for one of them at a time.

/** Weight of the newest in what a turn is thought to take. */
const newest = 0.2;

/** Whoever hashes has less of a processor than this only where others want both of them. */
const shareLeast = 0.5;

/** Of a turn: the part of its time in which it had a processor. */
interface Shared {
  readonly share: number;
}

export class HashTurns {
  readonly concurrent: number;
  readonly #waiting = new Map<object, (() => void)[]>();
  #running = 0;
  #turnMs = 0;
  #share = 1;

  constructor(concurrent: number) {
    this.concurrent = concurrent;
  }

  get running(): number {
    return this.#running;
  }

  /** Whoever comes now waits. */
  get isBusy(): boolean {
    return this.#running >= this.#allowed;
  }

  /** Where others lack processors, one is left to them: each hash that goes on beside them is one that they wait for. */
  get #allowed(): number {
    return this.#share < shareLeast ? 1 : this.concurrent;
  }

  waitingOf(lane: object): number {
    return this.#waiting.get(lane)?.length ?? 0;
  }

  /** How long another one of this lane would wait, as far as the turns before tell. */
  expectedWaitMs(lane: object): number {
    if (!this.isBusy) return 0;
    const others = [...this.#waiting.keys()].filter((other) => other !== lane).length;
    return ((this.waitingOf(lane) + 1) * (1 + others) * this.#turnMs) / this.#allowed;
  }

  async take<Result extends Shared>(lane: object, work: () => Promise<Result>): Promise<Result> {
    await this.#turn(lane);
    const started = performance.now();
    try {
      const result = await work();
      this.#share += newest * (result.share - this.#share);
      return result;
    } finally {
      const tookMs = performance.now() - started;
      this.#turnMs = this.#turnMs === 0 ? tookMs : this.#turnMs + newest * (tookMs - this.#turnMs);
      this.#next();
    }
  }

  #turn(lane: object): Promise<void> {
    if (!this.isBusy) {
      this.#running += 1;
      return Promise.resolve();
    }
    return new Promise((go) => {
      const ofLane = this.#waiting.get(lane) ?? [];
      ofLane.push(go);
      this.#waiting.set(lane, ofLane);
    });
  }

  /** A turn that ends is handed on, so that nobody who comes later can slip in between. */
  #next(): void {
    this.#running -= 1;
    while (!this.isBusy) {
      const next = this.#first();
      if (next === undefined) return;
      this.#running += 1;
      next();
    }
  }

  #first(): (() => void) | undefined {
    const [first] = this.#waiting;
    if (first === undefined) return undefined;
    const [lane, ofLane] = first;
    const next = ofLane.shift();
    // To the end of the lanes, or out of them.
    this.#waiting.delete(lane);
    if (ofLane.length > 0) this.#waiting.set(lane, ofLane);
    return next;
  }
}
