import type { PasswordEvent } from '#domain/password/events.js';
import { type Entries, older } from '#event-catalog/entry.js';
import { instant, oneOf, sealed, yesOrNo } from '#event-catalog/fields.js';

export const passwordEvents = {
  'user.human.password.changed': {
    meaning:
      'The person has a new password: set by an administrator, changed by who knew the old one, or reset by code.',
    fields: { hash: sealed(), changeRequired: yesOrNo, how: oneOf('set', 'changed', 'reset') },
  },
  'user.human.password.hash.updated': {
    meaning: 'The same password is kept under the parameters that hashes are made with now.',
    fields: { hash: sealed() },
  },
  'user.human.password.check.succeeded': {
    meaning: 'The password was given, and the wrong ones before it count no longer.',
    fields: {},
  },
  'user.human.password.check.failed': { meaning: 'A wrong password was given, and counts.', fields: {} },
  'user.human.password.code.added': {
    meaning: 'A code was made that sets the password anew; an earlier one no longer does.',
    fields: { code: sealed(), expiresAt: instant, send: yesOrNo },
    older: [older({ code: sealed(), expiresAt: instant }, (stored) => ({ ...stored, send: false }))],
  },
  'user.human.password.code.check.failed': {
    meaning: 'A wrong code was given to set the password anew, which counts against the code.',
    fields: {},
  },
} satisfies Entries<PasswordEvent>;
