// A bounded cache: what was not asked for while a whole generation went by is forgotten.

export class RecentlyUsed<Value> {
  readonly #entriesPerGeneration: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  /** Never more than `entriesMax`, and at least half of it before anything is forgotten. */
  constructor(entriesMax: number) {
    if (!Number.isSafeInteger(entriesMax) || entriesMax < 2)
      throw new RangeError('a cache has room for 2 entries at least');
    this.#entriesPerGeneration = Math.floor(entriesMax / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(name: string): Value | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.set(name, old);
    return old;
  }

  set(name: string, value: Value): void {
    if (this.#young.size >= this.#entriesPerGeneration && !this.#young.has(name)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#old.delete(name);
    this.#young.set(name, value);
  }

  delete(name: string): void {
    this.#young.delete(name);
    this.#old.delete(name);
  }
}
