// How fast organizations and addresses may ask. An address is looked at before anything is hashed or read, and only
// strangers cost it something: behind one address may be all programs of a customer.

import { addressKey } from '#access/address-key.js';
import {
  type Limit,
  limitsOf,
  type OrganizationLimits,
  type RateClass,
  type RateLimits,
  shareOf,
} from '#access/rate-limits.js';
import { type Buckets, type Taken, TokenBuckets } from '#access/token-buckets.js';
import type { Settings } from '#domain/organization/settings.js';
import type { CallRefusal } from '#transport/refusals.js';
import type { LimitName, Tally } from '#transport/tally.js';

export interface Cost {
  readonly guesses: number;
  readonly hashes: number;
}

/** Whose calls are counted together. */
export interface Counting {
  readonly organizationId: string;
  /** Null where it is no organization. */
  readonly settings: Settings | null;
  /** The stream of whoever calls by a session, and so for one person alone; null for a program. */
  readonly person: string | null;
  readonly tally: Tally;
}

/** What all processes that serve share; those in memory stand in for what is not there. */
export type SharedBuckets = Partial<Record<Exclude<RateClass, 'address'>, Buckets>>;

export interface CallLimitsOptions {
  readonly limits: RateLimits;
  readonly clock: () => number;
  readonly shared?: SharedBuckets | undefined;
}

type Verdict = CallRefusal | null;

interface Charge {
  readonly name: LimitName;
  readonly buckets: Buckets;
  readonly key: string;
  readonly cost: number;
  readonly limit: Limit;
}

export class CallLimits {
  readonly #limits: RateLimits;
  readonly #addresses: TokenBuckets;
  readonly #logins: Buckets;
  readonly #calls: Buckets;
  readonly #guesses: Buckets;
  readonly #hashes: Buckets;
  readonly #ownGuesses: TokenBuckets;
  readonly #ownHashes: TokenBuckets;
  readonly #nobodys: OrganizationLimits;
  /** Settings are the same object while nothing changes. */
  readonly #made = new WeakMap<Settings, OrganizationLimits>();

  constructor({ limits, clock, shared = {} }: CallLimitsOptions) {
    this.#limits = limits;
    this.#nobodys = limitsOf(null, limits);
    const { call, guess, hash } = this.#nobodys;
    const bucketsOf = (limit: Limit) => new TokenBuckets({ limit, clock });
    this.#addresses = bucketsOf(limits.address);
    this.#logins = shared.login ?? bucketsOf(limits.login);
    this.#calls = shared.call ?? bucketsOf(call);
    this.#guesses = shared.guess ?? bucketsOf(guess);
    this.#hashes = shared.hash ?? bucketsOf(hash);
    this.#ownGuesses = bucketsOf(shareOf(guess));
    this.#ownHashes = bucketsOf(shareOf(hash));
  }

  /** Null for an address that may go on. */
  ofAddress(address: string, tally: Tally): Verdict {
    const taken = this.#addresses.look(addressKey(address));
    if (taken.allowed) return null;
    tally.note('address', this.#limits.address, taken);
    return refusalOf(taken);
  }

  /**
   * Somebody without a valid token came from there. Others did, too, since it was looked at: more than there may be are
   * told nothing but that.
   */
  countStranger(address: string, tally: Tally): Verdict {
    const taken = this.#addresses.take(addressKey(address));
    tally.note('address', this.#limits.address, taken);
    return taken.allowed ? null : refusalOf(taken);
  }

  /** A call that needs no credential, since it begins with a password: each costs its address something, and is dear. */
  ofLogin(address: string, tally: Tally): Verdict | Promise<Verdict> {
    const key = addressKey(address);
    return charged(tally, [
      { name: 'address', buckets: this.#addresses, key, cost: 1, limit: this.#limits.address },
      { name: 'logins', buckets: this.#logins, key, cost: 1, limit: this.#limits.login },
    ]);
  }

  /** Null for a caller that may go on, also with a request that nobody can read. */
  ofCaller({ organizationId, settings, tally }: Counting): Verdict | Promise<Verdict> {
    if (tally.has('calls')) return null;
    const { call } = this.#limitsOf(settings);
    return charged(tally, [
      { name: 'calls', buckets: this.#calls, key: organizationId, cost: 1, limit: call },
    ]);
  }

  /** A session that has not shown everything yet is of no organization, and counted alone. */
  ofBegun(sessionId: string, tally: Tally): Verdict | Promise<Verdict> {
    return this.ofCaller({ organizationId: sessionId, settings: null, person: null, tally });
  }

  /** Of what its request asks for. A call that is refused for what it would cost has still been a call. */
  ofCost(counting: Counting, cost: Cost): Verdict | Promise<Verdict> {
    const { guesses, hashes } = cost;
    if (guesses === 0 && hashes === 0) return null;
    const limits = this.#limitsOf(counting.settings);
    const charges = [
      ...this.#ofPerson(counting, limits, cost),
      ...this.#ofOrganization(counting, limits, cost),
    ];
    return charged(
      counting.tally,
      charges.filter(({ cost: asked }) => asked > 0),
    );
  }

  #limitsOf(settings: Settings | null): OrganizationLimits {
    if (settings === null) return this.#nobodys;
    const known = this.#made.get(settings);
    if (known !== undefined) return known;
    const made = limitsOf(settings, this.#limits);
    this.#made.set(settings, made);
    return made;
  }

  #ofPerson({ person }: Counting, { guess, hash }: OrganizationLimits, cost: Cost): readonly Charge[] {
    if (person === null) return [];
    const [guesses, hashes] = [this.#ownGuesses, this.#ownHashes];
    return [
      { name: 'own-checks', buckets: guesses, key: person, cost: cost.guesses, limit: shareOf(guess) },
      { name: 'own-hashes', buckets: hashes, key: person, cost: cost.hashes, limit: shareOf(hash) },
    ];
  }

  #ofOrganization(
    { organizationId: key }: Counting,
    { guess, hash }: OrganizationLimits,
    cost: Cost,
  ): readonly Charge[] {
    return [
      { name: 'checks', buckets: this.#guesses, key, cost: cost.guesses, limit: guess },
      { name: 'hashes', buckets: this.#hashes, key, cost: cost.hashes, limit: hash },
    ];
  }
}

/** All of them or none: at once where no other process has to be asked. */
function charged(tally: Tally, charges: readonly Charge[], from = 0): Verdict | Promise<Verdict> {
  for (let index = from; index < charges.length; index += 1) {
    const { buckets, key, cost, limit } = charges[index] as Charge;
    const taken = buckets.take(key, cost, limit);
    if (taken instanceof Promise)
      return taken.then(
        (found) => noted(tally, charges, { index, taken: found }) ?? charged(tally, charges, index + 1),
      );
    const refusal = noted(tally, charges, { index, taken });
    if (refusal !== null) return refusal;
  }
  return null;
}

function noted(
  tally: Tally,
  charges: readonly Charge[],
  { index, taken }: { readonly index: number; readonly taken: Taken },
): Verdict {
  const { name, limit } = charges[index] as Charge;
  tally.note(name, limit, taken);
  if (taken.allowed) return null;
  for (const charge of charges.slice(0, index))
    charge.buckets.giveBack(charge.key, charge.cost, charge.limit);
  return refusalOf(taken);
}

const refusalOf = ({ retryAfterMs }: Taken): CallRefusal => ({ code: 'rate-limited', retryAfterMs });
