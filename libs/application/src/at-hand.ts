// What is kept at hand: what was used last as it is, and far more as text. Whoever collects garbage walks through
// every object that is kept, and nobody is served meanwhile; a text is one object, whatever it says.

import { Generations } from '#application/generations.js';

/** More than are in use at the same moment. */
const asItIsMax = 4_096;

/** For values that JSON gives back as they were. */
export class AtHand<Value> {
  readonly #values: Generations<Value>;
  readonly #texts: Generations<string>;

  constructor(entriesMax: number) {
    this.#values = new Generations(Math.min(entriesMax, asItIsMax));
    this.#texts = new Generations(entriesMax);
  }

  get(key: string): Value | undefined {
    return this.#values.get(key) ?? this.#unpack(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    this.#texts.set(key, JSON.stringify(value));
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#texts.delete(key);
  }

  #unpack(key: string): Value | undefined {
    const text = this.#texts.get(key);
    if (text === undefined) return undefined;
    const value = JSON.parse(text) as Value;
    this.#values.set(key, value);
    return value;
  }
}
