// What policies may speak of: who calls, what it would do, and whom or what to. A policy that speaks of something else
// is refused when it is set, since it would never decide anything, or fail each time.

import { type Permission, permissions } from '#access/permissions.js';
import { instanceRoles, organizationRoles } from '#domain/organization/members.js';

/** What belongs to the instance is not for policies of an organization to decide. */
export type PolicyAction = Exclude<Permission, `instance.${string}`>;

export const isPolicyAction = (permission: Permission): permission is PolicyAction =>
  !permission.startsWith('instance.');

export const policyActions: readonly PolicyAction[] = permissions.filter(isPolicyAction);

const ofUsers = (action: PolicyAction) => action.startsWith('user.');
const ofSessions = (action: PolicyAction) => action.startsWith('session.');
const ofOrganizations = (action: PolicyAction) => !ofUsers(action) && !ofSessions(action);

const quoted = (texts: readonly string[]) => texts.map((text) => JSON.stringify(text)).join(', ');

const appliesTo = (actions: readonly PolicyAction[], resources: string) =>
  `action ${quoted(actions)} appliesTo { principal: [User], resource: [${resources}], context: Circumstances };`;

/** Users and sessions that are added, listed or looked for are not known yet: that is done to the organization. */
export const policySchema = [
  'entity Organization;',
  `entity Role enum [${quoted([...organizationRoles, ...instanceRoles])}];`,
  'entity Kind enum ["human", "machine"];',
  'entity Credential enum ["token", "session"];',
  'entity User in [Organization, Role] { kind: Kind };',
  'entity Session in [Organization];',
  'type Circumstances = {',
  '  address: ipaddr,',
  '  call: String,',
  '  now: datetime,',
  '  scopes: Set<String>,',
  '  secondFactor: Bool,',
  '  self: Bool,',
  '  via: Credential,',
  '};',
  appliesTo(policyActions.filter(ofUsers), 'User, Organization'),
  appliesTo(policyActions.filter(ofSessions), 'Session, Organization'),
  appliesTo(policyActions.filter(ofOrganizations), 'Organization'),
].join('\n');
