// What would be decided about somebody's call, by the very code that decides it.

import type { PolicyDecision } from '#access/policies/policies.js';
import type { PolicyAction } from '#access/policies/schema.js';
import type { Application } from '#application/application.js';
import { userStreamOf } from '#application/user/user-stream.js';
import {
  ExplainedCredential,
  type ExplainRequest,
  type ExplainResponseSchema,
  PolicyVerdict,
} from '#contract/countersign/v1/policy_service_pb.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import { type Asked, authorize } from '#transport/authorize.js';
import type { AnswerOf } from '#transport/call.js';
import { askedOf, nameOf, rulesOf } from '#transport/dialects/countersign/explained-calls.js';
import type { Parts } from '#transport/dialects/countersign/parts.js';
import { answered, type Call, type Principal, type Result, refused } from '#transport/implementation.js';
import { type AskingPolicies, askPolicies } from '#transport/policies-asked.js';
import type { CallRefusal } from '#transport/refusals.js';
import { foundToBe } from '#transport/stranger.js';

interface Explained extends Omit<ExplainRequest, 'action' | 'organizationId' | '$typeName' | '$unknown'> {
  /** That the caller may ask about. */
  readonly organizationId: OrganizationId;
  readonly action: PolicyAction;
}

type Explanation = Result<AnswerOf<typeof ExplainResponseSchema>>;

const verdicts = {
  permitted: PolicyVerdict.PERMITTED,
  forbidden: PolicyVerdict.FORBIDDEN,
  'not-permitted': PolicyVerdict.NOT_PERMITTED,
  failed: PolicyVerdict.FAILED,
} as const satisfies Record<PolicyDecision['verdict'], PolicyVerdict>;

const noUser: CallRefusal = { code: 'user-not-found' };
const noSession: CallRefusal = { code: 'session-not-found' };

const byNobody = answered({ allowed: false, allowedByRoles: false });

export async function explain(parts: Parts, call: Call, explained: Explained): Promise<Explanation> {
  if (explained.credential === ExplainedCredential.LOGIN) return explainLogin(parts, call, explained);
  const { application } = parts;
  const rules = rulesOf(parts.implemented(), explained.call);
  const asked = askedOf(rules?.access ?? null, explained);
  if ('code' in asked) return refused(asked);
  const hidden = await hiddenIn(application, explained.organizationId, asked);
  if (hidden !== null) return refused(hidden);
  const principal = await principalOf(application, call, { ...explained, asked });
  if (principal === null) return refused(noUser);
  const authorized = await authorize({ application, principal, chosen: null }, asked);
  if (authorized.kind === 'rejected') return byNobody;
  if (rules?.beyondPolicies) return explainedBy(null);
  return explainedBy(await askPolicies(askingOf(application, call, { ...explained, asked, principal })));
}

/** By whoever has the right password, where its own organization asks whether a session may begin. */
async function explainLogin(parts: Parts, call: Call, explained: Explained): Promise<Explanation> {
  const { application } = parts;
  const { userId, organizationId, action, targetUserId, targetSessionId } = explained;
  if (!(await isOf(application, organizationId, userId))) return refused(noUser);
  const entrance = parts.implemented().find(({ implementation }) => implementation.enters);
  const { call: named = entrance && nameOf(entrance) } = explained;
  const isThat = entrance !== undefined && named === nameOf(entrance) && action === 'session.write';
  if (!isThat || targetUserId !== undefined || targetSessionId !== undefined) return byNobody;
  const userStream = application.userStream(userId as UserId);
  const principal = foundToBe({ userId: userId as UserId, userStream, organizationId });
  const asked: Asked = { of: 'organization', permission: action, organizationId: null };
  const asking = askingOf(application, call, { ...explained, call: named, asked, principal });
  return explainedBy(await askPolicies({ ...asking, isOwn: true }));
}

interface Asking extends Pick<Explained, 'organizationId' | 'address' | 'call'> {
  readonly asked: Asked;
  readonly principal: Principal;
}

const askingOf = (
  application: Application,
  { incoming }: Call,
  { organizationId, asked, principal, address = incoming.address, call = '' }: Asking,
): AskingPolicies => ({
  ...{ application, principal, organizationId, asked },
  circumstances: { address, call },
});

function explainedBy(decision: PolicyDecision | null): Explanation {
  if (decision === null) return answered({ allowed: true, allowedByRoles: true });
  const { verdict, policies, notices } = decision;
  return answered({
    allowed: verdict === 'permitted',
    allowedByRoles: true,
    verdict: verdicts[verdict],
    policies: [...policies],
    notices: notices.map(({ notice, code }) => ({ notice, code: code ?? '' })),
  });
}

/** Nobody learns here who is elsewhere. */
async function hiddenIn(
  application: Application,
  organizationId: OrganizationId,
  asked: Asked,
): Promise<CallRefusal | null> {
  if (asked.of === 'user') return (await isOf(application, organizationId, asked.userId)) ? null : noUser;
  if (asked.of !== 'session') return null;
  const user = await userOf(application, asked.sessionId);
  return user?.organizationId === organizationId ? null : noSession;
}

async function userOf(application: Application, sessionId: SessionId) {
  const { state } = await application.sessions.streams.current(application.sessionStream(sessionId));
  return 'user' in state ? state.user : null;
}

interface Calling extends Pick<Explained, 'organizationId' | 'userId' | 'credential'> {
  readonly asked: Asked;
}

/** Null for whoever is neither of the organization nor the caller. */
async function principalOf(
  application: Application,
  { principal }: Call,
  { organizationId, userId, credential, asked }: Calling,
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
  const secondFactor = credential === ExplainedCredential.SESSION_WITH_FACTOR;
  return inSession(who, { secondFactor, sessionId: await ownSession(application, userStream, asked) });
}

const byToken = {
  via: 'token',
  tokenId: '' as never,
  scopes: ['all'],
  expiresAt: null,
} as const;

interface Session {
  readonly secondFactor: boolean;
  readonly sessionId: SessionId;
}

const inSession = (
  who: Pick<Principal, 'userStream' | 'organizationId'> & { readonly userId: UserId },
  { secondFactor, sessionId }: Session,
): Principal => ({
  ...who,
  via: 'session',
  sessionId,
  scopes: ['self'],
  assurance: 'authenticated',
  hasFactor: secondFactor,
  factorAt: secondFactor ? 0 : null,
});

const another = '' as SessionId;

async function ownSession(application: Application, userStream: string, asked: Asked): Promise<SessionId> {
  if (asked.of !== 'session') return another;
  const user = await userOf(application, asked.sessionId);
  return user !== null && userStreamOf(user) === userStream ? asked.sessionId : another;
}

async function isOf(application: Application, organizationId: OrganizationId, userId: string) {
  const { state } = await application.accounts.streams.current(application.userStream(userId as UserId));
  const { user } = state;
  return 'kind' in user && user.organizationId === organizationId;
}
