import type { InstanceEvent } from '#domain/instance/events.js';
import type { Entries } from '#event-catalog/entry.js';
import {
  id,
  instant,
  integer,
  list,
  nullable,
  publicKey,
  sealed,
  text,
  yesOrNo,
} from '#event-catalog/fields.js';
import { namesOfSettings, someSettings } from '#event-catalog/settings.js';

const parkedAt = { projection: text, stream: id<string>(), position: text };
const ofBuild = { projection: text, build: integer };

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
  'instance.signing.key.added': {
    meaning:
      'There is another key that proofs are signed by, in time or in the place of all that were there. The private part is sealed under a data key of the instance.',
    fields: { keyId: id<string>(), publicKey, privateKey: sealed(), withdrawsEarlier: yesOrNo },
  },
  'instance.projection.paused': {
    meaning: 'An operator had a projection stop following the log.',
    fields: { projection: text },
  },
  'instance.projection.resumed': {
    meaning: 'An operator had a projection go on with following the log.',
    fields: { projection: text },
  },
  'instance.projection.parked.retried': {
    meaning: 'An operator had rows made of what was parked of a stream.',
    fields: parkedAt,
  },
  'instance.projection.parked.skipped': {
    meaning: 'An operator had an event left out of the rows of a projection.',
    fields: parkedAt,
  },
  'instance.replay.started': {
    meaning: 'An operator had a projection built anew.',
    fields: {
      projection: text,
      isDryRun: yesOrNo,
      side: nullable(text),
      upToPosition: nullable(text),
      upToTime: nullable(instant),
      onlyStream: nullable(id<string>()),
      eventsPerSecondMax: nullable(integer),
      parks: yesOrNo,
      switchesAnyway: yesOrNo,
    },
  },
  'instance.replay.paused': { meaning: 'An operator had a replay stop for now.', fields: ofBuild },
  'instance.replay.resumed': {
    meaning: 'An operator had a replay go on, where it says so in another way than it began.',
    fields: { ...ofBuild, parks: nullable(yesOrNo), switchesAnyway: nullable(yesOrNo) },
  },
  'instance.replay.cancelled': {
    meaning: 'An operator had a replay end, and its rows dropped.',
    fields: ofBuild,
  },
  'instance.build.dropped': {
    meaning: 'An operator had rows dropped that queries are not answered from.',
    fields: ofBuild,
  },
  'instance.key.rotated': {
    meaning: 'An operator had every data key wrapped by this master key.',
    fields: { masterKey: text },
  },
} satisfies Entries<InstanceEvent>;
