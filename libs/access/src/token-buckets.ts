// Token buckets, one a key, for what must be limited before anything is hashed, read or stored. Those in memory belong
// to this process: each one that serves has its own.

import type { Limit } from '#access/rate-limits.js';

/**
 * Some 200 bytes each. To hold them all short of full, so that none can be forgotten, whoever floods has to keep
 * up millions of calls a second from as many addresses.
 */
export const keysMaxDefault = 65_536;

/** At buckets of others, for each key that has none: a bounded time, and more than one, so that they become fewer. */
const looksPerStranger = 8;

export interface TokenBucketsOptions {
  /** Of every key that is asked for without one of its own. */
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

/** Where tokens are kept: here, or where other processes take of them too. */
export interface Buckets {
  take(key: string, cost: number, limit: Limit): Taken | Promise<Taken>;
  /** What was taken for something that then was refused all the same. */
  giveBack(key: string, cost: number, limit: Limit): void;
}

interface Bucket {
  tokens: number;
  at: number;
  /** As it was last asked for. */
  limit: Limit;
}

/**
 * A full bucket is as good as none, so it is never made for a look, and forgotten soon: whenever somebody comes who
 * has none, a few of the others are looked at. One that is not full must never be forgotten, or who emptied it would
 * be free again after a flood of made-up keys. Where there is no place for a new key because none of those looked at
 * is full, it shares one bucket with all others that found no place: memory stays bounded, nobody is freed, and
 * strangers are slowed down together for as long as the flood lasts.
 */
export class TokenBuckets implements Buckets {
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
    this.#strangers = { tokens: limit.burst, at: clock(), limit };
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** What costs more than a bucket can hold takes a full one. What is refused takes nothing. */
  take(key: string, cost = 1, limit = this.#limit): Taken {
    return this.#ask(key, { cost, limit, takes: true });
  }

  giveBack(key: string, cost: number, limit: Limit): void {
    const bucket = this.#buckets.get(key) ?? this.#strangers;
    bucket.tokens = Math.min(limit.burst, bucket.tokens + Math.min(cost, limit.burst));
  }

  /** What `take` would answer, and nothing is taken: for what is charged only when it fails. */
  look(key: string, cost = 1, limit = this.#limit): Taken {
    return this.#ask(key, { cost, limit, takes: false });
  }

  #ask(key: string, { cost, limit, takes }: Ask): Taken {
    if (!(cost >= 0)) throw new TypeError('a cost is a number of tokens');
    const now = this.#clock();
    const { perSecond, burst } = limit;
    const bucket = this.#buckets.get(key) ?? this.#bucketOfNew(key, { now, limit, isKept: takes });
    bucket.limit = limit;
    bucket.tokens = tokensOf(bucket, now);
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

  #bucketOfNew(key: string, { now, limit, isKept }: NewBucket): Bucket {
    this.#forgetFullOnes(now);
    if (this.#buckets.size >= this.#keysMax) return this.#strangers;
    const bucket = { tokens: limit.burst, at: now, limit };
    if (isKept) this.#buckets.set(key, bucket);
    return bucket;
  }

  #forgetFullOnes(now: number): void {
    for (let looks = Math.min(looksPerStranger, this.#buckets.size + 1); looks > 0; looks -= 1) {
      const { value } = this.#hand.next();
      if (value === undefined) this.#hand = this.#buckets.entries();
      else if (tokensOf(value[1], now) >= value[1].limit.burst) this.#buckets.delete(value[0]);
    }
  }
}

interface Ask {
  readonly cost: number;
  readonly limit: Limit;
  readonly takes: boolean;
}

interface NewBucket {
  readonly now: number;
  readonly limit: Limit;
  readonly isKept: boolean;
}

const tokensOf = ({ tokens, at, limit: { perSecond, burst } }: Bucket, now: number): number =>
  Math.min(burst, tokens + (Math.max(0, now - at) * perSecond) / 1_000);

const isPositive = (number: number) => number > 0 && Number.isFinite(number);
