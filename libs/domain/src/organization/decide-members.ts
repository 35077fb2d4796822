// Who may be a member, and with which roles, of an organization and of the instance alike.

import type { Accepted, Rejected } from '#domain/decider.js';
import type { UserId } from '#domain/ids.js';
import { type Member, type Members, rolesOf } from '#domain/organization/members.js';
import type { KnownRefusal } from '#domain/user/decide.js';

/** All of them are at hand wherever it is decided who may do what. */
export const membersMax = 1_000;

export type RolesRefusal =
  /** There is no role of this name here. */
  | { readonly code: 'role-unknown'; readonly role: string }
  /** A member without any role would be none. */
  | { readonly code: 'role-missing' };

export type AddMemberRefusal =
  | KnownRefusal
  /** This user has roles here, which can be changed. */
  | { readonly code: 'member-already-exists' }
  | RolesRefusal
  /** One has to be removed first. */
  | { readonly code: 'members-max'; readonly maximum: number };

export interface NotMember {
  /** This user has no roles here. */
  readonly code: 'member-not-found';
}

export interface LastOwner {
  /** Nobody else may do everything here, or nobody else who may act now. */
  readonly code: 'last-owner';
}

export const lastOwner: LastOwner = { code: 'last-owner' };

export type RemoveMemberRefusal = NotMember | LastOwner;
export type ChangeMemberRefusal = RemoveMemberRefusal | RolesRefusal;

type Roles = readonly string[];

/** The roles that there are, and the one that some member must have where one ever had it. */
export interface KnownRoles {
  readonly roles: Roles;
  readonly ofOwners: string;
}

export interface NewMember extends Member {
  /** What the user's own stream says, and that of its organization. */
  readonly user: 'living' | 'gone';
}

export function checkedNewMember(
  members: Members,
  { userId, roles, user }: NewMember,
  known: KnownRoles,
): Accepted<Roles> | Rejected<AddMemberRefusal> {
  if (user === 'gone') return refused({ code: 'user-not-found' });
  if (rolesOf(members, userId) !== null) return refused({ code: 'member-already-exists' });
  const checked = checkedRoles(roles, known);
  if (checked.kind === 'accepted' && members.length >= membersMax)
    return refused({ code: 'members-max', maximum: membersMax });
  return checked;
}

/** Null when the member has just these roles. */
export function checkedRolesChange(
  members: Members,
  { userId, roles }: Member,
  known: KnownRoles,
): Accepted<Roles | null> | Rejected<ChangeMemberRefusal> {
  const present = rolesOf(members, userId);
  if (present === null) return refused({ code: 'member-not-found' });
  const checked = checkedRoles(roles, known);
  if (checked.kind === 'rejected') return checked;
  const staysOwner = checked.answer.includes(known.ofOwners);
  if (!staysOwner && isLastOwner(members, userId, known)) return refused(lastOwner);
  const isSame =
    checked.answer.length === present.length && checked.answer.every((role) => present.includes(role));
  return isSame ? { kind: 'accepted', answer: null } : checked;
}

export function removalRefusal(
  members: Members,
  userId: UserId,
  known: KnownRoles,
): RemoveMemberRefusal | null {
  if (rolesOf(members, userId) === null) return { code: 'member-not-found' };
  return isLastOwner(members, userId, known) ? lastOwner : null;
}

function isLastOwner(members: Members, userId: UserId, { ofOwners }: KnownRoles): boolean {
  const owners = members.filter(({ roles }) => roles.includes(ofOwners));
  return owners.length === 1 && owners[0]?.userId === userId;
}

/** Each but once, in the order in which they are known. */
function checkedRoles(
  roles: Roles,
  { roles: knownRoles }: KnownRoles,
): Accepted<Roles> | Rejected<RolesRefusal> {
  const unknown = roles.find((role) => !knownRoles.includes(role));
  if (unknown !== undefined) return refused({ code: 'role-unknown', role: unknown });
  if (roles.length === 0) return refused({ code: 'role-missing' });
  return { kind: 'accepted', answer: knownRoles.filter((role) => roles.includes(role)) };
}

const refused = <Refusal>(refusal: Refusal): Rejected<Refusal> => ({ kind: 'rejected', refusal });
