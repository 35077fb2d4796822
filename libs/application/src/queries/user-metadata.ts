// What others noted down about a user, opened.

import type { KnownUser } from '#application/queries/known-user.js';
import type { Instant } from '#domain/ids.js';

export interface UserMetadata {
  readonly key: string;
  readonly value: Uint8Array;
  readonly createdAt: Instant;
  readonly changedAt: Instant;
}

/** In the order in which their keys were first set. */
export function metadataEntries({ account, sealer }: KnownUser): readonly UserMetadata[] {
  return account.metadata.map(({ keyHash, key, value, createdAt, changedAt }) => ({
    key: sealer.openText('metadata-key', key, keyHash),
    value: sealer.open('metadata-value', value, keyHash),
    createdAt,
    changedAt,
  }));
}
