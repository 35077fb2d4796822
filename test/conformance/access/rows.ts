// Who may make which call, written by hand from ZITADEL's table of permissions and not from the code that judges:
// the two have to agree. A call without a row does not compile.

import type { DescService, JsonObject } from '@bufbuild/protobuf';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import { ProjectionService } from '#contract/countersign/v1/projection_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService as OwnUserService } from '#contract/countersign/v1/user_service_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { SessionService } from '#contract/zitadel/session/v2/session_service_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';

/** Each may do what those before it may. */
export type Least = 'reader' | 'manager' | 'owner';

/** What an id in a request names. Those of `new` are given by the caller to what it makes; `unread` ones are refused. */
export type Names =
  | 'user'
  | 'organization'
  | 'session'
  | 'member'
  | 'device'
  | 'token'
  | 'filter'
  | 'new'
  | 'unread';

export interface Row {
  readonly of: 'user' | 'session' | 'organization' | 'acting' | 'instance' | 'anyone';
  /** The role in the target's organization, or in the one that is acted in, that is enough; null for those of the instance alone. */
  readonly least: Least | null;
  /** Whether everybody may do it to oneself. */
  readonly self: boolean;
  /** Whether it takes away from its target what the next call would need. */
  readonly ends: boolean;
  /** Whether it is also done to who is gone, by whoever could do it before. To all others those stay hidden. */
  readonly reachesGone: boolean;
  /** Every id of the request, by the path of its field. */
  readonly ids: Readonly<Record<string, Names>>;
  /** What is asked about one target, beside its id. */
  readonly with: JsonObject;
}

type More = Partial<Pick<Row, 'ends' | 'ids' | 'reachesGone' | 'with'>>;

const plain = { ends: false, reachesGone: false, with: {} };

const ofUser = (least: Least, more: More = {}): Row => ({
  ...plain,
  ...more,
  of: 'user',
  least,
  self: false,
  ids: { user_id: 'user', ...more.ids },
});

const alsoOneself = (least: Least, more: More = {}): Row => ({ ...ofUser(least, more), self: true });

const ofOrganization = (least: Least, more: More = {}): Row => ({
  ...plain,
  ...more,
  of: 'organization',
  least,
  self: false,
  ids: more.ids ?? { organization_id: 'organization' },
});

/** Of one user, and so of its organization. */
const ofSession = (more: More & { readonly self: boolean }): Row => ({
  ...plain,
  ...more,
  of: 'session',
  least: 'manager',
  ids: { session_id: 'session', ...more.ids },
});

const ofAnyone = (ids: Row['ids']): Row => ({ ...plain, of: 'anyone', least: null, self: true, ids });

const ofInstance = (more: More = {}): Row => ({
  ...plain,
  ids: {},
  ...more,
  of: 'instance',
  least: null,
  self: false,
});

const device = { totp_id: 'device' } as const;
const build = { with: { build: 1 } } as const;
const filter = { 'filter.organization_id': 'filter', 'filter.user_id': 'filter' } as const;
const checks = { 'checks.user.user_id': 'member', 'checks.idp_intent.idp_intent_id': 'unread' } as const;
const links = { 'idp_links.idp_id': 'unread', 'idp_links.user_id': 'unread' } as const;

const under = (prefix: string, ids: Row['ids']): Row['ids'] =>
  Object.fromEntries(Object.entries(ids).map(([path, names]) => [`${prefix}${path}`, names]));

export const services = {
  users: UserService,
  organizations: OrganizationService,
  sessions: SessionService,
  settings: SettingsService,
  factors: FactorService,
  recoveryCodes: RecoveryCodeService,
  passwords: PasswordService,
  organizationSettings: OrganizationSettingsService,
  members: OrganizationMemberService,
  policies: PolicyService,
  quotas: QuotaService,
  ownUsers: OwnUserService,
  projections: ProjectionService,
  events: EventService,
  keys: KeyService,
} as const satisfies Record<string, DescService>;

type Services = typeof services;

