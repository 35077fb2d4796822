// Whether a caller may do something to somebody, from what the streams say of both. No answer tells more of a
// user or an organization than the caller may read: what it may not even read is as hidden as what is not there.

import { type Permission, permissionsOf, scopeAllows, scopeAllowsSelf } from '#access/permissions.js';
import type { OrganizationId } from '#domain/ids.js';
import { isLiving, type OrganizationState } from '#domain/organization/state.js';
import { isAlive, type UserState } from '#domain/user/state.js';

export type Judgement = 'allowed' | 'denied' | 'hidden';

export interface Roles {
  /** In the organization that is asked about: a user's own, where it is asked about a user. */
  readonly organizationRoles: readonly string[];
  readonly instanceRoles: readonly string[];
}

export interface Caller extends Roles {
  /** The stream of its user. */
  readonly stream: string;
  readonly organizationId: OrganizationId;
  readonly scopes: readonly string[];
}

interface Question {
  readonly permission: Permission;
  readonly caller: Caller;
  /** Whether it can be done to who or what is gone: erased after a removal, or removed again by a repeat. */
  readonly reachesGone?: boolean;
  /** The organization to act in; null where the caller named none. */
  readonly chosen: OrganizationId | null;
}

export interface UserQuestion extends Question {
  /** Whether everybody may do this to oneself. */
  readonly self: boolean;
  readonly target: Roles & { readonly stream: string; readonly user: UserState };
}

/** How a caller stands to a session: it is the very one that calls, another one of its user, or made by it. */
export type Closeness = 'itself' | 'own' | 'made' | 'none';

export interface SessionQuestion extends Omit<Question, 'reachesGone'> {
  readonly permission: SessionPermission;
  readonly target: Roles & {
    readonly closeness: Closeness;
    /** Of its user; null while none was checked. */
    readonly organizationId: OrganizationId | null;
  };
}

export type SessionPermission = Extract<Permission, `session.${string}`>;

export interface OrganizationQuestion extends Question {
  readonly target: TargetOrganization;
}

export interface TargetOrganization {
  readonly organizationId: OrganizationId;
  readonly organization: OrganizationState;
}

export function judge(question: UserQuestion): Judgement {
  const { user } = question.target;
  if (isAlive(user)) return judgeKnown(question, user.organizationId);
  if (user.status === 'unknown' || question.reachesGone !== true) return 'hidden';
  // Who may not do it to somebody gone does not learn that there was somebody.
  return judgeKnown(question, user.organizationId) === 'allowed' ? 'allowed' : 'hidden';
}

function judgeKnown(
  { permission, self, caller, chosen, target }: UserQuestion,
  organizationId: OrganizationId,
): Judgement {
  const isSelf = target.stream === caller.stream;
  if (isSelf && self) return scopeAllowsSelf(caller.scopes, permission) ? 'allowed' : 'denied';
  if (!isAmong(chosen, organizationId)) return 'hidden';
  if (!may(caller, permission)) return isSelf || may(caller, 'user.read') ? 'denied' : 'hidden';
  return leavesAsIs.has(permission) || holdsAllOf(caller, target) ? 'allowed' : 'denied';
}

export function judgeSession(question: SessionQuestion): Judgement {
  const { permission, caller, chosen, target } = question;
  const { closeness, organizationId } = target;
  if (closeEnough[permission].has(closeness))
    return scopeAllowsSelf(caller.scopes, permission) ? 'allowed' : 'denied';
  if (organizationId !== null && !isAmong(chosen, organizationId)) return 'hidden';
  return judgeSessionByRole(question);
}

/**
 * Roles in an organization mean nothing to a session that is nobody's yet. Who is given the new token of a session that
 * another one made has what its user has shown there: that takes what changing the user's factors takes.
 */
function judgeSessionByRole({ permission, caller, target }: SessionQuestion): Judgement {
  const { closeness, organizationId } = target;
  const here = organizationId === null ? { ...caller, organizationRoles: [] } : caller;
  if (!may(here, permission)) return closeness !== 'none' || may(here, 'session.read') ? 'denied' : 'hidden';
  if (permission === 'session.read' || closeness === 'made') return 'allowed';
  const isEnough = permission === 'session.delete' || may(here, 'user.credential.write');
  return isEnough && holdsAllOf(here, target) ? 'allowed' : 'denied';
}

/**
 * What needs no role. Whoever changes a session is given a new token of it: so none but the session itself is
 * changed by its user, whose other tokens have shown no factor.
 */
const closeEnough: Readonly<Record<SessionPermission, ReadonlySet<Closeness>>> = {
  'session.read': new Set(['itself', 'own', 'made']),
  'session.write': new Set(['itself']),
  'session.delete': new Set(['itself', 'own']),
};

export function judgeOrganization(question: OrganizationQuestion): Judgement {
  const { permission, caller, chosen, target, reachesGone } = question;
  const { organizationId, organization } = target;
  const isThere = isLiving(organization) || (reachesGone === true && organization.status === 'removed');
  if (!isThere || !isAmong(chosen, organizationId)) return 'hidden';
  if (may(caller, permission)) return 'allowed';
  return organizationId === caller.organizationId || may(caller, 'org.read') ? 'denied' : 'hidden';
}

/** That there is an instance is no secret. Roles in an organization mean nothing here. */
export function judgeInstance({ permission, caller }: Pick<Question, 'permission' | 'caller'>): Judgement {
  return may({ ...caller, organizationRoles: [] }, permission) ? 'allowed' : 'denied';
}

/** Whether a caller may name this organization as the one to act in. */
export function judgeChoice(
  caller: Caller,
  { organizationId, organization }: TargetOrganization,
): 'allowed' | 'hidden' {
  const belongs = organizationId === caller.organizationId || isGranted(caller, 'org.read');
  return isLiving(organization) && belongs ? 'allowed' : 'hidden';
}

/** What leaves a user as it is. A right code that is spent is what its owner gave it for. */
const leavesAsIs: ReadonlySet<Permission> = new Set(['user.read', 'user.factor.verify']);

const isAmong = (chosen: OrganizationId | null, organizationId: OrganizationId) =>
  chosen === null || chosen === organizationId;

const may = (caller: Caller, permission: Permission) =>
  isGranted(caller, permission) && scopeAllows(caller.scopes, permission);

const isGranted = ({ organizationRoles, instanceRoles }: Roles, permission: Permission) =>
  permissionsOf(organizationRoles).has(permission) || permissionsOf(instanceRoles).has(permission);

/**
 * Who makes a token for somebody, or binds a factor, can act as that user afterwards. So nobody changes a user
 * that may do more, or owners of the instance would be at the mercy of those of the organization they live in.
 * What is held in one organization is less than the same in all of them.
 */
function holdsAllOf(caller: Roles, { organizationRoles, instanceRoles }: Roles): boolean {
  const everywhere = permissionsOf(caller.instanceRoles);
  for (const permission of permissionsOf(organizationRoles)) if (!isGranted(caller, permission)) return false;
  for (const permission of permissionsOf(instanceRoles)) if (!everywhere.has(permission)) return false;
  return true;
}
