/** One read at a time for all who ask: each is answered by a read that began after it asked. */
export class SharedRead<Value> {
  readonly #start: () => Promise<Value>;
  #now: Promise<Value> | null = null;
  #next: Promise<Value> | null = null;

  constructor(start: () => Promise<Value>) {
    this.#start = start;
  }

  read(): Promise<Value> {
    if (this.#now === null) return this.#run();
    // The one under way may have begun too early for this one.
    const again = () => this.#run();
    this.#next ??= this.#now.then(again, again);
    return this.#next;
  }

  #run(): Promise<Value> {
    this.#next = null;
    const now = this.#start().finally(() => {
      if (this.#now === now) this.#now = null;
    });
    this.#now = now;
    return now;
  }
}
