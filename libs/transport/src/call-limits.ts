// How fast callers and addresses may ask. An address is looked at before anything is hashed or read, and only
// strangers cost it something: behind one address may be all programs of a customer.

import { addressKey } from '#access/address-key.js';
import type { RateClass, RateLimits } from '#access/rate-limits.js';
import { type Taken, TokenBuckets } from '#access/token-buckets.js';
import type { CallRefusal } from '#transport/refusals.js';

export interface Cost {
  readonly guesses: number;
  readonly hashes: number;
}

export class CallLimits {
  readonly #buckets: Readonly<Record<RateClass, TokenBuckets>>;

  constructor(limits: RateLimits, clock: () => number) {
    const bucketsOf = (limit: RateLimits[RateClass]) => new TokenBuckets({ limit, clock });
    this.#buckets = {
      address: bucketsOf(limits.address),
      call: bucketsOf(limits.call),
      guess: bucketsOf(limits.guess),
      hash: bucketsOf(limits.hash),
    };
  }

  /** Null for an address that may go on. */
  ofAddress(address: string): CallRefusal | null {
    return refusalOf(this.#buckets.address.look(addressKey(address)));
  }

  /** Somebody without a valid token came from there. */
  countStranger(address: string): void {
    this.#buckets.address.take(addressKey(address));
  }

  /** Null for a caller that may go on, also with a request that nobody can read. */
  ofCaller(stream: string): CallRefusal | null {
    return refusalOf(this.#buckets.call.take(stream));
  }

  /** Of what its request asks for. A call that is refused for what it would cost has still been a call. */
  ofCost(stream: string, { guesses, hashes }: Cost): CallRefusal | null {
    const { guess, hash } = this.#buckets;
    return (
      (guesses === 0 ? null : refusalOf(guess.take(stream, guesses))) ??
      (hashes === 0 ? null : refusalOf(hash.take(stream, hashes)))
    );
  }
}

const refusalOf = ({ allowed, retryAfterMs }: Taken): CallRefusal | null =>
  allowed ? null : { code: 'rate-limited', retryAfterMs };
