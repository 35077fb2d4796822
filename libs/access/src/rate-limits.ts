// How fast somebody may ask. These bounds protect the machine; what protects secrets from guessing is counted in
// each user's stream, and holds however the guesses come.

import { defaultSettings, limitNames, type Settings } from '#domain/organization/settings.js';

export interface Limit {
  readonly perSecond: number;
  /** What may come at once after a pause. */
  readonly burst: number;
}

/**
 * `call`, `guess` and `hash` by the organization of whoever calls: every call; what compares a code or a password;
 * and each slow hash that it makes, be it ten for ten recovery codes.
 */
export type OrganizationClass = 'call' | 'guess' | 'hash';

/** `address`: a call without a valid credential, by its address. `login`: one that begins with a password, instead. */
export type AddressClass = 'address' | 'login';

export type RateClass = OrganizationClass | AddressClass;

export type OrganizationLimits = Readonly<Record<OrganizationClass, Limit>>;

/** A class that is given here is the same for all organizations, whatever they chose. */
export type RateLimits = Readonly<Record<AddressClass, Limit>> & Partial<OrganizationLimits>;

export const defaultRateLimits: RateLimits = {
  /** Many clients behind one address may err in the same minute; who errs faster than that is no client. */
  address: { perSecond: 50, burst: 100 },
  /** An office behind one address logs in at nine; who tries more passwords than that is no office. */
  login: { perSecond: 5, burst: 50 },
};

/** A pause of so long gives all that may come at once. */
const burstSeconds = 2;

/** What holds by default where it is nobody's organization. */
export function limitsOf(chosen: Settings | null, { call, guess, hash }: RateLimits): OrganizationLimits {
  const settings = chosen ?? defaultSettings;
  return {
    call: call ?? everySecond(settings.callsPerSecond),
    guess: guess ?? everySecond(settings.checksPerSecond),
    hash: hash ?? everySecond(settings.hashesPerSecond),
  };
}

const everySecond = (perSecond: number): Limit => ({ perSecond, burst: perSecond * burstSeconds });

/** Whether owners of the instance choose it. */
export const isLimit = (name: string): boolean => limitNames.some((limit) => limit === name);

/** One person types; what all of an organization have together is not for one of them to use up. */
const shareOfOne = 10;

export const shareOf = ({ perSecond, burst }: Limit): Limit => ({
  perSecond: perSecond / shareOfOne,
  burst: Math.max(1, burst / shareOfOne),
});
