// Metadata on its way into a user's stream: both the key and the value say something of the person.

import type { Application } from '#application/application.js';
import { type Entry, IsEntryList } from '#application/input.js';
import { metadataKeyCharactersMax, metadataValueBytesMax } from '#application/limits.js';
import type { Sealer } from '#application/sealer.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { accept, type Decision } from '#domain/decider.js';
import type { MetadataKeyHash, OrganizationId, UserId } from '#domain/ids.js';
import {
  metadataMax,
  metadataOf,
  type NewMetadata,
  type SetMetadataRefusal,
  setMetadata,
} from '#domain/user-metadata/decide.js';

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

export interface AlsoSet {
  readonly account: Account;
  readonly organizationId: OrganizationId;
  readonly entries: readonly NewMetadata[];
}

/** In the same append as another change: both, or neither. */
export function alsoSetting<Refusal>(
  changed: Decision<AccountEvent, Refusal>,
  { account, organizationId, entries }: AlsoSet,
): Decision<AccountEvent, Refusal | SetMetadataRefusal> {
  if (changed.outcome.kind === 'rejected') return changed;
  const set = setMetadata(account, { organizationId, entries });
  return set.outcome.kind === 'rejected' ? set : accept(...changed.events, ...set.events);
}