export const rows = {
  users: {
    createUser: ofOrganization('manager', {
      ids: { organization_id: 'organization', user_id: 'new', ...under('human.', links) },
    }),
    addHumanUser: ofOrganization('manager', {
      ids: { 'organization.org_id': 'organization', user_id: 'new', ...links },
    }),
    getUserByID: alsoOneself('reader'),
    listUsers: ofAnyone({
      'queries.in_user_ids_query.user_ids': 'filter',
      'queries.organization_id_query.organization_id': 'filter',
    }),
    updateUser: alsoOneself('manager'),
    deactivateUser: ofUser('manager', { ends: true }),
    reactivateUser: ofUser('manager'),
    lockUser: ofUser('manager', { ends: true }),
    unlockUser: ofUser('manager'),
    deleteUser: ofUser('manager', { ends: true }),
    setEmail: ofUser('manager'),
    resendEmailCode: ofUser('manager'),
    sendEmailCode: ofUser('manager'),
    verifyEmail: alsoOneself('manager'),
    passwordReset: ofUser('manager'),
    setPassword: alsoOneself('manager'),
    registerTOTP: alsoOneself('manager'),
    verifyTOTPRegistration: alsoOneself('manager'),
    removeTOTP: alsoOneself('manager'),
    generateRecoveryCodes: alsoOneself('manager', { with: { count: 1 } }),
    removeRecoveryCodes: alsoOneself('manager'),
    listAuthenticationMethodTypes: alsoOneself('reader'),
    listAuthenticationFactors: alsoOneself('reader'),
    addPersonalAccessToken: alsoOneself('manager'),
    removePersonalAccessToken: alsoOneself('manager', { ids: { token_id: 'token' } }),
    listPersonalAccessTokens: {
      ...alsoOneself('reader'),
      ids: {
        'filters.user_id_filter.id': 'user',
        'filters.token_id_filter.id': 'filter',
        'filters.organization_id_filter.id': 'filter',
      },
    },
    setUserMetadata: ofUser('manager'),
    listUserMetadata: alsoOneself('reader'),
    deleteUserMetadata: ofUser('manager'),
  },
  organizations: {
    addOrganization: ofInstance({
      ids: {
        org_id: 'new',
        organization_id: 'new',
        'admins.user_id': 'member',
        'admins.human.user_id': 'new',
        'admins.human.organization.org_id': 'unread',
        ...under('admins.human.', links),
      },
    }),
    updateOrganization: ofOrganization('owner'),
    listOrganizations: ofAnyone({ 'queries.id_query.id': 'filter' }),
    deleteOrganization: ofOrganization('owner', { ends: true }),
    deactivateOrganization: ofOrganization('owner', { ends: true }),
    activateOrganization: ofOrganization('owner'),
  },
  sessions: {
    createSession: {
      ...plain,
      of: 'acting',
      least: 'manager',
      self: false,
      ids: { ...checks, 'user_agent.fingerprint_id': 'new' },
    },
    setSession: ofSession({ self: false, ids: checks }),
    getSession: ofSession({ self: true }),
    listSessions: ofAnyone({
      'queries.ids_query.ids': 'filter',
      'queries.user_id_query.id': 'filter',
      'queries.creator_query.id': 'filter',
      'queries.user_agent_query.fingerprint_id': 'filter',
    }),
    deleteSession: ofSession({ self: true, ends: true, reachesGone: true }),
  },
  settings: {
    getLoginSettings: ofOrganization('reader', { ids: { 'ctx.org_id': 'organization' } }),
    getLockoutSettings: ofOrganization('reader', { ids: { 'ctx.org_id': 'organization' } }),
    getPasswordComplexitySettings: ofOrganization('reader', { ids: { 'ctx.org_id': 'organization' } }),
    getPasswordExpirySettings: ofOrganization('reader', { ids: { 'ctx.org_id': 'organization' } }),
  },
  factors: {
    startTotpRegistration: alsoOneself('manager'),
    verifyTotpRegistration: alsoOneself('manager', { ids: device }),
    verifyTotp: alsoOneself('manager', { ids: device }),
    resyncTotp: alsoOneself('manager', { ids: device }),
    registerTotpSeed: ofUser('manager'),
    renameTotp: alsoOneself('manager', { ids: device }),
    removeTotp: alsoOneself('manager', { ids: device }),
    removeFactors: alsoOneself('manager'),
    listFactors: alsoOneself('reader'),
    resetFactors: ofUser('manager'),
    resetAttempts: ofUser('manager'),
  },
  recoveryCodes: {
    generateRecoveryCodes: alsoOneself('manager', { with: { count: 1 } }),
    verifyRecoveryCode: alsoOneself('manager'),
    getRemainingRecoveryCodes: alsoOneself('reader'),
    removeRecoveryCodes: alsoOneself('manager'),
  },
  passwords: {
    setPassword: ofUser('manager'),
    changePassword: alsoOneself('manager'),
    requestPasswordCode: ofUser('manager'),
    resetPassword: alsoOneself('manager'),
  },
  organizationSettings: {
    getOrganizationSettings: ofOrganization('reader'),
    changeOrganizationSettings: ofOrganization('owner'),
    resetOrganizationSettings: ofOrganization('owner'),
  },
  members: {
    addOrganizationMember: ofOrganization('owner', {
      ids: { organization_id: 'organization', user_id: 'member' },
      with: { roles: ['ORG_USER_READER'] },
    }),
    changeOrganizationMember: ofOrganization('owner', {
      ids: { organization_id: 'organization', user_id: 'member' },
      with: { roles: ['ORG_USER_READER'] },
    }),
    removeOrganizationMember: ofOrganization('owner', {
      ids: { organization_id: 'organization', user_id: 'member' },
    }),
    listOrganizationMembers: ofOrganization('owner'),
  },
  policies: {
    setPolicy: ofOrganization('owner'),
    removePolicy: ofOrganization('owner'),
    listPolicies: ofOrganization('reader'),
    explain: ofOrganization('reader', {
      ids: {
        organization_id: 'organization',
        user_id: 'member',
        target_user_id: 'member',
        target_session_id: 'filter',
      },
    }),
  },
  quotas: {
    getQuotas: ofOrganization('owner'),
  },
  ownUsers: {
    eraseUser: ofUser('owner', { ends: true, reachesGone: true }),
  },
  projections: {
    listProjections: ofInstance(),
    getProjection: ofInstance(),
    pauseProjection: ofInstance(),
    resumeProjection: ofInstance(),
    retryParkedStream: ofInstance(),
    skipParkedStream: ofInstance(),
    startReplay: ofInstance(),
    listReplays: ofInstance(),
    getReplay: ofInstance(build),
    watchReplay: ofInstance(build),
    pauseReplay: ofInstance(build),
    resumeReplay: ofInstance(build),
    cancelReplay: ofInstance(build),
    dropBuild: ofInstance(build),
  },
  events: {
    listEvents: ofInstance({ ids: filter }),
    getEvent: ofInstance(),
    // From where there is nothing: it would be followed without end.
    tailEvents: ofInstance({ ids: filter, with: { after: 'nowhere' } }),
  },
  keys: {
    listMasterKeys: ofInstance(),
    rotateMasterKey: ofInstance(),
    listSigningKeys: ofInstance(),
    rotateSigningKey: ofInstance(),
  },
} as const satisfies {
  readonly [Name in keyof Services]: Readonly<Record<keyof Services[Name]['method'], Row>>;
};
