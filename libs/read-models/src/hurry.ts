// Whether somebody waits to see a write, in memory that threads share: rows are then made at once, and else in company.

export class Hurry {
  readonly buffer: SharedArrayBuffer;
  readonly #cell: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#cell = new Int32Array(buffer);
  }

  /** How often it was asked for. It starts anew after very many times, so only a change of it means something. */
  get asked(): number {
    return Atomics.load(this.#cell, 0);
  }

  /** By whoever waits, once it waits. */
  ask(): void {
    Atomics.add(this.#cell, 0, 1);
    Atomics.notify(this.#cell, 0);
  }

  /** Resolves once it was asked for since it had been asked for so often, or when the time is over. */
  async askedSince(asked: number, timeoutMs: number): Promise<void> {
    await Atomics.waitAsync(this.#cell, 0, asked, timeoutMs).value;
  }
}
