// Loads what `#access/judge.js` judges by. What a caller may not even see is answered as what is not there, by
// the same refusal.

import {
  type Caller,
  judge,
  judgeChoice,
  judgeInstance,
  judgeOrganization,
  judgeSession,
  type Roles,
  type SessionPermission,
} from '#access/judge.js';
import type { Permission } from '#access/permissions.js';
import type { Application } from '#application/application.js';
import { instanceStream } from '#application/surroundings.js';
import { userStreamOf } from '#application/user/user-stream.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import type { InstanceState } from '#domain/instance/state.js';
import type { Members } from '#domain/organization/members.js';
import type { OrganizationState } from '#domain/organization/state.js';
import type { Incoming } from '#transport/call.js';
import { bringsToken, closenessOf, isMadeBy } from '#transport/closeness.js';
import type { Principal } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

/** What a call asks for, once its ids were read out of the request. */
export type Asked =
  | { readonly of: 'anyone'; readonly lists?: Permission }
  | {
      readonly of: 'user';
      readonly permission: Permission;
      readonly self: boolean;
      readonly userId: UserId;
      readonly reachesGone?: boolean;
    }
  | {
      readonly of: 'organization';
      readonly permission: Permission;
      /** Null stands for the one that the caller acts in. */
      readonly organizationId: OrganizationId | null;
      readonly reachesGone?: boolean;
    }
  | {
      readonly of: 'session';
      readonly permission: SessionPermission;
      readonly sessionId: SessionId;
      /** What came along as its token. */
      readonly sessionToken: string | null;
    }
  | { readonly of: 'instance'; readonly permission: Permission };

/** Null where it acts in none of its own choice. */
export const chosenIn = ({ organization }: Pick<Incoming, 'organization'>): OrganizationId | null =>
  (organization || null) as OrganizationId | null;

export interface Asking {
  readonly application: Application;
  readonly principal: Principal;
  /** The organization to act in; null where the caller named none. */
  readonly chosen: OrganizationId | null;
}

/** The organization that the call is about. */
export type Authorized =
  | {
      readonly kind: 'allowed';
      readonly organizationId: OrganizationId;
      /** A session without a user is of no organization: it is the one that the caller acts in. */
      readonly isNobodys?: true;
    }
  | { readonly kind: 'rejected'; readonly refusal: CallRefusal };

const denied: Authorized = { kind: 'rejected', refusal: { code: 'permission-denied' } };
const noUser: Authorized = { kind: 'rejected', refusal: { code: 'user-not-found' } };
const noSession: Authorized = { kind: 'rejected', refusal: { code: 'session-not-found' } };
const wrongSessionToken: Authorized = { kind: 'rejected', refusal: { code: 'session-token-wrong' } };
const noOrganization: Authorized = { kind: 'rejected', refusal: { code: 'organization-not-found' } };

export async function authorize(asking: Asking, asked: Asked): Promise<Authorized> {
  if (asking.chosen !== null && !(await mayChoose(asking, asking.chosen))) return noOrganization;
  switch (asked.of) {
    case 'anyone':
      return allowed(actingIn(asking));
    case 'user':
      return authorizeForUser(asking, asked);
    case 'organization':
      return authorizeForOrganization(asking, asked);
    case 'session':
      return authorizeForSession(asking, asked);
    case 'instance':
      return authorizeForInstance(asking, asked);
  }
}

type AskedOf<Of extends Asked['of']> = Extract<Asked, { readonly of: Of }>;

const allowed = (organizationId: OrganizationId) => ({ kind: 'allowed', organizationId }) as const;

const actingIn = ({ chosen, principal }: Asking) => chosen ?? principal.organizationId;

async function mayChoose(asking: Asking, organizationId: OrganizationId): Promise<boolean> {
  const [caller, organization] = await callerIn(asking, organizationId);
  return judgeChoice(caller, { organizationId, organization }) === 'allowed';
}

async function authorizeForUser(asking: Asking, asked: AskedOf<'user'>): Promise<Authorized> {
  const { application, chosen } = asking;
  const { permission, self, reachesGone = false } = asked;
  const { streams } = application.accounts;
  const stream = application.userStream(asked.userId);
  const found = streams.current(stream);
  const { user } = (found instanceof Promise ? await found : found).state;
  if (!('organizationId' in user)) return noUser;
  const { organizationId } = user;
  const around = callerIn(asking, organizationId);
  const [caller, organization, instanceMembers] = around instanceof Promise ? await around : around;
  const target = { stream, user, ...rolesAround(application, stream, { organization, instanceMembers }) };
  const judgement = judge({ permission, self, caller, chosen, target, reachesGone });
  if (judgement === 'denied') return denied;
  // Who is left of an organization that was removed is gone with it.
  if (judgement === 'allowed' && organization.status !== 'removed') return allowed(organizationId);
  // The log is asked for a user that is not there; one that is hidden must not be told from it by the time.
  if (!(found instanceof Promise)) await streams.fresh(stream);
  return noUser;
}

