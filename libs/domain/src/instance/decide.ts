import { accept, type Decision, reject } from '#domain/decider.js';
import type { UserId } from '#domain/ids.js';
import type { InstanceEvent, OperatorOrder } from '#domain/instance/events.js';
import type { OwnerCircumstances } from '#domain/instance/ownership.js';
import type { InstanceState } from '#domain/instance/state.js';
import {
  type AddMemberRefusal,
  type ChangeMemberRefusal,
  checkedNewMember,
  checkedRolesChange,
  type KnownRoles,
  lastOwner,
  type NewMember,
  type RemoveMemberRefusal,
  removalRefusal,
} from '#domain/organization/decide-members.js';
import { checkedChanges, chosenAmong, type SettingsRefusal } from '#domain/organization/decide-settings.js';
import { instanceRoles, type Member, ownerRole } from '#domain/organization/members.js';
import { defaultSettings, type Overrides, type SettingName } from '#domain/organization/settings.js';

export interface AlreadySetUp {
  /** There is one instance, and it stays the one it is. */
  readonly code: 'instance-already-set-up';
}

export interface NotSetUp {
  /** Nothing can be changed before the first start made the instance. */
  readonly code: 'instance-not-set-up';
}

type Decided<Refusal> = Decision<InstanceEvent, Refusal>;

export const notSetUp: NotSetUp = { code: 'instance-not-set-up' };
const knownRoles: KnownRoles = { roles: instanceRoles, ofOwners: ownerRole };

export function setUp(
  instance: InstanceState,
  { instanceId }: { readonly instanceId: string },
): Decided<AlreadySetUp> {
  return instance.status === 'unknown'
    ? accept({ type: 'instance.added', instanceId })
    : reject({ code: 'instance-already-set-up' });
}

export function changeSettings(
  instance: InstanceState,
  { changed }: { readonly changed: Overrides },
): Decided<NotSetUp | SettingsRefusal> {
  if (instance.status === 'unknown') return reject(notSetUp);
  const checked = checkedChanges(instance.overrides, changed, defaultSettings);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  const isNothing = Object.keys(checked.answer).length === 0;
  return isNothing ? accept() : accept({ type: 'instance.settings.changed', changed: checked.answer });
}

/** The defaults go with whatever else may be chosen, so that nothing stands in the way. */
export function resetSettings(
  instance: InstanceState,
  { names }: { readonly names: readonly SettingName[] },
): Decided<NotSetUp> {
  if (instance.status === 'unknown') return reject(notSetUp);
  const reset = chosenAmong(instance.overrides, names);
  return reset.length === 0 ? accept() : accept({ type: 'instance.settings.reset', names: reset });
}

export function addMember(instance: InstanceState, member: NewMember): Decided<NotSetUp | AddMemberRefusal> {
  if (instance.status === 'unknown') return reject(notSetUp);
  const checked = checkedNewMember(instance.members, member, knownRoles);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  return accept({ type: 'instance.member.added', userId: member.userId, roles: checked.answer });
}

export function changeMember(
  instance: InstanceState,
  { userId, roles }: Member,
  { ownership }: OwnerCircumstances,
): Decided<NotSetUp | ChangeMemberRefusal> {
  if (instance.status === 'unknown') return reject(notSetUp);
  const checked = checkedRolesChange(instance.members, { userId, roles }, knownRoles);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  const { answer } = checked;
  if (ownership === 'ends' && !roles.includes(ownerRole)) return reject(lastOwner);
  return answer === null ? accept() : accept({ type: 'instance.member.changed', userId, roles: answer });
}

export function removeMember(
  instance: InstanceState,
  { userId }: { readonly userId: UserId },
  { ownership }: OwnerCircumstances,
): Decided<NotSetUp | RemoveMemberRefusal> {
  if (instance.status === 'unknown') return reject(notSetUp);
  const refusal = removalRefusal(instance.members, userId, knownRoles);
  if (refusal !== null) return reject(refusal);
  return ownership === 'ends' ? reject(lastOwner) : accept({ type: 'instance.member.removed', userId });
}

export function giveOrder(
  instance: InstanceState,
  { order }: { readonly order: OperatorOrder },
): Decided<NotSetUp> {
  return instance.status === 'unknown' ? reject(notSetUp) : accept(order);
}
