import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { pastOf } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { TotpAlgorithm } from '#contract/countersign/v1/factor_pb.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { OrganizationMemberService } from '#contract/countersign/v1/organization_member_service_pb.js';
import {
  OrganizationSettingName as Name,
  OrganizationSettingsSchema,
  OrganizationSettingsService,
} from '#contract/countersign/v1/organization_settings_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/countersign/v1/user_service_pb.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { idOf, people } from '#transport/testing/desk.js';

const settings = OrganizationSettingsService.method;
const members = OrganizationMemberService.method;
const factor = FactorService.method;

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const inForce = () => desk.ask('owner', settings.getOrganizationSettings, { organizationId });

describe('the settings of an organization', () => {
  it('are all told, and at first none of them is its own', async () => {
    const found = await inForce();
    expect(found).toMatchObject({
      details: { resourceOwner: organizationId },
      settings: {
        failuresBeforeDelay: 5,
        delaySecondsFirst: 30,
        delaySecondsMax: 3_600,
        deviceFailuresMax: 20,
        failuresPerWindowMax: 30,
        stepsPast: 1,
        stepsFuture: 0,
        totpParameters: { algorithm: TotpAlgorithm.SHA1, digits: 6, periodSeconds: 30 },
        totpDevicesMax: 3,
        recoveryCodesCount: 10,
        issuer: '',
        secondFactorRequired: false,
        passwordCharactersMin: 8,
        passwordRequiresUppercase: false,
        passwordRequiresLowercase: false,
        passwordRequiresDigit: false,
        passwordRequiresSymbol: false,
        passwordFailuresBeforeDelay: 5,
        passwordFailuresMax: 100,
        sessionLifetimeSecondsDefault: 43_200,
        sessionLifetimeSecondsMax: 86_400,
        stepUpSecondsFactors: 600,
        stepUpSecondsRecoveryCodes: 600,
        stepUpSecondsTokens: 600,
        stepUpSecondsPassword: 600,
        callsPerSecond: 5_000,
        checksPerSecond: 1_000,
        hashesPerSecond: 50,
        turnsPerPeriodMax: 0,
        relationshipsMax: 0,
      },
      chosen: [],
    });
    const told = Object.keys(found.settings ?? {}).filter((name) => name !== '$typeName');
    expect(told.toSorted()).toEqual(Object.keys(OrganizationSettingsSchema.field).toSorted());
  });

  it('change as far as they are given, and only those are the organization’s own', async () => {
    const before = (await inForce()).settings;
    const given = { stepsFuture: 1, stepsPast: 0, issuer: 'Acme London', secondFactorRequired: true };
    const changed = await desk.ask('owner', settings.changeOrganizationSettings, {
      organizationId,
      settings: given,
    });
    const after = await inForce();
    expect(after.settings).toEqual({ ...before, ...given });
    expect(after.details).toEqual(changed.details);
    expect(after.chosen).toEqual([
      Name.STEPS_PAST,
      Name.STEPS_FUTURE,
      Name.ISSUER,
      Name.SECOND_FACTOR_REQUIRED,
    ]);
  });

  it('stay where nothing is given', async () => {
    const before = await inForce();
    const told = await desk.ask('owner', settings.changeOrganizationSettings, { organizationId });
    expect(told.details).toEqual(before.details);
    expect(await inForce()).toEqual(before);
  });

  it('name no issuer any more where an empty one is given, which is a choice too', async () => {
    const change = { organizationId, settings: { issuer: '' } };
    await desk.ask('owner', settings.changeOrganizationSettings, change);
    const found = await inForce();
    expect(found.settings?.issuer).toBe('');
    expect(found.chosen).toContain(Name.ISSUER);
  });

  it('follow the instance again where they are reset', async () => {
    const changed = new SettingsFields({ issuer: 'Everybody', totpDevicesMax: 9 });
    await answerOf(desk.house, new ChangeInstanceSettings({ changed, by }));
    expect((await inForce()).settings).toMatchObject({ issuer: '', totpDevicesMax: 9 });
    const names = [Name.ISSUER, Name.STEPS_FUTURE, Name.TOTP_DEVICES_MAX];
    await desk.ask('owner', settings.resetOrganizationSettings, { organizationId, names });
    const { settings: found, chosen } = await inForce();
    expect(found).toMatchObject({ issuer: 'Everybody', stepsFuture: 0, secondFactorRequired: true });
    expect(chosen).toEqual([Name.STEPS_PAST, Name.SECOND_FACTOR_REQUIRED]);
  });

  it('are limits where owners of the instance choose them, and nobody else', async () => {
    const change = { organizationId, settings: { issuer: 'Acme', callsPerSecond: 7 } };
    const names = [Name.ISSUER, Name.CALLS_PER_SECOND];
    const { changeOrganizationSettings, resetOrganizationSettings } = settings;
    const before = await inForce();
    expect([
      await desk.said('owner', changeOrganizationSettings, change),
      await desk.said('owner', resetOrganizationSettings, { organizationId, names }),
    ]).toEqual(['7 permission-denied AUTH-AWfge', '7 permission-denied AUTH-AWfge']);
    expect(await inForce()).toEqual(before);
    await desk.ask('root', changeOrganizationSettings, change);
    expect((await inForce()).settings).toEqual({ ...before.settings, issuer: 'Acme', callsPerSecond: 7 });
    await desk.ask('root', resetOrganizationSettings, { organizationId, names });
    expect((await inForce()).settings).toEqual(before.settings);
  });

  it('say how apps are made where a request does not', async () => {
    const totpParameters = { algorithm: TotpAlgorithm.SHA512, digits: 8, periodSeconds: 60 };
    await desk.ask('owner', settings.changeOrganizationSettings, {
      organizationId,
      settings: { totpParameters },
    });
    const userId = people.ada;
    const started = await desk.ask('ada', factor.startTotpRegistration, {
      userId,
      parameters: { digits: 6 },
    });
    expect(started.parameters).toMatchObject({ ...totpParameters, digits: 6 });
    const secret = 'ORSXG5BAMZXXEIDUNBSSAY3PMRSQ';
    const brought = { userId, secret, name: 'Token', parameters: { algorithm: TotpAlgorithm.SHA256 } };
    const { totpId } = await desk.ask('owner', factor.registerTotpSeed, brought);
    const { totpDevices } = await desk.ask('ada', factor.listFactors, { userId });
    expect(totpDevices[0]).toMatchObject({
      totpId,
      name: 'Token',
      parameters: { ...totpParameters, algorithm: TotpAlgorithm.SHA256 },
    });
    const parameters = { algorithm: 'SHA256', digits: 8, periodSeconds: 60 } as const;
    const code = desk.codeOf(secret, 0, parameters);
    expect((await desk.ask('owner', factor.verifyTotp, { userId, code })).totpId).toBe(totpId);
  });
});

