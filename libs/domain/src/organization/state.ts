import type { Instant, OrganizationId } from '#domain/ids.js';
import { type InstanceState, inheritedSettings } from '#domain/instance/state.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { type Members, noMembers, withMember, withoutMember } from '#domain/organization/members.js';
import {
  noOverrides,
  type Overrides,
  type Settings,
  settingsWith,
  withoutOverrides,
} from '#domain/organization/settings.js';
import { evolvePolicies, noPolicies, type Policies } from '#domain/policy/state.js';
import { evolveQuotasReached, noQuotasReached, type QuotasReached } from '#domain/quota/state.js';

export type OrganizationState =
  | { readonly status: 'unknown' }
  | LivingOrganization
  | { readonly status: 'removed' };

export interface LivingOrganization {
  readonly status: 'active' | 'inactive';
  /** Streams are not named after ids that were brought along. Null where it was not yet written down. */
  readonly organizationId: OrganizationId | null;
  readonly name: string;
  readonly overrides: Overrides;
  readonly members: Members;
  readonly policies: Policies;
  readonly quotasReached: QuotasReached;
  readonly createdAt: Instant;
}

export const noOrganization: OrganizationState = { status: 'unknown' };

const removed: OrganizationState = { status: 'removed' };

export function evolveOrganization(
  state: OrganizationState,
  event: OrganizationEvent,
  at: Instant,
): OrganizationState {
  if (event.type === 'org.added') return newOrganization(event, at);
  return isLiving(state) ? evolveLiving(state, event) : state;
}

/** What holds for the users of an organization: what it chose, else what the instance chose, else the defaults. */
export function effectiveSettings(organization: OrganizationState, instance: InstanceState): Settings {
  const inherited = inheritedSettings(instance);
  return isLiving(organization) ? settingsWith(organization.overrides, inherited) : inherited;
}

export function isLiving(organization: OrganizationState): organization is LivingOrganization {
  return organization.status === 'active' || organization.status === 'inactive';
}

type Added = Extract<OrganizationEvent, { type: 'org.added' }>;

function newOrganization({ organizationId, name }: Added, createdAt: Instant): LivingOrganization {
  const nothingYet = {
    overrides: noOverrides,
    members: noMembers,
    policies: noPolicies,
    quotasReached: noQuotasReached,
  };
  return { status: 'active', organizationId, name, ...nothingYet, createdAt };
}

function evolveLiving(
  organization: LivingOrganization,
  event: Exclude<OrganizationEvent, Added>,
): OrganizationState {
  const { overrides, members, policies, quotasReached } = organization;
  switch (event.type) {
    case 'org.changed':
      return { ...organization, name: event.name };
    case 'org.deactivated':
      return { ...organization, status: 'inactive' };
    case 'org.reactivated':
      return { ...organization, status: 'active' };
    case 'org.removed':
      return removed;
    case 'org.settings.changed':
      return { ...organization, overrides: { ...overrides, ...event.changed } };
    case 'org.settings.reset':
      return { ...organization, overrides: withoutOverrides(overrides, event.names) };
    case 'org.member.added':
    case 'org.member.changed':
      return { ...organization, members: withMember(members, event) };
    case 'org.member.removed':
      return { ...organization, members: withoutMember(members, event.userId) };
    case 'org.policy.set':
    case 'org.policy.removed':
      return { ...organization, policies: evolvePolicies(policies, event) };
    case 'org.quota.reached':
      return { ...organization, quotasReached: evolveQuotasReached(quotasReached, event) };
  }
}
