import { accept, type Decision, reject } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import { type NotSetUp, notSetUp } from '#domain/instance/decide.js';
import type { InstanceState } from '#domain/instance/state.js';
import type { NewSigningKey, SigningKeyEvent } from '#domain/signing-keys/events.js';
import { keyThatSigns, type SigningKeys, signingKeyDays } from '#domain/signing-keys/state.js';

/** `due`: by age. `ordered`: now, beside the others. `at-once`: in the place of all others, which may have leaked. */
export const signingKeysWanted = ['due', 'ordered', 'at-once'] as const;
export type SigningKeyWanted = (typeof signingKeysWanted)[number];

export interface AddSigningKey {
  readonly key: NewSigningKey;
  readonly wanted: SigningKeyWanted;
}

/** Where another one was added meanwhile that does as well, there is nothing to do. */
export function addSigningKey(
  instance: InstanceState,
  { key, wanted }: AddSigningKey,
  { now }: { readonly now: Instant },
): Decision<SigningKeyEvent, NotSetUp> {
  if (instance.status === 'unknown') return reject(notSetUp);
  if (!isSigningKeyWanted(instance.signingKeys, wanted, now)) return accept();
  const withdrawsEarlier = wanted === 'at-once';
  return accept({ type: 'instance.signing.key.added', ...key, withdrawsEarlier });
}

export function isSigningKeyWanted(keys: SigningKeys, wanted: SigningKeyWanted, now: Instant): boolean {
  const newest = keys.at(-1);
  if (newest === undefined || wanted === 'at-once') return true;
  // One that does not sign yet is the one that was ordered: so few are ever published at a time.
  if (wanted === 'ordered') return keyThatSigns(keys, now) === newest;
  return now - newest.addedAt >= signingKeyDays * 86_400_000;
}
