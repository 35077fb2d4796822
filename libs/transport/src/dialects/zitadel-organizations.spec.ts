import { create, type Message } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { OrganizationState } from '#contract/zitadel/org/v2/org_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { OrganizationFieldName } from '#contract/zitadel/org/v2/query_pb.js';
import { SecondFactorType } from '#contract/zitadel/settings/v2/login_settings_pb.js';
import { ResourceOwnerType } from '#contract/zitadel/settings/v2/settings_pb.js';
import { SettingsService } from '#contract/zitadel/settings/v2/settings_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { listMembers } from '#read-models/queries/organizations.js';
import { answered } from '#read-models/testing/answers.js';
import type { Parts } from '#transport/dialects/zitadel/parts.js';
import { zitadelServices } from '#transport/dialects/zitadel/services.js';
import type { Call, Implemented, MethodImplementation } from '#transport/implementation.js';
import { people } from '#transport/testing/desk.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const rpc = OrganizationService.method;
const denied = '7 permission-denied AUTH-AWfge';
const notFound = '5 organization-not-found CSIGN-organization-not-found';

let desk: ZitadelDesk;
beforeAll(async () => {
  desk = await openZitadelDesk();
});
afterAll(() => desk.close());

let count = 0;
beforeEach(() => {
  count += 1;
});
const profile = { givenName: 'Grace', familyName: 'Hopper' };
const person = (email: string, more: object = {}) => ({
  userType: { case: 'human' as const, value: { profile, email: { email }, ...more } },
});
const add = (more: object = {}) =>
  desk.ask('root', rpc.addOrganization, { name: `New ${count}`, ...more } as never);
const list = async (as: Parameters<ZitadelDesk['call']>[0], asked: object = {}) =>
  (await desk.ask(as, rpc.listOrganizations, asked as never)).result.map(({ name }) => name);