describe('the members of an organization', () => {
  const listed = async () => {
    const { members: found } = await desk.ask('owner', members.listOrganizationMembers, { organizationId });
    return found.map(({ userId, roles }) => [userId, ...roles]);
  };

  it('are added, changed, removed and listed', async () => {
    const before = await listed();
    expect(before).toEqual([
      [people.reader, 'ORG_USER_READER'],
      [people.owner, 'ORG_OWNER'],
    ]);
    const { ada, grace } = people;
    const one = { organizationId, userId: grace };
    await desk.ask('owner', members.addOrganizationMember, { ...one, roles: ['ORG_USER_MANAGER'] });
    await desk.ask('owner', members.addOrganizationMember, {
      organizationId,
      userId: ada,
      roles: ['ORG_USER_READER'],
    });
    const changed = await desk.ask('owner', members.changeOrganizationMember, {
      ...one,
      roles: ['ORG_USER_READER', 'ORG_OWNER'],
    });
    expect(await listed()).toEqual([
      ...before,
      [ada, 'ORG_USER_READER'],
      [grace, 'ORG_OWNER', 'ORG_USER_READER'],
    ]);
    const told = await desk.ask('grace', members.listOrganizationMembers, { organizationId });
    expect(told.details).toEqual(changed.details);
    for (const userId of [ada, grace])
      await desk.ask('owner', members.removeOrganizationMember, { organizationId, userId });
    expect(await listed()).toEqual(before);
    expect(await desk.said('grace', members.listOrganizationMembers, { organizationId })).toBe(
      '7 permission-denied AUTH-AWfge',
    );
  });

  it('are of the organization that is named, and not of the one that the caller is of', async () => {
    const added = await desk.ask('root', members.addOrganizationMember, {
      organizationId,
      userId: people.stranger,
      roles: ['ORG_USER_READER'],
    });
    expect(added.details?.resourceOwner).toBe(organizationId);
    expect(await listed()).toContainEqual([people.stranger, 'ORG_USER_READER']);
    const byRoot = await desk.ask('root', members.listOrganizationMembers, { organizationId });
    expect(byRoot.members.map(({ userId }) => userId)).toContain(people.stranger);
    const elsewhere = await desk.ask('strangersOwner', members.listOrganizationMembers, {
      organizationId: otherId,
    });
    expect(elsewhere.members.map(({ userId }) => userId)).toEqual([people.strangersOwner]);
  });
});

