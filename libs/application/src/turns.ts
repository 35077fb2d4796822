// Commands on one stream take turns within this process: else all but one of them would meet a conflict,
// and a right code could starve among wrong ones. Between processes the expected revision decides.

/** Who waits longer than for so many others is refused; a client that is served one by one has no more. */
const waitingMax = 256;

export class Turns {
  readonly #waiting = new Map<string, (() => void)[]>();

  /** Null when it is this caller's turn at once, a promise of it when not, and `full` when too many wait. */
  take(stream: string): Promise<void> | null | 'full' {
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) {
      this.#waiting.set(stream, []);
      return null;
    }
    if (waiting.length >= waitingMax) return 'full';
    return new Promise((resolve) => waiting.push(resolve));
  }

  /** To be called once for each turn that was had. */
  pass(stream: string): void {
    const next = this.#waiting.get(stream)?.shift();
    if (next === undefined) this.#waiting.delete(stream);
    else next();
  }
}
