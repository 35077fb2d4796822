// The no of each call, in a line: gRPC's number, our code, and the id that ZITADEL's clients look for.

import type { DescMethodUnary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { organizationId } from '#application/testing/house.js';
import type { QrKind, TotpAlgorithm } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import {
  OrganizationSettingName,
  OrganizationSettingsService,
} from '#contract/countersign/v1/organization_settings_service_pb.js';
import { PasswordService } from '#contract/countersign/v1/password_service_pb.js';
import { PolicyService } from '#contract/countersign/v1/policy_service_pb.js';
import { QuotaService } from '#contract/countersign/v1/quota_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/countersign/v1/user_service_pb.js';
import { type CountersignDesk, methods, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { type Person, people } from '#transport/testing/desk.js';

const rpc = {
  ...FactorService.method,
  ...RecoveryCodeService.method,
  ...PasswordService.method,
  ...OrganizationSettingsService.method,
  ...OrganizationMemberService.method,
  ...PolicyService.method,
  ...QuotaService.method,
  ...UserService.method,
};

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const { ada: userId, reader, owner } = people;
const totpId = '0198f3a2-0000-7000-8000-0000000000d1';
const user = { userId };
const device = { userId, totpId };
const code = '123456';
const organization = { organizationId };
const listing = { call: 'countersign.v1.FactorService.ListFactors' };
const target = { targetUserId: userId };

const chosen = { case: 'password', value: 'battery staple' } as const;
const newPassword = chosen.value;

const refused: readonly (readonly [Person, DescMethodUnary, object, string])[] = [
  ['ada', rpc.setPassword, { ...user, passwordType: chosen }, '7 permission-denied AUTH-AWfge'],
  [
    'ada',
    rpc.changePassword,
    { ...user, newPassword, currentPassword: 'x' },
    '9 password-not-set COMMAND-3nJ4t',
  ],
  ['ada', rpc.requestPasswordCode, user, '7 permission-denied AUTH-AWfge'],
  [
    'owner',
    rpc.resetPassword,
    { ...user, newPassword, verificationCode: 'x' },
    '9 password-code-not-found COMMAND-2M9fs',
  ],
  ['grace', rpc.startTotpRegistration, user, '5 user-not-found QUERY-Dfbg2'],
  ['ada', rpc.verifyTotpRegistration, { ...user, code }, '5 totp-not-found COMMAND-3Mif9s'],
  ['owner', rpc.verifyTotp, { ...user, code }, '5 totp-not-found COMMAND-3Mif9s'],
  ['ada', rpc.verifyTotp, { ...device, code }, '5 totp-not-found COMMAND-3Mif9s'],
  [
    'ada',
    rpc.resyncTotp,
    { ...device, firstCode: code, secondCode: '654321' },
    '5 totp-not-found COMMAND-3Mif9s',
  ],
  [
    'ada',
    rpc.registerTotpSeed,
    { ...user, secret: 'ORSXG5BAMZXXEIDUNBSSAY3PMRSQ' },
    '7 permission-denied AUTH-AWfge',
  ],
  ['ada', rpc.renameTotp, { ...device, name: 'Phone' }, '5 totp-not-found COMMAND-3Mif9s'],
  ['owner', rpc.removeTotp, device, '5 totp-not-found COMMAND-Hd9sd'],
  ['grace', rpc.listFactors, user, '5 user-not-found QUERY-Dfbg2'],
  ['ada', rpc.resetFactors, { ...user, reason: 'Lost' }, '7 permission-denied AUTH-AWfge'],
  ['reader', rpc.resetAttempts, { ...user, reason: 'Lost' }, '7 permission-denied AUTH-AWfge'],
  [
    'ada',
    rpc.generateRecoveryCodes,
    { ...user, forRegistration: true },
    '9 totp-registration-not-found CSIGN-totp-registration-not-found',
  ],
  ['ada', rpc.verifyRecoveryCode, { ...user, code }, '3 malformed-recovery-code DOMAIN-6uvh0'],
  ['grace', rpc.getRemainingRecoveryCodes, user, '5 user-not-found QUERY-Dfbg2'],
  ['ada', rpc.removeRecoveryCodes, { ...user, code }, '5 totp-not-found COMMAND-3Mif9s'],
  ['ada', rpc.removeFactors, { ...user, code }, '5 totp-not-found COMMAND-3Mif9s'],
  ['ada', rpc.getOrganizationSettings, organization, '7 permission-denied AUTH-AWfge'],
  [
    'owner',
    rpc.changeOrganizationSettings,
    { ...organization, settings: { delaySecondsFirst: 300, delaySecondsMax: 30 } },
    '3 setting-out-of-range CSIGN-setting-out-of-range',
  ],
  [
    'owner',
    rpc.changeOrganizationSettings,
    { ...organization, settings: { issuer: 'Acme: London' } },
    '3 setting-malformed CSIGN-setting-malformed',
  ],
  ['owner', rpc.resetOrganizationSettings, organization, '3 invalid-input CSIGN-invalid-input'],
  [
    'owner',
    rpc.addOrganizationMember,
    { ...organization, userId: reader, roles: ['ORG_OWNER'] },
    '6 member-already-exists CSIGN-member-already-exists',
  ],
  [
    'owner',
    rpc.addOrganizationMember,
    { ...organization, ...user, roles: ['INSTANCE_OWNER'] },
    '3 role-unknown CSIGN-role-unknown',
  ],
  [
    'owner',
    rpc.changeOrganizationMember,
    { ...organization, userId: owner, roles: ['ORG_USER_READER'] },
    '9 last-owner CSIGN-last-owner',
  ],
  [
    'owner',
    rpc.removeOrganizationMember,
    { ...organization, ...user },
    '5 member-not-found CSIGN-member-not-found',
  ],
  ['reader', rpc.listOrganizationMembers, organization, '7 permission-denied AUTH-AWfge'],
  ['reader', rpc.setPolicy, organization, '7 permission-denied AUTH-AWfge'],
  ['owner', rpc.setPolicy, organization, '3 invalid-input CSIGN-invalid-input'],
  ['owner', rpc.removePolicy, { ...organization, name: 'none' }, '5 policy-not-found CSIGN-policy-not-found'],
  ['ada', rpc.listPolicies, organization, '7 permission-denied AUTH-AWfge'],
  ['ada', rpc.getQuotas, organization, '7 permission-denied AUTH-AWfge'],
  ['reader', rpc.getQuotas, organization, '7 permission-denied AUTH-AWfge'],
  ['owner', rpc.explain, { ...organization, ...user }, '3 invalid-input CSIGN-invalid-input'],
  ['owner', rpc.eraseUser, { userId: people.nobody }, '5 user-not-found QUERY-Dfbg2'],
];

describe('a refusal', () => {
  it('is listed for every method', () => {
    expect(new Set(refused.map(([, { name }]) => name))).toEqual(new Set(methods.map(({ name }) => name)));
  });

  it.each(refused.map(([as, method, request, said]) => ({ as, name: method.name, method, request, said })))(
    'is told to $as by $name: $said',
    async ({ as, method, request, said }) => {
      expect(await desk.said(as, method, request as never)).toBe(said);
    },
  );
});

const tooLong = 'x'.repeat(1_000);
const seed = { ...user, secret: 'ORSXG5BAMZXXEIDUNBSSAY3PMRSQ' };

/** Each is named as the request names it. */
const violated: readonly (readonly [DescMethodUnary, object, readonly string[]])[] = [
  [rpc.listFactors, {}, ['user_id']],
  [rpc.startTotpRegistration, { ...user, name: tooLong }, ['name']],
  [rpc.startTotpRegistration, { ...user, name: '' }, ['name']],
  [rpc.startTotpRegistration, { ...user, qr: 9 as QrKind }, ['qr']],
  [
    rpc.startTotpRegistration,
    { ...user, parameters: { algorithm: 9 as TotpAlgorithm } },
    ['parameters.algorithm'],
  ],
  [
    rpc.startTotpRegistration,
    { ...user, parameters: { digits: 7, periodSeconds: 45 } },
    ['parameters.digits', 'parameters.period_seconds'],
  ],
  [rpc.verifyTotpRegistration, { ...user, code: '', totpId: '' }, ['code', 'totp_id']],
  [rpc.verifyTotp, { ...user, code, purpose: tooLong }, ['purpose']],
  [rpc.resyncTotp, user, ['totp_id', 'first_code', 'second_code']],
  [rpc.registerTotpSeed, { ...user, secret: '1' }, ['secret']],
  [
    rpc.registerTotpSeed,
    { ...seed, parameters: { algorithm: 9 as TotpAlgorithm } },
    ['parameters.algorithm'],
  ],
  [rpc.registerTotpSeed, { ...seed, parameters: { periodSeconds: 45 } }, ['parameters.period_seconds']],
  [rpc.renameTotp, { ...device, name: '' }, ['name']],
  [rpc.removeTotp, { ...device, recoveryCode: tooLong }, ['recovery_code']],
  [rpc.resetFactors, user, ['reason']],
  [rpc.resetAttempts, { ...user, reason: tooLong }, ['reason']],
  [rpc.generateRecoveryCodes, { ...user, count: 0 }, ['count']],
  [rpc.generateRecoveryCodes, { ...user, count: 51 }, ['count']],
  [rpc.verifyRecoveryCode, user, ['code']],
  [
    rpc.changeOrganizationSettings,
    { ...organization, settings: { stepsPast: 2, totpParameters: { digits: 6 } } },
    ['settings.steps_past', 'settings.totp_parameters.algorithm', 'settings.totp_parameters.period_seconds'],
  ],
  [
    rpc.changeOrganizationSettings,
    { ...organization, settings: { totpParameters: { algorithm: 9 as TotpAlgorithm } } },
    ['settings.totp_parameters.algorithm'],
  ],
  [
    rpc.resetOrganizationSettings,
    {
      ...organization,
      names: [OrganizationSettingName.UNSPECIFIED, OrganizationSettingName.ISSUER, 99],
    },
    ['names[0]', 'names[2]'],
  ],
  [rpc.resetOrganizationSettings, organization, ['names']],
  [rpc.setPassword, user, ['password']],
  [rpc.changePassword, { ...user, newPassword: 'x'.repeat(5_000) }, ['new_password']],
  [rpc.resetPassword, { ...user, newPassword, verificationCode: 'x'.repeat(5_000) }, ['verification_code']],
  [rpc.addOrganizationMember, { ...organization, ...user }, ['roles']],
  [rpc.addOrganizationMember, { ...organization, roles: ['ORG_OWNER'] }, ['user_id']],
  [rpc.addOrganizationMember, { ...organization, userId: tooLong, roles: ['ORG_OWNER'] }, ['user_id']],
  [rpc.changeOrganizationMember, { ...organization, roles: ['ORG_OWNER'] }, ['user_id']],
  [
    rpc.setPolicy,
    { ...organization, name: 'Not a name', text: 'permit(principal, action, resource);' },
    ['name'],
  ],
  [rpc.setPolicy, { ...organization, name: 'empty' }, ['text']],
  [rpc.setPolicy, { ...organization, name: 'broken', text: 'permit(' }, ['text']],
  [rpc.removePolicy, organization, ['name']],
  [rpc.explain, { ...organization, ...user, action: 'org.read', address: 'here' }, ['address']],
  [rpc.explain, { ...organization, ...user, action: 'org.read', credential: 9 }, ['credential']],
  [rpc.explain, { ...organization, ...user, action: 'user.fly' }, ['action']],
  [rpc.explain, { ...organization, ...user, ...listing, action: 'user.delete' }, ['action']],
  [rpc.explain, { ...organization, ...user, ...listing, action: 'user.read' }, ['target_user_id']],
  [
    rpc.explain,
    { ...organization, ...user, ...listing, ...target, action: 'user.read', targetSessionId: people.nobody },
    ['target_session_id'],
  ],
  [rpc.explain, { ...organization, ...user, action: 'org.read', targetSessionId: people.nobody }, ['action']],
];

describe('a broken rule', () => {
  it.each(violated.map(([method, request, fields]) => ({ name: method.name, method, request, fields })))(
    'is told by the field of $name: $fields',
    async ({ method, request, fields }) => {
      expect(await desk.fields('owner', method, request as never)).toEqual(fields);
    },
  );
});
