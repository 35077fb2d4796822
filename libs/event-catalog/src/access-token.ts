import type { AccessTokenEvent } from '#domain/access-token/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { id, instant, list, nullable, sealed, text, tokenHash } from '#event-catalog/fields.js';

export const accessTokenEvents = {
  'user.pat.added': {
    meaning: 'An access token was made, and shown once.',
    fields: {
      tokenId: id(),
      name: sealed(),
      scopes: list(text),
      expiresAt: nullable(instant),
      hash: tokenHash,
    },
  },
  'user.pat.removed': { meaning: 'The access token opens nothing any more.', fields: { tokenId: id() } },
} satisfies Entries<AccessTokenEvent>;
