import type { LoginNameEvent } from '#domain/login-name/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { id } from '#event-catalog/fields.js';

export const loginNameEvents = {
  'login.claimed': {
    meaning: 'A user is about to take this login name; unconfirmed, the claim lapses.',
    fields: { userId: id(), organizationId: id() },
  },
  'login.confirmed': { meaning: 'The login name belongs to the user.', fields: { userId: id() } },
  'login.released': { meaning: 'The login name is free.', fields: { userId: id() } },
  'login.password.check.failed': {
    meaning: 'A password was given for a name that nobody has; it counts as a wrong one of somebody would.',
    fields: {},
  },
} satisfies Entries<LoginNameEvent>;