describe('a call that is repeated by its key', () => {
  const again = { person: 'owner', idempotencyKey: 'again' } as const;
  const userId = people.grace;

  it('tells the device and not its secret', async () => {
    const first = await desk.ask(again, factor.startTotpRegistration, { userId });
    const repeat = await desk.ask(again, factor.startTotpRegistration, { userId });
    expect(first).toMatchObject({ secret: expect.stringMatching(/.{16}/), secretAlreadyShown: false });
    expect(repeat).toEqual({ ...first, secret: '', uri: '', qr: '', secretAlreadyShown: true });
  });

  it('tells that recovery codes were made and not which', async () => {
    const { generateRecoveryCodes } = RecoveryCodeService.method;
    const key = { ...again, idempotencyKey: 'codes' };
    const wanted = { userId, forRegistration: true };
    const first = await desk.ask(key, generateRecoveryCodes, wanted);
    const repeat = await desk.ask(key, generateRecoveryCodes, wanted);
    expect(first).toMatchObject({ secretAlreadyShown: false });
    expect(first.recoveryCodes).toHaveLength(10);
    expect(repeat).toEqual({ ...first, recoveryCodes: [], secretAlreadyShown: true });
    // They wait for the first code of the device.
    const { recoveryCodesLeft } = await desk.ask('owner', factor.listFactors, { userId });
    expect(recoveryCodesLeft).toBe(0);
  });
});

describe('taking all factors away', () => {
  it('leaves a user that can begin anew', async () => {
    const userId = people.ada;
    const reset = await desk.ask('owner', factor.resetFactors, { userId, reason: 'Lost the phone' });
    const left = await desk.ask('ada', factor.listFactors, { userId });
    expect(left).toMatchObject({ details: reset.details, totpDevices: [], recoveryCodesLeft: 0 });
    await desk.ask('ada', factor.startTotpRegistration, { userId });
  });
});

describe('erasing a user', () => {
  it('leaves nobody whom anybody could ask for', async () => {
    const userId = people.reader;
    const { eraseUser } = UserService.method;
    const erased = await desk.ask('owner', eraseUser, { userId });
    expect(erased.details).toMatchObject({ resourceOwner: organizationId });
    expect((await pastOf(desk.house, idOf('reader'))).slice(-2)).toEqual(['user.removed', 'user.erased']);
    expect(await desk.said('owner', factor.listFactors, { userId })).toBe('5 user-not-found QUERY-Dfbg2');
  });
});