async function authorizeForOrganization(
  asking: Asking,
  { permission, organizationId = null, reachesGone = false }: AskedOf<'organization'>,
): Promise<Authorized> {
  const { chosen } = asking;
  const named = organizationId ?? actingIn(asking);
  const [caller, organization] = await callerIn(asking, named);
  const target = { organizationId: named, organization };
  switch (judgeOrganization({ permission, caller, chosen, target, reachesGone })) {
    case 'allowed':
      return allowed(named);
    case 'denied':
      return denied;
    case 'hidden':
      return noOrganization;
  }
}

async function authorizeForInstance(
  asking: Asking,
  { permission }: AskedOf<'instance'>,
): Promise<Authorized> {
  const [caller] = await callerIn(asking, asking.principal.organizationId);
  return judgeInstance({ permission, caller }) === 'allowed' ? allowed(actingIn(asking)) : denied;
}

/** One that was ended is there, for whoever might have read it: the command says what has become of it. */
async function authorizeForSession(asking: Asking, asked: AskedOf<'session'>): Promise<Authorized> {
  const { application, principal, chosen } = asking;
  const stream = application.sessionStream(asked.sessionId);
  const { state } = await application.sessions.streams.current(stream);
  const isBrought = bringsToken(application, asked, state);
  // Looked up where there is none as well: one that is hidden must not be told from it by the time.
  const isMade = await isMadeBy(application, stream, principal);
  if (state.status === 'unknown') return noSession;
  const { user } = state;
  const organizationId = user?.organizationId ?? null;
  const yes: Authorized =
    organizationId === null ? { ...allowed(actingIn(asking)), isNobodys: true } : allowed(organizationId);
  if (isBrought) return yes;
  const [caller, organization, instanceMembers] = await callerIn(
    asking,
    organizationId ?? principal.organizationId,
  );
  const { permission } = asked;
  const userStream = user === null ? null : userStreamOf(user);
  const closeness = closenessOf(principal, { sessionId: asked.sessionId, userStream, isMade });
  const roles = rolesAround(application, userStream, { organization, instanceMembers });
  const target = { closeness, organizationId, ...roles };
  const judgement = judgeSession({ permission, caller, chosen, target });
  if (judgement === 'hidden') return noSession;
  if (asked.sessionToken !== null) return wrongSessionToken;
  return judgement === 'denied' ? denied : yes;
}

type CallerIn = readonly [caller: Caller, organization: OrganizationState, instanceMembers: Members];

/**
 * Who the caller is to an organization, what there is of that organization, and who is who in the instance. At
 * once where all of it is at hand.
 */
function callerIn(
  { application, principal }: Asking,
  organizationId: OrganizationId,
): CallerIn | Promise<CallerIn> {
  const one = application.organizations.streams.current(application.organizationStream(organizationId));
  const other = application.instance.streams.current(instanceStream);
  if (one instanceof Promise || other instanceof Promise)
    return Promise.all([one, other]).then(([first, second]) => together(first.state, second.state));
  return together(one.state, other.state);

  function together(organization: OrganizationState, instance: InstanceState): CallerIn {
    const instanceMembers = instance.status === 'ready' ? instance.members : nobody;
    const { userStream: stream, scopes } = principal;
    const roles = rolesAround(application, stream, { organization, instanceMembers });
    const caller = { stream, organizationId: principal.organizationId, scopes, ...roles };
    return [caller, organization, instanceMembers];
  }
}

/** Of a user: in this organization, and in the instance. */
export async function rolesOf(
  application: Application,
  stream: string,
  organizationId: OrganizationId,
): Promise<readonly string[]> {
  const [one, other] = await Promise.all([
    application.organizations.streams.current(application.organizationStream(organizationId)),
    application.instance.streams.current(instanceStream),
  ]);
  const instanceMembers = other.state.status === 'ready' ? other.state.members : nobody;
  const roles = rolesAround(application, stream, { organization: one.state, instanceMembers });
  return [...roles.organizationRoles, ...roles.instanceRoles];
}

interface Around {
  readonly organization: OrganizationState;
  readonly instanceMembers: Members;
}

const rolesAround = (
  application: Application,
  stream: string | null,
  { organization, instanceMembers }: Around,
): Roles => ({
  organizationRoles: rolesIn(application, membersOf(organization), stream),
  instanceRoles: rolesIn(application, instanceMembers, stream),
});

const nobody: Members = [];
const noRoles: readonly string[] = [];

const membersOf = (organization: OrganizationState): Members =>
  'members' in organization ? organization.members : nobody;

/** By the list that they were made of, which is another whenever it changed. */
const rolesByStream = new WeakMap<Members, ReadonlyMap<string, readonly string[]>>();

/** By streams and not by ids: a token does not know an id that its user brought along. */
function rolesIn(application: Application, members: Members, stream: string | null): readonly string[] {
  if (stream === null) return noRoles;
  let roles = rolesByStream.get(members);
  if (roles === undefined) {
    roles = new Map(members.map((member) => [application.userStream(member.userId), member.roles]));
    rolesByStream.set(members, roles);
  }
  return roles.get(stream) ?? noRoles;
}
