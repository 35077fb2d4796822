import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { AddOrganizationMember } from '#application/organization/add-organization-member.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId, startOfTime } from '#application/testing/house.js';
import { ada, bob, human, otherId, printer } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId } from '#domain/ids.js';
import { defaultSettings } from '#domain/organization/settings.js';
import {
  getOrganization,
  listMembers,
  listOrganizations,
  type OrganizationFilter,
  type OrganizationSearch,
  settingsOf,
} from '#read-models/queries/organizations.js';
import { everyOrganization, pageMax, type Scope } from '#read-models/queries/queries.js';
import { filterPartsMax, filterValuesMax } from '#read-models/queries/user-filter.js';
import { answered, notFound } from '#read-models/testing/answers.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';

const third = 'zeta of the north' as OrganizationId;
const removed = 'to be removed' as OrganizationId;

let asked: ProjectedHouse;
beforeAll(async () => {
  asked = await openProjected();
  const { house } = asked;
  await answerOf(house, new AddOrganization({ organizationId: third, name: 'aardvark', by }));
  await answerOf(house, new AddOrganization({ organizationId: removed, name: 'Acme of old', by }));
  await answerOf(house, new DeactivateOrganization({ organizationId: third, by }));
  await answerOf(house, new RemoveOrganization({ organizationId: removed, by }));
});
afterAll(() => asked.close());

const everything: OrganizationSearch = {
  filters: [],
  column: 'creation-date',
  isAscending: true,
  page: { offset: 0, limit: null },
};
const list = (scope: Scope, search: Partial<OrganizationSearch> = {}) =>
  asked.ask((sources) => listOrganizations(scope, { ...everything, ...search }, sources));
const names = async (scope: Scope, search: Partial<OrganizationSearch> = {}) =>
  (await answered(list(scope, search))).items.map(({ name }) => name);
const named = (value: string): OrganizationFilter => ({
  kind: 'name',
  text: { value, method: 'starts-with', ignoreCase: true },
});

describe('an organization', () => {
  it('is answered with everything that is known of it', async () => {
    const { now } = asked.house.clock;
    expect(await asked.ask((sources) => getOrganization(third, sources))).toEqual({
      kind: 'accepted',
      answer: {
        organizationId: third,
        name: 'aardvark',
        state: 'inactive',
        createdAt: now,
        details: { sequence: 2, changeDate: now, resourceOwner: third },
      },
    });
    expect(await answered(asked.ask((sources) => getOrganization(organizationId, sources)))).toMatchObject({
      state: 'active',
      createdAt: startOfTime,
    });
  });

  it.each(['nowhere' as OrganizationId, removed])('is not found as %s', async (id) => {
    expect(await asked.ask((sources) => getOrganization(id, sources))).toEqual(notFound('organization'));
    expect(await asked.ask((sources) => listMembers(id, sources))).toEqual(notFound('organization'));
    expect(await asked.ask((sources) => settingsOf(id, sources))).toEqual(notFound('organization'));
    expect(await answered(list(id))).toEqual({ items: [], total: 0, isMore: false });
  });
});