describe('a new organization', () => {
  it('has its members: users there are and people who come with it', async () => {
    const returned = { verification: { case: 'returnCode', value: {} }, email: `boss-${count}@example.com` };
    const {
      organizationId: made,
      details,
      createdAdmins,
    } = await add({
      admins: [
        { userType: { case: 'userId', value: people.stranger }, roles: ['ORG_USER_READER'] },
        person('', { email: returned }),
      ],
    });
    expect(details).toMatchObject({ sequence: 1n, resourceOwner: made });
    expect(details?.creationDate).toEqual(details?.changeDate);
    expect(createdAdmins).toHaveLength(1);
    expect(createdAdmins[0]?.emailCode).toBeTruthy();
    const authorization = await desk.tokenOf('stranger');
    const as = { authorization, organization: made };
    const boss = createdAdmins[0]?.userId ?? '';
    expect(await desk.said(as, UserService.method.getUserByID, { userId: boss })).toBe('answered');
    expect(await desk.said(as, UserService.method.lockUser, { userId: boss })).toBe(denied);
  });

  it('is the same one when it is asked for again by its key', async () => {
    const as = { authorization: await desk.tokenOf('root'), idempotencyKey: 'new' };
    const request = { name: 'Once', admins: [person('once@example.com')] };
    const first = await desk.ask(as, rpc.addOrganization, request);
    expect(await desk.ask(as, rpc.addOrganization, request)).toEqual(first);
    const { headers } = await desk.call(as, rpc.addOrganization, request);
    expect(headers['idempotent-replayed']).toBe('true');
    expect(headers['x-countersign-secret-already-shown']).toBeUndefined();
    const userId = first.createdAdmins[0]?.userId as UserId;
    const members = answered(
      desk.following.ask((sources) => listMembers(first.organizationId as OrganizationId, sources)),
    );
    expect(await members).toEqual([{ userId, roles: ['ORG_OWNER'] }]);
    expect((await list('root')).filter((name) => name === 'Once')).toHaveLength(1);
  });

  it('says, when it is asked for again, that the code of one who came was shown before', async () => {
    const as = { authorization: await desk.tokenOf('root'), idempotencyKey: 'new with a code' };
    const email = { email: 'shown@example.com', verification: { case: 'returnCode', value: {} } };
    const request = {
      name: 'Shown',
      admins: [{ userType: { case: 'userId', value: people.reader } }, person('', { email })],
    } as never;
    expect((await desk.ask(as, rpc.addOrganization, request)).createdAdmins[0]?.emailCode).toBeTruthy();
    expect((await desk.call(as, rpc.addOrganization, request)).headers).toMatchObject({
      'x-countersign-secret-already-shown': 'true',
    });
  });

  it.each<[string, object[], string[]]>([
    ['a role that is not known', [{ ...person('kept@example.com'), roles: ['BOSS'] }], []],
    [
      'a person without a name',
      [person('kept@example.com', { profile: {} })],
      ['admins[0].human.profile.given_name', 'admins[0].human.profile.family_name'],
    ],
    [
      'somebody who is not there',
      [person('kept@example.com'), { userType: { case: 'userId', value: people.nobody } }],
      [],
    ],
  ])('is taken back with all who came because of %s', async (_, admins, fields) => {
    const before = await list('root');
    const request = { name: 'Taken back', admins } as never;
    expect(await desk.fields('root', rpc.addOrganization, request)).toEqual(fields);
    expect(await list('root')).toEqual(before);
    // The login name is free again.
    const user = person('kept@example.com');
    const added = await desk.ask('owner', UserService.method.createUser, user);
    await desk.ask('owner', UserService.method.deleteUser, { userId: added.id });
  });

  it('is taken back under a key too, and is not there when it is asked for again', async () => {
    const as = { authorization: await desk.tokenOf('root'), idempotencyKey: 'taken back' };
    const request = { name: 'Taken back', admins: [{ ...person('again@example.com'), roles: ['BOSS'] }] };
    expect(await desk.said(as, rpc.addOrganization, request)).toBe('3 role-unknown CSIGN-role-unknown');
    expect(await list('root')).not.toContain('Taken back');
    expect(await desk.said(as, rpc.addOrganization, request)).not.toBe('answered');
    expect(await list('root')).not.toContain('Taken back');
  });

  it('that was there before stays, whatever is refused when the call comes again', async () => {
    const details = { sequence: 1, changeDate: 0, resourceOwner: organizationId };
    const sent: string[] = [];
    const run = async (command: object) => {
      sent.push(command.constructor.name);
      return sent.length === 1
        ? { kind: 'accepted', details, answer: null, repeated: true }
        : { kind: 'rejected', refusal: { code: 'member-already-exists' } };
    };
    const parts = { run, application: desk.house.application } as unknown as Parts;
    const found = zitadelServices(parts).find(({ method }) => method === rpc.addOrganization) as Implemented;
    const admins = [{ userType: { case: 'userId' as const, value: people.ada } }];
    const request = create(rpc.addOrganization.input, { name: 'Acme', admins });
    const { run: add } = found.implementation as MethodImplementation<Message, object>;
    expect(await add(request, { by } as Call)).toMatchObject({ kind: 'rejected' });
    expect(sent).toEqual(['AddOrganization', 'AddOrganizationMember']);
  });

  it('is not begun for a member whose password would have to wait', async () => {
    const sent: string[] = [];
    const { application } = desk.house;
    const passwords = { ...application.parts.secrets.passwords, busyForMs: () => 1_000 };
    const parts = {
      run: async (command: object) => {
        sent.push(command.constructor.name);
        return { kind: 'rejected', refusal: { code: 'organization-already-exists' } };
      },
      application: { parts: { secrets: { ...application.parts.secrets, passwords } } },
    } as unknown as Parts;
    const found = zitadelServices(parts).find(({ method }) => method === rpc.addOrganization) as Implemented;
    const { run: add } = found.implementation as MethodImplementation<Message, object>;
    const told = (passwordType: object) => {
      const admins = [
        { userType: { case: 'userId' as const, value: people.ada } },
        person('', { passwordType }),
      ];
      return add(create(rpc.addOrganization.input, { name: 'Acme', admins }), { by } as Call);
    };
    const typed = { case: 'password', value: { password: 'correct horse battery' } };
    expect(await told(typed)).toEqual({ kind: 'rejected', refusal: { code: 'busy', retryAfterMs: 1_000 } });
    expect(sent).toEqual([]);
    await told({ case: 'hashedPassword', value: { hash: '$argon2id$' } });
    expect(sent).toEqual(['AddOrganization']);
  });

  it('is refused by its fields', async () => {
    const fields = (asked: object) => desk.fields('root', rpc.addOrganization, asked as never);
    expect(await fields({})).toEqual(['name']);
    expect(await fields({ name: 'New', admins: [{}] })).toEqual(['admins[0]']);
    expect(
      await fields({ name: 'New', admins: [person('a@example.com', { userId: '', username: '' })] }),
    ).toEqual(['admins[0].human.user_id', 'admins[0].human.username']);
    const unknown = { userType: { case: 'userId', value: 'x'.repeat(201) }, roles: [''] };
    expect(await fields({ name: 'New', admins: [unknown] })).toEqual([
      'admins[0].user_id',
      'admins[0].roles',
    ]);
    const other = { org: { case: 'orgId', value: otherId } };
    expect(await fields({ name: 'New', admins: [person('a@example.com', { organization: other })] })).toEqual(
      ['admins[0].human.organization'],
    );
    expect(await fields({ name: 'New', admins: [person('a@example.com', { idpLinks: [{}] })] })).toEqual([
      'admins[0].human.idp_links',
    ]);
    expect(await fields({ name: 'New', admins: Array(21).fill(person('a@example.com')) })).toEqual([
      'admins',
    ]);
  });

  it('is made by who may, under an id that was never given', async () => {
    expect(await desk.said('owner', rpc.addOrganization, { name: 'New' })).toBe(denied);
    expect(await desk.said('root', rpc.addOrganization, { name: 'New', orgId: organizationId })).toBe(
      '6 organization-already-exists CSIGN-organization-already-exists',
    );
    const { organizationId: made } = await add({ organizationId: `mine-${count}` });
    expect(made).toBe(`mine-${count}`);
  });
});

