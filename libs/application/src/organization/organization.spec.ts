import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { ChangeOrganizationMember } from '#application/organization/change-organization-member.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganization } from '#application/organization/reactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { RemoveOrganizationMember } from '#application/organization/remove-organization-member.js';
import { RenameOrganization } from '#application/organization/rename-organization.js';
import { ResetOrganizationSettings } from '#application/organization/reset-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { bob, machine, nobody } from '#application/testing/people.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { Overrides } from '#domain/organization/settings.js';

const otherId = '0198f3a2-0000-7000-8000-000000000002' as OrganizationId;
const unknownId = '0198f3a2-0000-7000-8000-000000000009' as OrganizationId;
const userId = '0198f3a2-0000-7000-8000-0000000000a1' as UserId;
const here = { organizationId, by };
const elsewhere = { organizationId: otherId, by };

let house: House;
beforeEach(async () => {
  house = await openHouse();
  await answerOf(house, new AddOrganization({ ...here, name: 'Acme' }));
  await answerOf(house, new AddOrganization({ ...elsewhere, name: 'Umbrella' }));
  house.clock.now += 1_000;
});
afterEach(() => house.close());

const change = (changed: Overrides) =>
  new ChangeOrganizationSettings({ ...here, changed: new SettingsFields(changed) });
const settingsOf = async (id: OrganizationId) => (await house.application.surroundings.of(id)).settings;

describe('an organization', () => {
  it('is added once, by an id that is never given again', async () => {
    const again = new AddOrganization({ ...here, name: 'Acme' });
    expect(await attempt(house, again)).toEqual(refused('organization-already-exists'));
    await answerOf(house, new RemoveOrganization(here));
    expect(await attempt(house, again)).toEqual(refused('organization-already-exists'));
  });

  it('is renamed, and to the name that it has without an event', async () => {
    const rename = new RenameOrganization({ ...here, name: 'Acme & Sons' });
    const renamedAt = accepted(house, { sequence: 2 }, 'org.changed');
    expect(await attempt(house, rename)).toEqual(renamedAt);
    house.clock.now += 1_000;
    expect(await attempt(house, rename)).toEqual({ ...renamedAt, appended: [] });
  });

  it('is deactivated and reactivated, each only where there is something to do', async () => {
    expect(await attempt(house, new ReactivateOrganization(here))).toEqual(
      refused('organization-not-inactive'),
    );
    expect(await attempt(house, new DeactivateOrganization(here))).toEqual(
      accepted(house, { sequence: 2 }, 'org.deactivated'),
    );
    expect(await attempt(house, new DeactivateOrganization(here))).toEqual(
      refused('organization-already-inactive'),
    );
    expect(await attempt(house, new ReactivateOrganization(here))).toEqual(
      accepted(house, { sequence: 3 }, 'org.reactivated'),
    );
  });

  it('is removed, and is another kind of unknown then', async () => {
    expect(await attempt(house, new RemoveOrganization(here))).toEqual(
      accepted(house, { sequence: 2 }, 'org.removed'),
    );
    expect(await attempt(house, new RemoveOrganization(here))).toEqual(refused('organization-not-found'));
  });

  it('is not touched by what is done to another organization', async () => {
    await answerOf(house, new DeactivateOrganization(elsewhere));
    await answerOf(house, new RenameOrganization({ ...elsewhere, name: 'Other' }));
    await answerOf(
      house,
      new ChangeOrganizationSettings({ ...elsewhere, changed: new SettingsFields({ totpDevicesMax: 1 }) }),
    );
    await answerOf(house, machine(userId, 'printer'));
    await answerOf(house, new AddOrganizationMember({ ...elsewhere, userId, roles: ['ORG_OWNER'] }));
    expect(await house.application.surroundings.of(organizationId)).toMatchObject({
      organization: 'active',
      organizationName: 'Acme',
      settings: { totpDevicesMax: 3 },
    });
    expect(await attempt(house, new RemoveOrganizationMember({ ...here, userId }))).toEqual(
      refused('member-not-found'),
    );
  });

  it.each([
    new RenameOrganization({ organizationId: unknownId, name: 'Acme', by }),
    new DeactivateOrganization({ organizationId: unknownId, by }),
    new ReactivateOrganization({ organizationId: unknownId, by }),
    new RemoveOrganization({ organizationId: unknownId, by }),
    new ChangeOrganizationSettings({ organizationId: unknownId, changed: new SettingsFields({}), by }),
    new ResetOrganizationSettings({ organizationId: unknownId, names: ['issuer'], by }),
    new AddOrganizationMember({ organizationId: unknownId, userId, roles: ['ORG_OWNER'], by }),
    new ChangeOrganizationMember({ organizationId: unknownId, userId, roles: ['ORG_OWNER'], by }),
    new RemoveOrganizationMember({ organizationId: unknownId, userId, by }),
  ])('that nobody added is not found: $constructor.name', async (command) => {
    expect(await attempt(house, command)).toEqual(refused('organization-not-found'));
  });
});

