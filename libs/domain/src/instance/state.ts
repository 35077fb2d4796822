import type { Instant } from '#domain/ids.js';
import type { InstanceEvent } from '#domain/instance/events.js';
import { type Members, noMembers, withMember, withoutMember } from '#domain/organization/members.js';
import {
  defaultSettings,
  noOverrides,
  type Overrides,
  type Settings,
  settingsWith,
  withoutOverrides,
} from '#domain/organization/settings.js';
import { evolveSigningKeys, noSigningKeys, type SigningKeys } from '#domain/signing-keys/state.js';

export type InstanceState = { readonly status: 'unknown' } | ReadyInstance;

export interface ReadyInstance {
  readonly status: 'ready';
  readonly instanceId: string;
  readonly overrides: Overrides;
  readonly members: Members;
  readonly signingKeys: SigningKeys;
}

export const noInstance: InstanceState = { status: 'unknown' };

export function evolveInstance(state: InstanceState, event: InstanceEvent, at: Instant): InstanceState {
  if (event.type === 'instance.added')
    return {
      status: 'ready',
      instanceId: event.instanceId,
      overrides: noOverrides,
      members: noMembers,
      signingKeys: noSigningKeys,
    };
  return state.status === 'ready' ? evolveReady(state, event, at) : state;
}

/** What holds wherever an organization chose nothing. */
export const inheritedSettings = (instance: InstanceState): Settings =>
  instance.status === 'ready' ? settingsWith(instance.overrides, defaultSettings) : defaultSettings;

function evolveReady(
  instance: ReadyInstance,
  event: Exclude<InstanceEvent, { type: 'instance.added' }>,
  at: Instant,
): InstanceState {
  const { overrides, members } = instance;
  switch (event.type) {
    case 'instance.settings.changed':
      return { ...instance, overrides: { ...overrides, ...event.changed } };
    case 'instance.settings.reset':
      return { ...instance, overrides: withoutOverrides(overrides, event.names) };
    case 'instance.member.added':
    case 'instance.member.changed':
      return { ...instance, members: withMember(members, event) };
    case 'instance.member.removed':
      return { ...instance, members: withoutMember(members, event.userId) };
    case 'instance.signing.key.added':
      return { ...instance, signingKeys: evolveSigningKeys(instance.signingKeys, event, at) };
    case 'instance.projection.paused':
    case 'instance.projection.resumed':
    case 'instance.projection.parked.retried':
    case 'instance.projection.parked.skipped':
    case 'instance.replay.started':
    case 'instance.replay.paused':
    case 'instance.replay.resumed':
    case 'instance.replay.cancelled':
    case 'instance.build.dropped':
    case 'instance.key.rotated':
      return instance;
  }
}