describe('the life of an organization', () => {
  it('goes by its states', async () => {
    const { organizationId: made } = await add();
    const said = (name: 'deactivateOrganization' | 'activateOrganization' | 'deleteOrganization') =>
      desk.said('root', rpc[name], { organizationId: made });
    expect(await said('activateOrganization')).toMatch(/^9 organization-not-inactive/);
    expect(await said('deactivateOrganization')).toBe('answered');
    expect(await said('deactivateOrganization')).toMatch(/^9 organization-already-inactive/);
    expect(await said('activateOrganization')).toBe('answered');
    const { changeDate } = await desk.ask('root', rpc.updateOrganization, {
      organizationId: made,
      name: 'Newer',
    });
    expect(changeDate).toBeDefined();
    expect(await list('root')).toContain('Newer');
    expect(await said('deleteOrganization')).toBe('answered');
    expect(await said('deleteOrganization')).toBe(notFound);
    expect(await list('root')).not.toContain('Newer');
  });

  it.each([
    'updateOrganization',
    'deactivateOrganization',
    'activateOrganization',
    'deleteOrganization',
  ] as const)('is for those who may, and names it: %s', async (name) => {
    const said = (as: 'reader' | 'owner', id: string) =>
      desk.said(as, rpc[name], { organizationId: id, name: 'Other' });
    expect(await said('reader', organizationId)).toBe(denied);
    expect(await said('owner', otherId)).toBe(notFound);
    // An id that was left out is not the caller's own.
    expect(await said('owner', '')).toBe('3 invalid-input CSIGN-invalid-input');
    expect(await desk.fields('owner', rpc[name], { organizationId: '', name: 'Other' })).toEqual([
      'organization_id',
    ]);
  });
});

describe('a list of organizations', () => {
  it('has those that the caller may read', async () => {
    const both = { query: { asc: true, limit: 2 } };
    expect(await list('root', both)).toEqual(['Acme', 'Umbrella']);
    expect(await list('reader', both)).toEqual(['Acme']);
    expect(await list('ada', both)).toEqual([]);
    const authorization = await desk.tokenOf('root');
    expect(await list({ authorization, organization: otherId }, both)).toEqual(['Umbrella']);
  });

  it.each<[string, object, string[]]>([
    ['a name', { case: 'nameQuery', value: { name: 'acme', method: 1 } }, ['Acme']],
    ['an id', { case: 'idQuery', value: { id: otherId } }, ['Umbrella']],
    ['the first', { case: 'defaultQuery', value: {} }, ['Acme']],
    ['a domain, which none has', { case: 'domainQuery', value: { domain: 'example.com' } }, []],
    ['being removed, which none is', { case: 'stateQuery', value: { state: OrganizationState.REMOVED } }, []],
    ['being inactive', { case: 'stateQuery', value: { state: OrganizationState.INACTIVE } }, []],
  ])('goes by %s', async (_, query, found) => {
    expect(await list('root', { queries: [{ query }] })).toEqual(found);
  });

  it('tells each by its name, state and details', async () => {
    const queries = [{ query: { case: 'idQuery' as const, value: { id: organizationId } } }];
    const sortingColumn = OrganizationFieldName.NAME;
    const { result, details, ...rest } = await desk.ask('root', rpc.listOrganizations, {
      queries,
      sortingColumn,
    });
    expect(rest.sortingColumn).toBe(sortingColumn);
    expect(details?.totalResult).toBe(1n);
    expect(result).toMatchObject([
      { id: organizationId, name: 'Acme', state: OrganizationState.ACTIVE, primaryDomain: '' },
    ]);
    expect(result[0]?.details).toMatchObject({ resourceOwner: organizationId });
    expect(result[0]?.details?.creationDate).toBeDefined();
  });

  it('tells by its fields what cannot be asked', async () => {
    const queries = [
      {},
      { query: { case: 'stateQuery', value: {} } },
      { query: { case: 'nameQuery', value: { method: 9 } } },
    ];
    const asked = { query: { limit: 1_001 }, sortingColumn: 9, queries } as never;
    expect(await desk.fields('root', rpc.listOrganizations, asked)).toEqual([
      'query.limit',
      'sorting_column',
      'queries[0]',
      'queries[1].state_query.state',
      'queries[2].name_query.method',
    ]);
  });
});

