/** So many at once; the rest wait in line. */
export class Budget {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Resolves to the function that gives the place back, or to null when the signal aborts first. */
  take(signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return Promise.resolve(null);
    if (this.#free > 0) {
      this.#free -= 1;
      return Promise.resolve(this.#giveBackOnce());
    }
    return new Promise((resolve) => {
      const enter = () => {
        signal.removeEventListener('abort', leave);
        resolve(this.#giveBackOnce());
      };
      const leave = () => {
        this.#line.splice(this.#line.indexOf(enter), 1);
        resolve(null);
      };
      this.#line.push(enter);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  #giveBackOnce(): () => void {
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const next = this.#line.shift();
      if (next === undefined) this.#free += 1;
      else next();
    };
  }
}
