// What an organization asks after roles have allowed something. What the texts mean is not known here.

import type { PolicyEvent } from '#domain/policy/events.js';

export interface Policy {
  readonly name: string;
  /** In Cedar. */
  readonly text: string;
}

/** By name, so that the same policies are the same list, in whatever order they were set. */
export type Policies = readonly Policy[];

export const noPolicies: Policies = [];

export const policyNamed = (policies: Policies, name: string): Policy | null =>
  policies.find((policy) => policy.name === name) ?? null;

export function evolvePolicies(policies: Policies, event: PolicyEvent): Policies {
  const others = policies.filter(({ name }) => name !== event.name);
  switch (event.type) {
    case 'org.policy.set':
      return [...others, { name: event.name, text: event.text }].sort(byName);
    case 'org.policy.removed':
      return others;
  }
}

/** No two have the same name. */
const byName = (one: Policy, other: Policy): number => (one.name < other.name ? -1 : 1);