describe('a list of organizations', () => {
  it.each<[string, readonly OrganizationFilter[], readonly string[]]>([
    ['everything', [], ['Acme', 'Umbrella', 'aardvark']],
    ['a name', [named('ACME')], ['Acme']],
    ['a name of none', [named('cme')], []],
    ['the active', [{ kind: 'state', state: 'active' }], ['Acme', 'Umbrella']],
    ['the inactive', [{ kind: 'state', state: 'inactive' }], ['aardvark']],
    ['ids', [{ kind: 'ids', ids: [third, otherId, removed] }], ['Umbrella', 'aardvark']],
    ['ids of none', [{ kind: 'ids', ids: [removed] }], []],
    ['all of some', [named('a'), { kind: 'state', state: 'active' }], ['Acme']],
  ])('finds %s, and none but the one that may be seen', async (_, filters, expected) => {
    expect(await names(everyOrganization, { filters })).toEqual(expected);
    const seen = { [organizationId]: 'Acme', [otherId]: 'Umbrella', [third]: 'aardvark' };
    for (const [id, name] of Object.entries(seen))
      expect(await names(id as OrganizationId, { filters })).toEqual(expected.filter((one) => one === name));
  });

  it('is in the order of names or of their adding, either way round', async () => {
    const by = (column: OrganizationSearch['column'], isAscending: boolean) =>
      names(everyOrganization, { column, isAscending });
    expect(await by('name', true)).toEqual(['aardvark', 'Acme', 'Umbrella']);
    expect(await by('name', false)).toEqual(['Umbrella', 'Acme', 'aardvark']);
    expect(await by('creation-date', false)).toEqual(['aardvark', 'Umbrella', 'Acme']);
  });

  it('comes by pages, and counts all of them on each', async () => {
    const page = (offset: number, limit: number) =>
      answered(list(everyOrganization, { page: { offset, limit } }));
    expect(await page(0, 2)).toMatchObject({ items: [{ name: 'Acme' }, { name: 'Umbrella' }], total: 3 });
    expect(await page(2, 2)).toMatchObject({ items: [{ name: 'aardvark' }], total: 3 });
    expect(await page(3, 2)).toEqual({ items: [], total: 3, isMore: false });
  });

  it('is refused beyond its limits', async () => {
    const tooLarge = (maximum: number) => ({
      kind: 'rejected',
      refusal: { code: 'filter-too-large', maximum },
    });
    const ids = Array<OrganizationId>(filterValuesMax + 1).fill(third);
    expect(await list(everyOrganization, { filters: [{ kind: 'ids', ids }] })).toEqual(
      tooLarge(filterValuesMax),
    );
    const filters = Array<OrganizationFilter>(filterPartsMax + 1).fill(named('a'));
    expect(await list(everyOrganization, { filters })).toEqual(tooLarge(filterPartsMax));
    expect(await list(everyOrganization, { page: { offset: 0, limit: pageMax + 1 } })).toMatchObject({
      refusal: { code: 'page-invalid' },
    });
  });
});

describe('members', () => {
  it('are those of this organization who are still there', async () => {
    const { house } = asked;
    for (const [userId, name] of [
      [ada, 'ada'],
      [bob, 'bob'],
      [printer, 'eve'],
    ] as const) {
      await answerOf(house, human(userId, name));
      const roles = userId === ada ? ['ORG_OWNER'] : ['ORG_USER_MANAGER'];
      await answerOf(house, new AddOrganizationMember({ organizationId, userId, roles, by }));
    }
    const members = () => answered(asked.ask((sources) => listMembers(organizationId, sources)));
    expect(await members()).toEqual([
      { userId: ada, roles: ['ORG_OWNER'] },
      { userId: bob, roles: ['ORG_USER_MANAGER'] },
      { userId: printer, roles: ['ORG_USER_MANAGER'] },
    ]);
    await answerOf(house, new RemoveUser({ organizationId, userId: bob, by }));
    await answerOf(house, new EraseUser({ organizationId, userId: printer, by }));
    expect(await members()).toEqual([{ userId: ada, roles: ['ORG_OWNER'] }]);
    expect(await answered(asked.ask((sources) => listMembers(otherId, sources)))).toEqual([]);
  });
});

describe('settings', () => {
  it('are those that the organization chose, else those of the instance, else the defaults', async () => {
    const { house } = asked;
    await answerOf(house, new SetUpInstance({ instanceId: 'instance', by }));
    const changedThere = new SettingsFields({ totpDevicesMax: 5 });
    await answerOf(house, new ChangeInstanceSettings({ changed: changedThere, by }));
    const changed = new SettingsFields({ recoveryCodesCount: 12 });
    const chosen = new ChangeOrganizationSettings({ organizationId, changed, by });
    const { details } = (await house.run(chosen)) as { readonly details: unknown };
    expect(await answered(asked.ask((sources) => settingsOf(organizationId, sources)))).toEqual({
      settings: { ...defaultSettings, totpDevicesMax: 5, recoveryCodesCount: 12 },
      chosen: ['recoveryCodesCount'],
      details,
    });
    expect(await answered(asked.ask((sources) => settingsOf(otherId, sources)))).toMatchObject({
      settings: { ...defaultSettings, totpDevicesMax: 5 },
      chosen: [],
    });
  });
});
