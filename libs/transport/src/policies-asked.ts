// What policies of the organization say to a call that roles have allowed. Where it has none, nothing more is looked up.

import type { PolicyNotice } from '#access/policies/notices.js';
import { decideByPolicies, type PolicyDecision } from '#access/policies/policies.js';
import type { Circumstances, PolicyPerson, PolicyResource } from '#access/policies/question.js';
import { isPolicyAction, type PolicyAction } from '#access/policies/schema.js';
import type { Application } from '#application/application.js';
import type { Admit, PolicyDenied } from '#application/session/admission.js';
import type { Somebody } from '#application/session/find-user.js';
import { nameOfUser, userStreamOf } from '#application/user/user-stream.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { OrganizationState } from '#domain/organization/state.js';
import { type Asked, rolesOf } from '#transport/authorize.js';
import type { Principal } from '#transport/implementation.js';
import { readFor } from '#transport/oneself.js';

export interface AskingPolicies {
  readonly application: Application;
  readonly principal: Principal;
  /** The organization that the call is about. */
  readonly organizationId: OrganizationId;
  readonly asked: Asked;
  /** Whether it is done to oneself, where what is asked does not tell: a session that begins has no id yet. */
  readonly isOwn?: boolean;
  readonly circumstances: Pick<Circumstances, 'address' | 'call'>;
}

/** What policies had to say of a call, which comes back with its answer, whatever that is. */
export class Noticed {
  notices: readonly PolicyNotice[] = [];
}

/** Told of policies that could not be evaluated, by their names: somebody has to mend them. */
export type OnPolicyFailed = (policies: readonly string[]) => void;

export interface Deciding extends AskingPolicies {
  readonly noticed: Noticed;
  readonly onPolicyFailed: OnPolicyFailed;
}

/** Null where policies permit it, and at once where there are none. */
export function deniedByPolicies(deciding: Deciding): null | Promise<PolicyDenied | null> {
  const found = askPolicies(deciding);
  return found === null ? null : found.then((decision) => deniedBy(decision, deciding));
}

function deniedBy(
  decision: PolicyDecision | null,
  { noticed, onPolicyFailed }: Deciding,
): PolicyDenied | null {
  if (decision === null) return null;
  const { verdict, policies, notices } = decision;
  noticed.notices = notices;
  if (verdict === 'failed') onPolicyFailed(policies);
  return verdict === 'permitted' ? null : { code: 'policy-denied', notices };
}

/** Asked later, of the organization of whoever was found. */
export const admitBy =
  (askedAbout: (somebody: Somebody) => Deciding): Admit =>
  async (somebody) => {
    const denied = await deniedByPolicies(askedAbout(somebody));
    return denied && { kind: 'rejected', refusal: denied };
  };

export const noticeHeader = 'x-countersign-notice';

/** In ASCII, whatever policies say: a list in JSON. */
export const noticesInHeader = (notices: readonly PolicyNotice[]): string =>
  JSON.stringify(notices).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

/** Null where there is nobody to ask, or nothing that policies decide about. */
export function askPolicies(asking: AskingPolicies): null | Promise<PolicyDecision | null> {
  const { application, organizationId } = asking;
  const found = application.organizations.streams.current(application.organizationStream(organizationId));
  return found instanceof Promise
    ? found.then(({ state }) => askThoseOf(state, asking))
    : askThoseOf(found.state, asking);
}

/** Not awaited: for an organization without policies nothing has to be waited for. */
function askThoseOf(
  organization: OrganizationState,
  asking: AskingPolicies,
): null | Promise<PolicyDecision | null> {
  const action = actionOf(asking.asked);
  if (action === null || !('policies' in organization) || organization.policies.length === 0) return null;
  return ask(organization.policies, action, asking);
}

async function ask(
  policies: Parameters<typeof decideByPolicies>[0],
  action: PolicyAction,
  asking: AskingPolicies,
): Promise<PolicyDecision> {
  const { application, principal, circumstances } = asking;
  const [caller, { resource, self }] = await Promise.all([callerOf(asking), targetOf(asking)]);
  return decideByPolicies(policies, {
    principal: self && resource.type === 'User' ? { ...caller, id: resource.id } : caller,
    action,
    resource,
    circumstances: {
      ...circumstances,
      now: application.parts.clock(),
      scopes: principal.scopes,
      secondFactor: principal.via === 'session' && principal.factorAt !== null,
      self,
      via: principal.via,
    },
  });
}

function actionOf(asked: Asked): PolicyAction | null {
  const permission = asked.of === 'anyone' ? asked.lists : asked.permission;
  return permission !== undefined && asked.of !== 'instance' && isPolicyAction(permission)
    ? permission
    : null;
}

interface Target {
  readonly resource: PolicyResource;
  readonly self: boolean;
}

async function targetOf(asking: AskingPolicies): Promise<Target> {
  const { application, principal, organizationId, asked, isOwn = false } = asking;
  switch (asked.of) {
    case 'user': {
      const stream = application.userStream(asked.userId);
      const person = await personOf({ application, organizationId }, stream, asked.userId);
      return { resource: { type: 'User', ...person }, self: stream === principal.userStream };
    }
    case 'session': {
      const stream = application.sessionStream(asked.sessionId);
      const { state } = await application.sessions.streams.current(stream);
      const user = 'user' in state ? state.user : null;
      const self = user !== null && userStreamOf(user) === principal.userStream;
      return { resource: { type: 'Session', id: asked.sessionId, organizationId }, self };
    }
    case 'anyone':
    case 'instance':
    case 'organization':
      return { resource: { type: 'Organization', id: organizationId }, self: isOwn };
  }
}

/** An id that was brought along is opened, since policies name it as callers do. */
async function callerOf({ application, principal, organizationId }: AskingPolicies): Promise<PolicyPerson> {
  const { userStream } = principal;
  const id = principal.userId ?? (await readFor(application, principal).self())?.userId;
  return personOf({ application, organizationId }, userStream, id ?? nameOfUser(principal));
}

async function personOf(
  around: Pick<AskingPolicies, 'application' | 'organizationId'>,
  stream: string,
  id: string,
): Promise<PolicyPerson> {
  const { application, organizationId } = around;
  const [{ state }, roles] = await Promise.all([
    application.accounts.streams.current(stream),
    rolesOf(application, stream, organizationId),
  ]);
  const { user } = state;
  return {
    id: id as UserId,
    // Of who was erased nothing is known but that there was somebody.
    kind: 'kind' in user ? user.kind : 'human',
    organizationId: 'organizationId' in user ? user.organizationId : '',
    roles,
  };
}
