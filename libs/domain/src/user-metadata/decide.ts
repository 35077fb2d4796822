// What others note down about a user, by keys of their own. Keys and values are sealed: two keys are the same
// when their hashes are, and two values when their sealed texts are, so whoever seals an unchanged value passes
// on the old text.

import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { MetadataKeyHash } from '#domain/ids.js';
import { type KnownRefusal, known, type OfUser } from '#domain/user/decide.js';
import type { UserMetadataEvent } from '#domain/user-metadata/events.js';
import type { MetadataEntry } from '#domain/user-metadata/state.js';

/** Of one user: all of them are carried with each decision about that user. */
export const metadataMax = 50;

export interface MetadataFull {
  /** The user would have more entries than anybody may have. */
  readonly code: 'metadata-max';
  readonly maximum: number;
}

export type SetMetadataRefusal = KnownRefusal | MetadataFull;

export type RemoveMetadataRefusal =
  | KnownRefusal
  /** The user has no entry of one of these keys: none of them was removed. */
  | { readonly code: 'metadata-not-found' };

export type NewMetadata = Pick<MetadataEntry, 'keyHash' | 'key' | 'value'>;

/** All of them or none; those that are there already with the same value are passed over. */
export function setMetadata(
  account: Account,
  { organizationId, entries }: OfUser & { readonly entries: readonly NewMetadata[] },
): Decision<UserMetadataEvent, SetMetadataRefusal> {
  const unknown = known(account, organizationId);
  if (unknown !== null) return reject(unknown.refusal);
  const more = entries.filter(({ keyHash }) => metadataOf(account, keyHash) === null).length;
  if (account.metadata.length + more > metadataMax) return reject(metadataFull);
  const changed = entries.filter(({ keyHash, value }) => metadataOf(account, keyHash)?.value !== value);
  return accept(...changed.map(metadataSet));
}

export function removeMetadata(
  account: Account,
  { organizationId, keyHashes }: OfUser & { readonly keyHashes: readonly MetadataKeyHash[] },
): Decision<UserMetadataEvent, RemoveMetadataRefusal> {
  const unknown = known(account, organizationId);
  if (unknown !== null) return reject(unknown.refusal);
  if (keyHashes.some((keyHash) => metadataOf(account, keyHash) === null))
    return reject({ code: 'metadata-not-found' });
  const { metadata } = account;
  const isAll = metadata.length > 1 && metadata.every(({ keyHash }) => keyHashes.includes(keyHash));
  if (isAll) return accept({ type: 'user.metadata.removed.all' });
  return accept(...keyHashes.map((keyHash) => ({ type: 'user.metadata.removed', keyHash }) as const));
}

/** What is known from the start of somebody who is just added. */
export function withFirstMetadata<Refusal>(
  added: Decision<AccountEvent, Refusal>,
  entries: readonly NewMetadata[],
): Decision<AccountEvent, Refusal | MetadataFull> {
  const { events, outcome } = added;
  if (outcome.kind === 'rejected') return added;
  return entries.length > metadataMax ? reject(metadataFull) : accept(...events, ...entries.map(metadataSet));
}

/** Null where the user has none of this key. */
export function metadataOf({ metadata }: Account, keyHash: MetadataKeyHash): MetadataEntry | null {
  return metadata.find((entry) => entry.keyHash === keyHash) ?? null;
}

const metadataFull: MetadataFull = { code: 'metadata-max', maximum: metadataMax };

const metadataSet = ({ keyHash, key, value }: NewMetadata): UserMetadataEvent => ({
  type: 'user.metadata.set',
  keyHash,
  key,
  value,
});
