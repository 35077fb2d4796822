// How fast somebody may ask. These bounds protect the machine; what protects secrets from guessing is counted in
// each user's stream, and holds however the guesses come.

export interface Limit {
  readonly perSecond: number;
  /** What may come at once after a pause. */
  readonly burst: number;
}

/**
 * `address`: a call without a valid token, by its address. `call`, `guess` and `hash` by caller: every call; what
 * compares a code or a password; and each slow hash that it makes, be it ten for ten recovery codes.
 */
export type RateClass = 'address' | 'call' | 'guess' | 'hash';

export type RateLimits = Readonly<Record<RateClass, Limit>>;

export const defaultRateLimits: RateLimits = {
  /** Many clients behind one address may err in the same minute; who errs faster than that is no client. */
  address: { perSecond: 50, burst: 100 },
  /** About what one process serves: where there is one caller, as often, it is not held up; the burst bounds a loop gone wild. */
  call: { perSecond: 5_000, burst: 10_000 },
  /** A thousand people let in each second by one service; every wrong code is an append, which waits for a disk. */
  guess: { perSecond: 1_000, burst: 2_000 },
  /** At 7 ms each for a recovery code that is a third of a core; the burst lets fifty codes be made at once, twice. */
  hash: { perSecond: 50, burst: 100 },
};
