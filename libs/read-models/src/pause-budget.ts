// For how long one runner may stand still for events that make no rows. A release that fails for one stream may fail for a
// thousand, and everybody who waits for rows waits for each pause.

/** In any so many milliseconds */
const periodMs = 10_000;
/** so many are spent at most. */
const pausesMaxMs = 1_000;

interface Pause {
  readonly at: number;
  readonly milliseconds: number;
}

export class PauseBudget {
  #pauses: readonly Pause[] = [];

  /** False where so much is not left. */
  take(milliseconds: number, now: number): boolean {
    const recent = this.#pauses.filter(({ at }) => now - at < periodMs);
    const spent = recent.reduce((sum, pause) => sum + pause.milliseconds, 0);
    const isLeft = spent + milliseconds <= pausesMaxMs;
    this.#pauses = isLeft ? [...recent, { at: now, milliseconds }] : recent;
    return isLeft;
  }
}
