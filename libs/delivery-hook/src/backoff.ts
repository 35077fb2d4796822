// How long to wait before a delivery is tried again, and when it is not tried any more.

/** A day and a night: whoever looks after the receiver has seen it by then, and notices of last week help nobody. */
export const giveUpAfterMs = 24 * 3_600_000;
const firstMs = 1_000;
/** Often enough that a receiver that is back has its notices within minutes. */
const longestMs = 10 * 60_000;

/** Doubles with each failure. The half of it is chance, so that users who failed together do not come back together. */
export function waitAfter(failures: number, chance: number): number {
  const whole = Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(whole / 2 + (whole / 2) * chance);
}