describe('the settings of an organization', () => {
  it('are chosen one by one, and follow the instance again when they are reset', async () => {
    const chosen = { totpDevicesMax: 5, issuer: 'Acme', secondFactorRequired: true } as const;
    expect(await attempt(house, change(chosen))).toEqual(
      accepted(house, { sequence: 2 }, 'org.settings.changed'),
    );
    expect(await settingsOf(organizationId)).toMatchObject({ ...chosen, recoveryCodesCount: 10 });
    await answerOf(house, new SetUpInstance({ instanceId: 'instance', by }));
    const changed = new SettingsFields({ totpDevicesMax: 2 });
    await answerOf(house, new ChangeInstanceSettings({ changed, by }));
    expect(
      await attempt(
        house,
        new ResetOrganizationSettings({ ...here, names: ['totpDevicesMax', 'stepsPast'] }),
      ),
    ).toEqual(accepted(house, { sequence: 3 }, 'org.settings.reset'));
    expect(await settingsOf(organizationId)).toMatchObject({ ...chosen, totpDevicesMax: 2 });
  });

  it('are not written again where nothing changes', async () => {
    const totpParameters = { algorithm: 'SHA256', digits: 8, periodSeconds: 60 } as const;
    await answerOf(house, change({ totpParameters, stepsFuture: 1 }));
    expect((await attempt(house, change({ totpParameters, stepsFuture: 1 }))).appended).toEqual([]);
    expect((await attempt(house, change({}))).appended).toEqual([]);
    const reset = new ResetOrganizationSettings({ ...here, names: ['issuer'] });
    expect((await attempt(house, reset)).appended).toEqual([]);
  });

  it('may make the name of the organization the issuer, where the instance names another', async () => {
    await answerOf(house, new SetUpInstance({ instanceId: 'instance', by }));
    const changed = new SettingsFields({ issuer: 'Everybody' });
    await answerOf(house, new ChangeInstanceSettings({ changed, by }));
    expect(await settingsOf(organizationId)).toMatchObject({ issuer: 'Everybody' });
    await answerOf(house, change({ issuer: null }));
    expect(await settingsOf(organizationId)).toMatchObject({ issuer: null });
  });

  it('let no delay end below where it begins, also where the instance says where', async () => {
    const refusal = { code: 'setting-out-of-range', name: 'delaySecondsMax', minimum: 100, maximum: 86_400 };
    expect(await attempt(house, change({ delaySecondsFirst: 100, delaySecondsMax: 60 }))).toEqual(
      refused(refusal),
    );
    await answerOf(house, new SetUpInstance({ instanceId: 'instance', by }));
    const changed = new SettingsFields({ delaySecondsFirst: 100 });
    await answerOf(house, new ChangeInstanceSettings({ changed, by }));
    expect(await attempt(house, change({ delaySecondsMax: 60 }))).toEqual(refused(refusal));
    await answerOf(house, change({ delaySecondsFirst: 30, delaySecondsMax: 60 }));
    const reset = new ResetOrganizationSettings({ ...here, names: ['delaySecondsFirst'] });
    expect(await attempt(house, reset)).toEqual(refused(refusal));
  });

  it('have no colon in the issuer, which an app would misread', async () => {
    expect(await attempt(house, change({ issuer: 'Acme: Sons' }))).toEqual(
      refused({ code: 'setting-malformed', name: 'issuer' }),
    );
  });

  it.each([
    ['failuresBeforeDelay', 11],
    ['delaySecondsFirst', 0],
    ['delaySecondsMax', 29],
    ['deviceFailuresMax', 0.5],
    ['failuresPerWindowMax', '10'],
    ['stepsPast', 2],
    ['stepsFuture', -1],
    ['totpDevicesMax', null],
    ['recoveryCodesCount', 51],
    ['passwordCharactersMin', 7],
    ['passwordFailuresBeforeDelay', 0],
    ['passwordFailuresMax', 101],
    ['sessionLifetimeSecondsDefault', 299],
    ['sessionLifetimeSecondsMax', 2_592_001],
    ['stepUpSecondsFactors', -1],
    ['stepUpSecondsRecoveryCodes', '600'],
    ['stepUpSecondsTokens', 31_536_001],
    ['stepUpSecondsPassword', 0.5],
    ['callsPerSecond', 0],
    ['checksPerSecond', 20_001],
    ['hashesPerSecond', 0.5],
    ['turnsPerPeriodMax', -1],
    ['relationshipsMax', '5'],
  ])('are whole numbers within their bounds: %s is not %p', async (name, value) => {
    const command = change({ [name]: value } as Overrides);
    expect(await violationsIn(house, command)).toEqual([`changed.${name}: whole-number`]);
  });

  it.each([
    ['issuer', 'x'.repeat(65), 'changed.issuer: text'],
    ['secondFactorRequired', 1, 'changed.secondFactorRequired: boolean'],
    ['passwordRequiresUppercase', 'true', 'changed.passwordRequiresUppercase: boolean'],
    ['passwordRequiresLowercase', 0, 'changed.passwordRequiresLowercase: boolean'],
    ['passwordRequiresDigit', 1, 'changed.passwordRequiresDigit: boolean'],
    ['passwordRequiresSymbol', null, 'changed.passwordRequiresSymbol: boolean'],
    [
      'totpParameters',
      { algorithm: 'MD5', digits: 6, periodSeconds: 30 },
      'changed.totpParameters.algorithm: one-of',
    ],
    [
      'totpParameters',
      { algorithm: 'SHA1', digits: 7, periodSeconds: 30 },
      'changed.totpParameters.digits: one-of',
    ],
    [
      'totpParameters',
      { algorithm: 'SHA1', digits: 6, periodSeconds: 45 },
      'changed.totpParameters.periodSeconds: one-of',
    ],
    ['totpParameters', null, 'changed.totpParameters: fields'],
  ])('are of their kind: %s is not %p', async (name, value, violation) => {
    expect(await violationsIn(house, change({ [name]: value } as Overrides))).toEqual([violation]);
  });

  it.each([[[]], [['unheard-of']], ['issuer']])(
    'are reset by their names, of which %p is none',
    async (names) => {
      const command = new ResetOrganizationSettings({ ...here, names: names as [] });
      expect(await violationsIn(house, command)).toEqual(['names: setting-names']);
    },
  );
});

