// How long whoever makes rows rests before it reads on. Reading and writing cost as much for one event as for ten, so
// that events which come one by one, as they do all day, are taken together.

import { setTimeout as delay } from 'node:timers/promises';

import type { Hurry } from '#read-models/hurry.js';

/** Whoever waits to see a write waits so much longer. */
const restMs = 10;
/** While nobody waits: an event then costs half of what it does by ten milliseconds (ADR 59). */
const restAloneMs = 100;

export class Rests {
  readonly #hurry: Hurry | undefined;
  readonly #end: AbortSignal;
  readonly #aloneMs: number;
  #asked: number;

  /** Without a hurry nobody can tell that somebody waits. */
  constructor(hurry: Hurry | undefined, end: AbortSignal, aloneMs = restAloneMs) {
    this.#hurry = hurry;
    this.#end = end;
    this.#aloneMs = aloneMs;
    this.#asked = hurry?.asked ?? 0;
    // Who shares it reads once too often, which is all that comes of it.
    if (hurry !== undefined) end.addEventListener('abort', () => hurry.ask(), { once: true });
  }

  /** Before each reading: whoever asked until now is shown by it what it waits for. */
  async take(): Promise<void> {
    await delay(restMs, undefined, { signal: this.#end }).catch(() => undefined);
    if (this.#hurry === undefined) return;
    await this.#hurry.askedSince(this.#asked, this.#aloneMs - restMs);
    this.#asked = this.#hurry.asked;
  }
}
