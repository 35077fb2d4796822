// Metadata on its way into a user's stream: both the key and the value say something of the person.

import type { Application } from '#application/application.js';
import { type Entry, IsEntryList } from '#application/input.js';
import { metadataKeyCharactersMax, metadataValueBytesMax } from '#application/limits.js';
import type { Sealer } from '#application/sealer.js';
import type { Account } from '#domain/account/state.js';
import type { MetadataKeyHash, UserId } from '#domain/ids.js';
import { metadataMax, metadataOf, type NewMetadata } from '#domain/user-metadata/decide.js';

export const IsMetadata = ({ minimum }: { readonly minimum: number }): PropertyDecorator =>
  IsEntryList({
    minimum,
    maximum: metadataMax,
    keyCharacters: metadataKeyCharactersMax,
    valueBytes: metadataValueBytesMax,
  });

export interface HashedEntry extends Entry {
  readonly keyHash: MetadataKeyHash;
}

/** Once for each command, however often it is decided. */
export const hashEntries = (
  application: Application,
  userId: UserId,
  entries: readonly Entry[],
): readonly HashedEntry[] =>
  entries.map(({ key, value }) => ({ key, value, keyHash: metadataKeyHash(application, userId, key) }));

export const metadataKeyHash = (application: Application, userId: UserId, key: string): MetadataKeyHash =>
  application.parts.secrets.names.metadataKey(application.userStream(userId), key);

export const sealEntries = (
  entries: readonly HashedEntry[],
  account: Account,
  sealer: Sealer,
): readonly NewMetadata[] => entries.map((entry) => sealEntry(entry, account, sealer));

/** What the user has already stays the text it is: sealing it again would look like a change. */
function sealEntry({ key, value, keyHash }: HashedEntry, account: Account, sealer: Sealer): NewMetadata {
  const present = metadataOf(account, keyHash);
  const isSame = present !== null && sealer.open('metadata-value', present.value, keyHash).equals(value);
  return {
    keyHash,
    key: present?.key ?? sealer.seal('metadata-key', key, keyHash),
    value: isSame ? present.value : sealer.seal('metadata-value', value, keyHash),
  };
}
