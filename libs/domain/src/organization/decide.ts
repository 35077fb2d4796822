import { accept, type Decision, reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { OwnerCircumstances } from '#domain/instance/ownership.js';
import {
  type AddMemberRefusal,
  type ChangeMemberRefusal,
  checkedNewMember,
  checkedRolesChange,
  type KnownRoles,
  type LastOwner,
  lastOwner,
  type NewMember,
  type RemoveMemberRefusal,
  removalRefusal,
} from '#domain/organization/decide-members.js';
import { checkedChanges, checkedResets, type SettingsRefusal } from '#domain/organization/decide-settings.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { type Member, organizationRoles } from '#domain/organization/members.js';
import type { Overrides, SettingName, Settings } from '#domain/organization/settings.js';
import { isLiving, type OrganizationState } from '#domain/organization/state.js';

export interface NotFound {
  /** Unknown, or removed. */
  readonly code: 'organization-not-found';
}

export interface AlreadyExists {
  /** The id was given before, and is never given again. */
  readonly code: 'organization-already-exists';
}

export interface AlreadyInactive {
  /** There is nothing left to deactivate. */
  readonly code: 'organization-already-inactive';
}

export interface NotInactive {
  /** There is nothing to reactivate. */
  readonly code: 'organization-not-inactive';
}

type Decided<Refusal> = Decision<OrganizationEvent, Refusal>;

interface Named {
  readonly name: string;
}

/** What the instance says where the organization says nothing. */
interface Inherited {
  readonly inherited: Settings;
}

export const notFound: NotFound = { code: 'organization-not-found' };
const knownRoles: KnownRoles = { roles: organizationRoles, ofOwners: 'ORG_OWNER' };

export function add(
  organization: OrganizationState,
  { organizationId, name }: Named & { readonly organizationId: OrganizationId },
): Decided<AlreadyExists> {
  return organization.status === 'unknown'
    ? accept({ type: 'org.added', organizationId, name })
    : reject({ code: 'organization-already-exists' });
}

export function rename(organization: OrganizationState, { name }: Named): Decided<NotFound> {
  if (!isLiving(organization)) return reject(notFound);
  return organization.name === name ? accept() : accept({ type: 'org.changed', name });
}

export function deactivate(
  organization: OrganizationState,
  _command: null,
  { ownership }: OwnerCircumstances,
): Decided<NotFound | AlreadyInactive | LastOwner> {
  if (!isLiving(organization)) return reject(notFound);
  if (organization.status === 'inactive') return reject({ code: 'organization-already-inactive' });
  if (ownership === 'ends') return reject(lastOwner);
  return accept({ type: 'org.deactivated' });
}

export function reactivate(organization: OrganizationState): Decided<NotFound | NotInactive> {
  if (!isLiving(organization)) return reject(notFound);
  if (organization.status === 'active') return reject({ code: 'organization-not-inactive' });
  return accept({ type: 'org.reactivated' });
}

export function remove(
  organization: OrganizationState,
  _command: null,
  { ownership }: OwnerCircumstances,
): Decided<NotFound | LastOwner> {
  if (!isLiving(organization)) return reject(notFound);
  return ownership === 'ends' ? reject(lastOwner) : accept({ type: 'org.removed' });
}

export function changeSettings(
  organization: OrganizationState,
  { changed }: { readonly changed: Overrides },
  { inherited }: Inherited,
): Decided<NotFound | SettingsRefusal> {
  if (!isLiving(organization)) return reject(notFound);
  const checked = checkedChanges(organization.overrides, changed, inherited);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  const isNothing = Object.keys(checked.answer).length === 0;
  return isNothing ? accept() : accept({ type: 'org.settings.changed', changed: checked.answer });
}

export function resetSettings(
  organization: OrganizationState,
  { names }: { readonly names: readonly SettingName[] },
  { inherited }: Inherited,
): Decided<NotFound | SettingsRefusal> {
  if (!isLiving(organization)) return reject(notFound);
  const checked = checkedResets(organization.overrides, names, inherited);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  const isNothing = checked.answer.length === 0;
  return isNothing ? accept() : accept({ type: 'org.settings.reset', names: checked.answer });
}

export function addMember(
  organization: OrganizationState,
  member: NewMember,
): Decided<NotFound | AddMemberRefusal> {
  if (!isLiving(organization)) return reject(notFound);
  const checked = checkedNewMember(organization.members, member, knownRoles);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  return accept({ type: 'org.member.added', userId: member.userId, roles: checked.answer });
}

export function changeMember(
  organization: OrganizationState,
  { userId, roles }: Member,
): Decided<NotFound | ChangeMemberRefusal> {
  if (!isLiving(organization)) return reject(notFound);
  const checked = checkedRolesChange(organization.members, { userId, roles }, knownRoles);
  if (checked.kind === 'rejected') return reject(checked.refusal);
  const { answer } = checked;
  return answer === null ? accept() : accept({ type: 'org.member.changed', userId, roles: answer });
}

export function removeMember(
  organization: OrganizationState,
  { userId }: { readonly userId: UserId },
): Decided<NotFound | RemoveMemberRefusal> {
  if (!isLiving(organization)) return reject(notFound);
  const refusal = removalRefusal(organization.members, userId, knownRoles);
  return refusal === null ? accept({ type: 'org.member.removed', userId }) : reject(refusal);
}
