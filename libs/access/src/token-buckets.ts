// Token buckets in memory, one a key, for what must be limited before anything is hashed, read or stored. They
// belong to this process: each one that serves has its own.

import type { Limit } from '#access/rate-limits.js';

/**
 * Some 200 bytes each. To hold them all short of full, so that none can be forgotten, whoever floods has to keep
 * up millions of calls a second from as many addresses.
 */
export const keysMaxDefault = 65_536;

/** So that a new key costs a bounded time, however many are there. */
const looksPerPlace = 8;

export interface TokenBucketsOptions {
  readonly limit: Limit;
  /** In milliseconds. One that leaps back stops the refill for as long as it leaps, and no longer. */
  readonly clock: () => number;
  readonly keysMax?: number;
}

export interface Taken {
  readonly allowed: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  readonly limitPerSecond: number;
  /** By the clock that was handed in. */
  readonly fullAtMs: number;
  /** Until then the same is refused; 0 where it was allowed. */
  readonly retryAfterMs: number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/**
 * A full bucket is as good as none, so it may be forgotten; one that is not full must never be, or who emptied it
 * would be free again after a flood of made-up keys. Where there is no place for a new key because none of those
 * looked at is full, it shares one bucket with all others that found no place: memory stays bounded, nobody is
 * freed, and strangers are slowed down together for as long as the flood lasts.
 */
export class TokenBuckets {
  readonly #limit: Limit;
  readonly #clock: () => number;
  readonly #keysMax: number;
  readonly #buckets = new Map<string, Bucket>();
  readonly #strangers: Bucket;
  /** Goes round, oldest first, as the hand of a clock. A new iterator each time would walk over what was deleted. */
  #hand = this.#buckets.entries();

  constructor({ limit, clock, keysMax = keysMaxDefault }: TokenBucketsOptions) {
    if (!(isPositive(limit.perSecond) && limit.burst >= 1 && Number.isFinite(limit.burst) && keysMax >= 1))
      throw new TypeError('a bucket holds a token at least, is refilled, and has a place');
    this.#limit = limit;
    this.#clock = clock;
    this.#keysMax = keysMax;
    this.#strangers = { tokens: limit.burst, at: clock() };
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** What costs more than a bucket can hold takes a full one. What is refused takes nothing. */
  take(key: string, cost = 1): Taken {
    return this.#ask(key, cost, true);
  }

  /** What `take` would answer, and nothing is taken: for what is charged only when it fails. */
  look(key: string, cost = 1): Taken {
    return this.#ask(key, cost, false);
  }

  #ask(key: string, cost: number, takes: boolean): Taken {
    if (!(cost >= 0)) throw new TypeError('a cost is a number of tokens');
    const now = this.#clock();
    const { perSecond, burst } = this.#limit;
    const bucket = this.#buckets.get(key) ?? this.#placed(key, now);
    bucket.tokens = this.#tokensOf(bucket, now);
    bucket.at = now;
    const wanted = Math.min(cost, burst);
    const allowed = bucket.tokens >= wanted;
    if (allowed && takes) bucket.tokens -= wanted;
    const { tokens } = bucket;
    return {
      allowed,
      remaining: Math.floor(tokens),
      limitPerSecond: perSecond,
      fullAtMs: now + Math.ceil(((burst - tokens) * 1_000) / perSecond),
      retryAfterMs: allowed ? 0 : Math.ceil(((wanted - tokens) * 1_000) / perSecond),
    };
  }

  #tokensOf({ tokens, at }: Bucket, now: number): number {
    const { perSecond, burst } = this.#limit;
    return Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1_000);
  }

  #placed(key: string, now: number): Bucket {
    if (this.#buckets.size >= this.#keysMax && !this.#forgetsFullOne(now)) return this.#strangers;
    const bucket = { tokens: this.#limit.burst, at: now };
    this.#buckets.set(key, bucket);
    return bucket;
  }

  #forgetsFullOne(now: number): boolean {
    for (let looks = 0; looks < looksPerPlace; looks++) {
      const { value } = this.#hand.next();
      if (value === undefined) this.#hand = this.#buckets.entries();
      else if (this.#tokensOf(value[1], now) >= this.#limit.burst) return this.#buckets.delete(value[0]);
    }
    return false;
  }
}

const isPositive = (number: number) => number > 0 && Number.isFinite(number);
