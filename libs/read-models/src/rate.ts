/** How many a second, over the last seconds, or since the first where that is not as long ago. */
export class Rate {
  readonly #now: () => number;
  readonly #counts = new Map<number, number>();
  #first: number | null = null;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  add(count: number): void {
    const tick = this.#tick();
    this.#first ??= tick;
    this.#counts.set(tick, (this.#counts.get(tick) ?? 0) + count);
    for (const old of this.#counts.keys()) if (old < tick - windowTicks) this.#counts.delete(old);
  }

  /** Of what is over: what is being added to would seem slow. */
  perSecond(): number {
    const now = this.#tick();
    const from = Math.max(now - windowTicks, this.#first ?? now);
    if (from >= now) return 0;
    let sum = 0;
    for (const [tick, count] of this.#counts) if (tick >= from && tick < now) sum += count;
    return (sum * ticksPerSecond) / (now - from);
  }

  #tick(): number {
    return Math.floor((this.#now() * ticksPerSecond) / 1_000);
  }
}

const ticksPerSecond = 4;
const windowTicks = 5 * ticksPerSecond;
