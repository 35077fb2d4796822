// Writes what changed, now and then: once for all that changed since, and never two at once.

export interface SaverOptions {
  readonly write: () => Promise<void>;
  readonly onFailed: (error: unknown) => void;
}

export class Saver {
  readonly #options: SaverOptions;
  #timer: NodeJS.Timeout | null = null;
  #dueAt = Number.POSITIVE_INFINITY;
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SaverOptions) {
    this.#options = options;
  }

  /** At the latest after this time. */
  changed(withinMs: number): void {
    const dueAt = performance.now() + withinMs;
    if (dueAt >= this.#dueAt) return;
    this.#dueAt = dueAt;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), withinMs);
  }

  /** What changed so far is written when it resolves, or `onFailed` was told. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#dueAt = Number.POSITIVE_INFINITY;
    const { write, onFailed } = this.#options;
    this.#writing = this.#writing.then(write).catch(onFailed);
    return this.#writing;
  }
}