describe('settings', () => {
  const {
    getLockoutSettings,
    getLoginSettings,
    getPasswordComplexitySettings: getComplexity,
    getPasswordExpirySettings: getExpiry,
  } = SettingsService.method;
  const of = (id: string) => ({ ctx: { resourceOwner: { case: 'orgId' as const, value: id } } });
  const ofInstance = { ctx: { resourceOwner: { case: 'instance' as const, value: true } } };

  it('are those of the instance until the organization chooses, and then its own', async () => {
    const { house } = desk;
    const ofAll = new SettingsFields({ deviceFailuresMax: 12 });
    await answerOf(house, new ChangeInstanceSettings({ changed: ofAll, by }));
    const lockout = async (asked: object) =>
      (await desk.ask('owner', getLockoutSettings, asked as never)).settings;
    const { INSTANCE, ORG } = ResourceOwnerType;
    expect(await lockout({})).toMatchObject({ maxOtpAttempts: 12n, resourceOwnerType: INSTANCE });
    const changed = new SettingsFields({ deviceFailuresMax: 7, secondFactorRequired: true });
    await answerOf(house, new ChangeOrganizationSettings({ organizationId, changed, by }));
    expect(await lockout(of(organizationId))).toMatchObject({ maxOtpAttempts: 7n, resourceOwnerType: ORG });
    expect(await lockout(ofInstance)).toMatchObject({ maxOtpAttempts: 12n, resourceOwnerType: INSTANCE });
    const login = await desk.ask('owner', getLoginSettings, {});
    expect(login.settings).toMatchObject({
      forceMfa: true,
      secondFactors: [SecondFactorType.TOTP, SecondFactorType.RECOVERY_CODES],
      resourceOwnerType: ORG,
      allowUsernamePassword: true,
    });
    expect(login.details).toMatchObject({ resourceOwner: organizationId });
    const inherited = await desk.ask('owner', getLoginSettings, ofInstance);
    expect(inherited.details).toMatchObject({ resourceOwner: 'instance' });
    expect(inherited.settings).toMatchObject({ forceMfa: false });
  });

  it('say what a password has to be like, and that it lasts', async () => {
    const { house } = desk;
    const { INSTANCE, ORG } = ResourceOwnerType;
    const none = { requiresUppercase: false, requiresLowercase: false, requiresSymbol: false };
    expect((await desk.ask('owner', getComplexity, {})).settings).toMatchObject({
      ...none,
      minLength: 8n,
      requiresNumber: false,
      resourceOwnerType: INSTANCE,
    });
    const changed = new SettingsFields({ passwordCharactersMin: 15, passwordRequiresDigit: true });
    await answerOf(house, new ChangeOrganizationSettings({ organizationId, changed, by }));
    expect((await desk.ask('owner', getComplexity, {})).settings).toMatchObject({
      ...none,
      minLength: 15n,
      requiresNumber: true,
      resourceOwnerType: ORG,
    });
    expect((await desk.ask('owner', getLockoutSettings, {})).settings).toMatchObject({
      maxPasswordAttempts: 100n,
    });
    expect((await desk.ask('owner', getExpiry, {})).settings).toMatchObject({
      maxAgeDays: 0n,
      expireWarnDays: 0n,
      resourceOwnerType: INSTANCE,
    });
  });

  it.each([getLockoutSettings, getLoginSettings, getComplexity, getExpiry])(
    'are for those who may read them',
    async (method) => {
      expect(await desk.said('ada', method, {})).toBe(denied);
      expect(await desk.said('reader', method, of(organizationId))).toBe('answered');
      expect(await desk.said('reader', method, of(otherId))).toBe(notFound);
    },
  );
});
