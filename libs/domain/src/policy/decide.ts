import { accept, type Decision, reject } from '#domain/decider.js';
import { type NotFound, notFound } from '#domain/organization/decide.js';
import { isLiving, type OrganizationState } from '#domain/organization/state.js';
import type { PolicyEvent } from '#domain/policy/events.js';
import { type Policy, policyNamed } from '#domain/policy/state.js';

/** All of them are at hand wherever it is decided who may do what, and each is looked at for each call. */
export const policiesMax = 50;

export interface PoliciesMax {
  /** One has to be removed first. */
  readonly code: 'policies-max';
  readonly maximum: number;
}

export interface PolicyNotFound {
  /** The organization has none of this name. */
  readonly code: 'policy-not-found';
}

/** The text was found to be a policy before. */
export function setPolicy(
  organization: OrganizationState,
  { name, text }: Policy,
): Decision<PolicyEvent, NotFound | PoliciesMax> {
  if (!isLiving(organization)) return reject(notFound);
  const { policies } = organization;
  const present = policyNamed(policies, name);
  if (present?.text === text) return accept();
  if (present === null && policies.length >= policiesMax)
    return reject({ code: 'policies-max', maximum: policiesMax });
  return accept({ type: 'org.policy.set', name, text });
}

export function removePolicy(
  organization: OrganizationState,
  { name }: Pick<Policy, 'name'>,
): Decision<PolicyEvent, NotFound | PolicyNotFound> {
  if (!isLiving(organization)) return reject(notFound);
  if (policyNamed(organization.policies, name) === null) return reject({ code: 'policy-not-found' });
  return accept({ type: 'org.policy.removed', name });
}
