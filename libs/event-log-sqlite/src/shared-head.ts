// How far the log is committed, in memory that threads share: whoever follows it is woken by the thread that writes,
// and the thread that serves has no part in it.

/** Positions are whole numbers far below 2^53, and one element is stored at once: nobody ever sees half of one. */
export class SharedHead {
  readonly buffer: SharedArrayBuffer;
  readonly #cell: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cell = new BigInt64Array(buffer);
  }

  get position(): number {
    return Number(Atomics.load(this.#cell, 0));
  }

  /** By one thread alone. */
  moveTo(position: number): void {
    Atomics.store(this.#cell, 0, BigInt(position));
    Atomics.notify(this.#cell, 0);
  }

  /** Resolves when it has moved on from a position, or when the time is over. No process is kept alive by it. */
  async movedFrom(position: number, timeoutMs: number): Promise<void> {
    await Atomics.waitAsync(this.#cell, 0, BigInt(position), timeoutMs).value;
  }
}
