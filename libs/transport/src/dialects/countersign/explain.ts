// What would be decided about somebody's call, by the very code that decides it.

import type { PolicyDecision } from '#access/policies/policies.js';
import type { PolicyAction } from '#access/policies/schema.js';
import type { Application } from '#application/application.js';
import {
  ExplainedCredential,
  type ExplainRequest,
  type ExplainResponseSchema,
  PolicyVerdict,
} from '#contract/countersign/v1/policy_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type Asked, authorize } from '#transport/authorize.js';
import type { AnswerOf } from '#transport/call.js';
import { answered, type Call, type Principal, type Result, refused } from '#transport/implementation.js';
import { askPolicies } from '#transport/policies-asked.js';
import type { CallRefusal } from '#transport/refusals.js';

interface Explained extends Omit<ExplainRequest, 'action' | '$typeName' | '$unknown'> {
  readonly action: PolicyAction;
}

const verdicts = {
  permitted: PolicyVerdict.PERMITTED,
  forbidden: PolicyVerdict.FORBIDDEN,
  'not-permitted': PolicyVerdict.NOT_PERMITTED,
  failed: PolicyVerdict.FAILED,
} as const satisfies Record<PolicyDecision['verdict'], PolicyVerdict>;

const noUser: CallRefusal = { code: 'user-not-found' };

export async function explain(
  application: Application,
  call: Call,
  explained: Explained,
): Promise<Result<AnswerOf<typeof ExplainResponseSchema>>> {
  const { organizationId, incoming } = call;
  const principal = await principalOf(application, call, explained);
  if (principal === null) return refused(noUser);
  const asked = askedOf(organizationId, explained);
  if (asked.of === 'user' && !(await isOf(application, organizationId, asked.userId))) return refused(noUser);
  const authorized = await authorize({ application, principal, chosen: null }, asked);
  if (authorized.kind === 'rejected') return answered({ allowed: false, allowedByRoles: false });
  const { address = incoming.address, call: method = '' } = explained;
  const circumstances = { address, call: method };
  const decision = await askPolicies({ application, principal, organizationId, asked, circumstances });
  return answered({ allowedByRoles: true, ...decided(decision) });
}

function decided(decision: PolicyDecision | null) {
  if (decision === null) return { allowed: true };
  const { verdict, policies, notices } = decision;
  return {
    allowed: verdict === 'permitted',
    verdict: verdicts[verdict],
    policies: [...policies],
    notices: notices.map(({ notice, code }) => ({ notice, code: code ?? '' })),
  };
}

function askedOf(organizationId: OrganizationId, { action, targetUserId }: Explained): Asked {
  if (targetUserId === undefined) return { of: 'organization', permission: action, organizationId };
  return { of: 'user', permission: action, self: ownActions.has(action), userId: targetUserId as UserId };
}

/** What some call lets everybody do to oneself. */
const ownActions: ReadonlySet<PolicyAction> = new Set([
  'user.read',
  'user.write',
  'user.credential.write',
  'user.factor.verify',
  'user.token.write',
]);

/** Null for whoever is neither of the organization nor the caller: nobody learns here who is elsewhere. */
async function principalOf(
  application: Application,
  { organizationId, principal }: Call,
  { userId, credential }: Explained,
): Promise<Principal | null> {
  const userStream = application.userStream(userId as UserId);
  const isCaller = userStream === principal.userStream;
  if (!isCaller && !(await isOf(application, organizationId, userId))) return null;
  const who = {
    userStream,
    userId: userId as UserId,
    organizationId: isCaller ? principal.organizationId : organizationId,
  };
  if (credential === ExplainedCredential.UNSPECIFIED) return { ...who, ...byToken };
  return inSession(who, credential === ExplainedCredential.SESSION_WITH_FACTOR);
}

const byToken = {
  via: 'token',
  tokenId: '' as never,
  scopes: ['all'],
  expiresAt: null,
} as const;

const inSession = (
  who: Pick<Principal, 'userStream' | 'organizationId'> & { readonly userId: UserId },
  secondFactor: boolean,
): Principal => ({
  ...who,
  via: 'session',
  sessionId: '' as never,
  scopes: ['self'],
  assurance: 'authenticated',
  hasFactor: secondFactor,
  factorAt: secondFactor ? 0 : null,
});

async function isOf(application: Application, organizationId: OrganizationId, userId: string) {
  const { state } = await application.accounts.streams.current(application.userStream(userId as UserId));
  const { user } = state;
  return 'kind' in user && user.organizationId === organizationId;
}
