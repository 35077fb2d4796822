/** How many a second, over the last seconds that are over. */
export class Rate {
  readonly #now: () => number;
  readonly #counts = new Map<number, number>();

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(count: number): void {
    const second = this.#second();
    this.#counts.set(second, (this.#counts.get(second) ?? 0) + count);
    for (const old of this.#counts.keys()) if (old < second - windowSeconds) this.#counts.delete(old);
  }

  perSecond(): number {
    const now = this.#second();
    let sum = 0;
    for (const [second, count] of this.#counts)
      if (second >= now - windowSeconds && second < now) sum += count;
    return sum / windowSeconds;
  }

  #second(): number {
    return Math.floor(this.#now() / 1_000);
  }
}

const windowSeconds = 5;
