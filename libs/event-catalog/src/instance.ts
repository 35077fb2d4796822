import type { InstanceEvent } from '#domain/instance/events.js';
import type { Entries } from '#event-catalog/entry.js';
import { id, list, text } from '#event-catalog/fields.js';
import { namesOfSettings, someSettings } from '#event-catalog/settings.js';

export const instanceEvents = {
  'instance.added': {
    meaning: 'The instance was set up, at the first start.',
    fields: { instanceId: id<string>() },
  },
  'instance.settings.changed': {
    meaning: 'These settings hold for every organization that does not choose its own.',
    fields: { changed: someSettings },
  },
  'instance.settings.reset': {
    meaning: 'For these settings the instance follows the defaults again.',
    fields: { names: namesOfSettings },
  },
  'instance.member.added': {
    meaning: 'A user got roles over the whole instance.',
    fields: { userId: id(), roles: list(text) },
  },
  'instance.member.changed': {
    meaning: 'A member has these roles over the instance, and no others.',
    fields: { userId: id(), roles: list(text) },
  },
  'instance.member.removed': {
    meaning: 'A user has no roles over the instance any more.',
    fields: { userId: id() },
  },
} satisfies Entries<InstanceEvent>;
