// The keys that proofs are signed by. A new one is published for a while before it signs, so that whoever keeps what
// was published has it by then; an old one is published until every proof made by it has expired everywhere.

import type { Instant } from '#domain/ids.js';
import type { NewSigningKey, SigningKeyEvent } from '#domain/signing-keys/events.js';

export interface SigningKey extends NewSigningKey {
  readonly addedAt: Instant;
}

/** In the order in which they were added. */
export type SigningKeys = readonly SigningKey[];

/** A transaction is confirmed within a minute, or its proof is worth nothing: who has stolen one is late. */
export const proofSeconds = 60;
/** For whoever verifies, and whatever stands in between: each asks again after so long. */
export const publishedSecondsMax = 300;
/** Libraries that verify keep the keys by themselves, ten minutes by default, on top of what a proxy in between keeps. */
export const signsAfterSeconds = 900;
/** A server whose clock is behind, or that has not heard of the new key, signs a little longer by the old one. */
const clocksApartSeconds = 300;
/** As long as keys of that size are commonly used: a copy that somebody got is of use for no longer. */
export const signingKeyDays = 30;

export const noSigningKeys: SigningKeys = [];

export function evolveSigningKeys(keys: SigningKeys, event: SigningKeyEvent, at: Instant): SigningKeys {
  const { keyId, publicKey, privateKey } = event;
  const added: SigningKey = { keyId, publicKey, privateKey, addedAt: at };
  return event.withdrawsEarlier ? [added] : [...publishedKeys(keys, at), added];
}

/** What a proof may have to be verified by. */
export const publishedKeys = (keys: SigningKeys, now: Instant): SigningKeys =>
  keys.filter((_, index) => {
    const next = keys[index + 1];
    return next === undefined || now < retiredAt(next);
  });

/** Null where there is none yet. */
export const keyThatSigns = (keys: SigningKeys, now: Instant): SigningKey | null =>
  keys.findLast((key) => signsAt(key) <= now) ?? keys[0] ?? null;

export interface KeyInUse {
  readonly key: SigningKey;
  readonly use: 'waits' | 'signs' | 'verifies';
  /** Null where no other key follows. */
  readonly until: Instant | null;
}

/** What each published key is for. */
export function keysInUse(keys: SigningKeys, now: Instant): readonly KeyInUse[] {
  const published = publishedKeys(keys, now);
  const signs = keyThatSigns(keys, now);
  const signing = signs === null ? -1 : published.indexOf(signs);
  return published.map((key, index) => {
    const next = published[index + 1];
    if (index > signing) return { key, use: 'waits', until: signsAt(key) };
    if (next === undefined) return { key, use: 'signs', until: null };
    return index === signing
      ? { key, use: 'signs', until: signsAt(next) }
      : { key, use: 'verifies', until: retiredAt(next) };
  });
}

const signsAt = ({ addedAt }: SigningKey): Instant => addedAt + signsAfterSeconds * 1000;

/** Of the keys before this one. */
const retiredAt = (key: SigningKey): Instant => signsAt(key) + (proofSeconds + clocksApartSeconds) * 1000;
