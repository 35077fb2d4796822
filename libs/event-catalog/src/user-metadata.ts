import type { UserMetadataEvent } from '#domain/user-metadata/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { keyHash, sealed } from '#event-catalog/fields.js';

export const userMetadataEvents = {
  'user.metadata.set': {
    meaning: 'Something was noted down about the user, in place of whatever stood under the same key.',
    fields: { keyHash: keyHash(), key: sealed(), value: sealed() },
  },
  'user.metadata.removed': {
    meaning: 'What stood under the key is not known of the user any more.',
    fields: { keyHash: keyHash() },
  },
  'user.metadata.removed.all': { meaning: 'Nothing stands under any key any more.', fields: {} },
} satisfies Entries<UserMetadataEvent>;
