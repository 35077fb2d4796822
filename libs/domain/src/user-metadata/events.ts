import type { MetadataKeyHash, Sealed } from '#domain/ids.js';

export type UserMetadataEvent =
  | {
      readonly type: 'user.metadata.set';
      readonly keyHash: MetadataKeyHash;
      readonly key: Sealed;
      readonly value: Sealed;
    }
  | { readonly type: 'user.metadata.removed'; readonly keyHash: MetadataKeyHash }
  | { readonly type: 'user.metadata.removed.all' };
