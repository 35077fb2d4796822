import type { OrganizationEvent } from '#domain/organization/events.js';
import { type Entries, older } from '#event-catalog/entry.js';
import { id, instant, integer, list, nullable, oneOf, text } from '#event-catalog/fields.js';
import { namesOfSettings, someSettings } from '#event-catalog/settings.js';

export const organizationEvents = {
  'org.added': {
    meaning: 'An organization was added.',
    older: [older({ name: text }, ({ name }) => ({ organizationId: null, name }))],
    fields: { organizationId: nullable(id()), name: text },
  },
  'org.changed': { meaning: 'The organization has another name.', fields: { name: text } },
  'org.deactivated': {
    meaning: 'The organization was put out of use: none of its users verifies anything.',
    fields: {},
  },
  'org.reactivated': { meaning: 'A deactivated organization is in use again.', fields: {} },
  'org.removed': { meaning: 'The organization is gone, and its users verify nothing.', fields: {} },
  'org.settings.changed': {
    meaning: 'The organization chose these settings for itself.',
    fields: { changed: someSettings },
  },
  'org.settings.reset': {
    meaning: 'For these settings the organization follows the instance again.',
    fields: { names: namesOfSettings },
  },
  'org.member.added': {
    meaning: 'A user got roles in the organization.',
    fields: { userId: id(), roles: list(text) },
  },
  'org.member.changed': {
    meaning: 'A member has these roles in the organization, and no others.',
    fields: { userId: id(), roles: list(text) },
  },
  'org.member.removed': {
    meaning: 'A user has no roles in the organization any more.',
    fields: { userId: id() },
  },
  'org.policy.set': {
    meaning: 'The organization asks this policy, too, after roles have allowed something.',
    fields: { name: text, text },
  },
  'org.policy.removed': {
    meaning: 'The organization asks the policy of this name no longer.',
    fields: { name: text },
  },
  'org.quota.reached': {
    meaning:
      'The organization used so much of what it may, in percent, for the first time in the period that began then.',
    fields: {
      quota: oneOf('turns', 'relationships'),
      percent: oneOf(80, 100),
      used: integer,
      ceiling: integer,
      periodStart: instant,
    },
  },
} satisfies Entries<OrganizationEvent>;
