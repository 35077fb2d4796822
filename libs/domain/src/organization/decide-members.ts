// Who may be a member, and with which roles, of an organization and of the instance alike.

import type { Accepted, Rejected } from '#domain/decider.js';
import type { UserId } from '#domain/ids.js';
import { type Member, type Members, rolesOf } from '#domain/organization/members.js';

/** All of them are at hand wherever it is decided who may do what. */
export const membersMax = 1_000;

export type RolesRefusal =
  /** There is no role of this name here. */
  | { readonly code: 'role-unknown'; readonly role: string }
  /** A member without any role would be none. */
  | { readonly code: 'role-missing' };

export type AddMemberRefusal =
  /** This user has roles here, which can be changed. */
  | { readonly code: 'member-already-exists' }
  | RolesRefusal
  /** One has to be removed first. */
  | { readonly code: 'members-max'; readonly maximum: number };

export interface NotMember {
  /** This user has no roles here. */
  readonly code: 'member-not-found';
}

export type MemberRefusal = AddMemberRefusal | NotMember;

type Roles = readonly string[];

export function checkedNewMember(
  members: Members,
  { userId, roles }: Member,
  knownRoles: Roles,
): Accepted<Roles> | Rejected<AddMemberRefusal> {
  if (rolesOf(members, userId) !== null) return refused({ code: 'member-already-exists' });
  const checked = checkedRoles(roles, knownRoles);
  if (checked.kind === 'accepted' && members.length >= membersMax)
    return refused({ code: 'members-max', maximum: membersMax });
  return checked;
}

/** Null when the member has just these roles. */
export function checkedRolesChange(
  members: Members,
  { userId, roles }: Member,
  knownRoles: Roles,
): Accepted<Roles | null> | Rejected<RolesRefusal | NotMember> {
  const present = rolesOf(members, userId);
  if (present === null) return refused({ code: 'member-not-found' });
  const checked = checkedRoles(roles, knownRoles);
  if (checked.kind === 'rejected') return checked;
  const isSame =
    checked.answer.length === present.length && checked.answer.every((role) => present.includes(role));
  return isSame ? { kind: 'accepted', answer: null } : checked;
}

export const memberRefusal = (members: Members, userId: UserId): NotMember | null =>
  rolesOf(members, userId) === null ? { code: 'member-not-found' } : null;

/** Each but once, in the order in which they are known. */
function checkedRoles(roles: Roles, knownRoles: Roles): Accepted<Roles> | Rejected<RolesRefusal> {
  const unknown = roles.find((role) => !knownRoles.includes(role));
  if (unknown !== undefined) return refused({ code: 'role-unknown', role: unknown });
  if (roles.length === 0) return refused({ code: 'role-missing' });
  return { kind: 'accepted', answer: knownRoles.filter((role) => roles.includes(role)) };
}

const refused = <Refusal>(refusal: Refusal): Rejected<Refusal> => ({ kind: 'rejected', refusal });