describe('a member of an organization', () => {
  beforeEach(async () => {
    await answerOf(house, machine(userId, 'printer'));
    await answerOf(house, machine(bob, 'scanner'));
  });
  const deputy = { ...here, userId: bob };
  const add = (roles: readonly string[]) => new AddOrganizationMember({ ...here, userId, roles });
  const changeTo = (roles: readonly string[]) => new ChangeOrganizationMember({ ...here, userId, roles });
  const remove = new RemoveOrganizationMember({ ...here, userId });

  it('is added once, has other roles after a change, and is none after removal', async () => {
    expect(await attempt(house, add(['ORG_USER_READER']))).toEqual(
      accepted(house, { sequence: 2 }, 'org.member.added'),
    );
    expect(await attempt(house, add(['ORG_OWNER']))).toEqual(refused('member-already-exists'));
    expect(await attempt(house, changeTo(['ORG_OWNER', 'ORG_USER_READER']))).toEqual(
      accepted(house, { sequence: 3 }, 'org.member.changed'),
    );
    expect((await attempt(house, changeTo(['ORG_USER_READER', 'ORG_OWNER']))).appended).toEqual([]);
    await answerOf(house, new AddOrganizationMember({ ...deputy, roles: ['ORG_OWNER'] }));
    expect(await attempt(house, remove)).toEqual(accepted(house, { sequence: 5 }, 'org.member.removed'));
    expect(await attempt(house, remove)).toEqual(refused('member-not-found'));
    expect(await attempt(house, changeTo(['ORG_OWNER']))).toEqual(refused('member-not-found'));
  });

  it('stays an owner as long as nobody else is one', async () => {
    const lastOwner = refused('last-owner');
    await answerOf(house, add(['ORG_OWNER']));
    await answerOf(house, new AddOrganizationMember({ ...deputy, roles: ['ORG_USER_READER'] }));
    expect(await attempt(house, remove)).toEqual(lastOwner);
    expect(await attempt(house, changeTo(['ORG_USER_READER']))).toEqual(lastOwner);
    await answerOf(house, new ChangeOrganizationMember({ ...deputy, roles: ['ORG_OWNER'] }));
    expect(await attempt(house, remove)).toMatchObject({ appended: ['org.member.removed'] });
  });

  it('is a user who is there, of whichever organization', async () => {
    const notFound = refused('user-not-found');
    const other = { ...elsewhere, roles: ['ORG_USER_READER'] };
    expect(await attempt(house, new AddOrganizationMember({ ...other, userId: nobody }))).toEqual(notFound);
    await answerOf(house, new RemoveUser({ ...here, userId: bob }));
    expect(await attempt(house, new AddOrganizationMember({ ...other, userId: bob }))).toEqual(notFound);
    expect(await attempt(house, new AddOrganizationMember({ ...other, userId }))).toMatchObject({
      appended: ['org.member.added'],
    });
  });

  it('is nobody whose organization was removed', async () => {
    await answerOf(house, new RemoveOrganization(here));
    const late = new AddOrganizationMember({ ...elsewhere, userId, roles: ['ORG_OWNER'] });
    expect(await attempt(house, late)).toEqual(refused('user-not-found'));
  });

  it('has only roles that there are here', async () => {
    const unknown = refused({ code: 'role-unknown', role: 'INSTANCE_OWNER' });
    expect(await attempt(house, add(['ORG_OWNER', 'INSTANCE_OWNER']))).toEqual(unknown);
    await answerOf(house, add(['ORG_OWNER']));
    expect(await attempt(house, changeTo(['INSTANCE_OWNER']))).toEqual(unknown);
  });

  it('has at least one role, each but once', async () => {
    expect(await violationsIn(house, add([]))).toEqual(['roles: text-list']);
    expect(await violationsIn(house, changeTo(['ORG_OWNER', 'ORG_OWNER']))).toEqual(['roles: text-list']);
  });
});

describe('what is sent with a command on an organization', () => {
  it.each([
    [new RenameOrganization({ ...here, name: '' }), ['name: text']],
    [new RenameOrganization({ ...here, name: 'a\nb' }), ['name: text']],
    [
      new RenameOrganization({ organizationId: '' as OrganizationId, name: 'x'.repeat(201), by }),
      ['organizationId: id', 'name: text'],
    ],
    [
      new DeactivateOrganization({ organizationId: 'x'.repeat(201) as OrganizationId, by }),
      ['organizationId: id'],
    ],
    [new RemoveOrganizationMember({ ...here, userId: '' as UserId }), ['userId: id']],
  ])('names the field whose rule it breaks: $constructor.name %#', async (command, violations) => {
    expect(await violationsIn(house, command)).toEqual(violations);
  });
});
