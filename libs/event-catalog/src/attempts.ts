import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { sealed } from '#event-catalog/fields.js';

export const attemptsEvents = {
  'user.mfa.attempts.reset': {
    meaning: 'An administrator forgave all failures: counts are at nothing, and disabled devices are ready.',
    fields: { reason: sealed() },
  },
  'user.mfa.reset': {
    meaning:
      'An administrator took away all second factors, recovery codes included, and all counts; no session goes on.',
    fields: { reason: sealed() },
  },
} satisfies Entries<AttemptsEvent>;
