// What a call would ask for, of which nothing but its name, its action and its target is told: by its own access rule.

import type { PolicyAction } from '#access/policies/schema.js';
import type { OrganizationId, SessionId, UserId } from '#domain/ids.js';
import type { Asked } from '#transport/authorize.js';
import { invalid } from '#transport/dialects/countersign/violations.js';
import type { AccessRule, Implemented, MethodRules } from '#transport/implementation.js';
import type { CallRefusal } from '#transport/refusals.js';

export interface Explained {
  readonly organizationId: OrganizationId;
  readonly action: PolicyAction;
  readonly targetUserId?: string | undefined;
  readonly targetSessionId?: string | undefined;
}

export const nameOf = ({ method }: Implemented): string => `${method.parent.typeName}.${method.name}`;

/** Null for a call that there is not: what it would be told apart by is its name alone. */
export const rulesOf = (
  implemented: readonly Implemented[],
  call: string | undefined,
): Pick<MethodRules<never>, 'access' | 'beyondPolicies'> | null =>
  implemented.find((one) => nameOf(one) === call)?.implementation ?? null;

/** Or why there is no such call. */
export function askedOf(rule: AccessRule<never> | null, explained: Explained): Asked | CallRefusal {
  const asked = rule === null ? byTargets(explained) : byRule(rule, explained);
  return 'code' in asked ? asked : (misplacedIn(asked, explained) ?? asked);
}

function byTargets({
  organizationId,
  action,
  targetUserId,
  targetSessionId,
}: Explained): Asked | CallRefusal {
  if (targetSessionId !== undefined) return ofSession(action, targetSessionId);
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

function byRule(
  rule: AccessRule<never>,
  { organizationId, action, targetUserId = '', targetSessionId = '' }: Explained,
): Asked | CallRefusal {
  if (!does(rule, action)) return doesOtherwise;
  switch (rule.of) {
    case 'anyone':
    case 'instance':
      return rule;
    case 'organization':
      return { of: 'organization', permission: action, organizationId };
    case 'user':
      return { of: 'user', permission: action, self: rule.self, userId: targetUserId as UserId };
    case 'session':
      return ofSession(action, targetSessionId);
  }
}

/** Where it depends on what else is asked for, any of it may be meant. */
function does(rule: AccessRule<never>, action: PolicyAction): boolean {
  const permission = rule.of === 'anyone' ? rule.lists : rule.permission;
  return typeof permission === 'function' || permission === action;
}

const ofSession = (action: PolicyAction, targetSessionId: string): Asked | CallRefusal =>
  isOfSessions(action)
    ? { of: 'session', permission: action, sessionId: targetSessionId as SessionId, sessionToken: null }
    : doesOtherwise;

const isOfSessions = (action: PolicyAction): action is Extract<PolicyAction, `session.${string}`> =>
  action.startsWith('session.');

function misplacedIn({ of }: Asked, { targetUserId, targetSessionId }: Explained): CallRefusal | null {
  if ((of === 'user') !== (targetUserId !== undefined)) return misplaced('target_user_id');
  return (of === 'session') === (targetSessionId !== undefined) ? null : misplaced('target_session_id');
}

const doesOtherwise = invalid([
  { field: 'action', rule: 'call', message: 'must be what the call does to such a target' },
]);

const misplaced = (field: string): CallRefusal =>
  invalid([{ field, rule: 'call', message: 'must be there for what is done to one, and for nothing else' }]);
