import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AddOrganization } from '#application/organization/add-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { answerOf } from '#application/testing/attempt.js';
import { type HeldLog, heldLog } from '#application/testing/held-log.js';
import { by, organizationId } from '#application/testing/house.js';
import { human, otherId } from '#application/testing/people.js';
import { OrganizationSettingsService } from '#contract/countersign/v1/organization_settings_service_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import type { Incoming } from '#transport/call.js';
import { type Desk, openDesk, type Person, people } from '#transport/testing/desk.js';
import { saidIn } from '#transport/testing/status.js';

const { getUserByID, lockUser, listUsers, createUser } = UserService.method;
const { addOrganization, listOrganizations } = OrganizationService.method;
const { getOrganizationSettings } = OrganizationSettingsService.method;

const unknownOrganization = '0198f3a2-0000-7000-8000-00000000ffff' as OrganizationId;
const removedOrganization = '0198f3a2-0000-7000-8000-0000000000ff' as OrganizationId;
const orphan = '0198f3a2-0000-7000-8000-0000000000fe' as UserId;

const yes = 'answered';
const denied = '7 permission-denied AUTH-AWfge';
const noUser = '5 user-not-found QUERY-Dfbg2';
const noOrganization = '5 organization-not-found CSIGN-organization-not-found';

let log: HeldLog;
let desk: Desk;
const tokens = new Map<Person, string>();
beforeAll(async () => {
  log = heldLog(new InMemoryEventLog());
  desk = await openDesk({ house: { log } });
  const { house } = desk;
  await answerOf(house, new AddOrganization({ organizationId: removedOrganization, name: 'Gone', by }));
  await answerOf(house, human(orphan, 'orphan@example.com', { organizationId: removedOrganization }));
  await answerOf(house, new RemoveOrganization({ organizationId: removedOrganization, by }));
  for (const person of callers) tokens.set(person, await desk.tokenOf(person));
});
afterAll(() => desk.close());

const callers = ['ada', 'grace', 'reader', 'owner', 'strangersOwner', 'root'] as const;
type CallerName = (typeof callers)[number];

const as = (person: CallerName, more: Partial<Incoming> = {}) => ({
  authorization: tokens.get(person) ?? null,
  ...more,
});
const get = async (person: CallerName, userId: string, more: Partial<Incoming> = {}) =>
  saidIn(await desk.call(getUserByID, { userId }, as(person, more)));

describe('a user', () => {
  it.each<[CallerName, Person, string]>([
    ['ada', 'ada', yes],
    ['grace', 'grace', yes],
    ['ada', 'reader', noUser],
    ['ada', 'stranger', noUser],
    ['ada', 'nobody', noUser],
    ['ada', 'removed', noUser],
    ['reader', 'ada', yes],
    ['reader', 'grace', yes],
    ['reader', 'stranger', noUser],
    ['reader', 'nobody', noUser],
    ['reader', 'removed', noUser],
    ['owner', 'ada', yes],
    ['owner', 'stranger', noUser],
    ['owner', 'removed', noUser],
    ['strangersOwner', 'ada', noUser],
    ['strangersOwner', 'stranger', yes],
    ['root', 'ada', yes],
    ['root', 'stranger', yes],
    ['root', 'nobody', noUser],
    ['root', 'removed', noUser],
  ])('is asked for by %s: %s, %s', async (caller, target, said) => {
    expect(await get(caller, people[target])).toBe(said);
  });

  it('is told to be there no more by any detail than one that never was', async () => {
    const hidden = await desk.call(lockUser, { userId: people.stranger }, as('owner'));
    expect(hidden).toEqual(await desk.call(lockUser, { userId: people.nobody }, as('owner')));
    expect(hidden).toEqual(await desk.call(lockUser, { userId: people.removed }, as('owner')));
    expect(saidIn(hidden)).toBe('5 user-not-found COMMAND-450yxuqrh1');
  });

  it.each(['nobody', 'removed', 'stranger'] as const)(
    'that is not to be seen costs one read of the log: %s',
    async (target) => {
      await get('owner', people[target]);
      log.reads.length = 0;
      await get('owner', people[target]);
      expect(log.reads).toHaveLength(1);
    },
  );

  it('of an organization that was removed is gone with it, whoever asks', async () => {
    expect(await get('root', orphan)).toBe(noUser);
  });

  it('may be seen, and not changed, by who may only read', async () => {
    expect(saidIn(await desk.call(lockUser, { userId: people.ada }, as('reader')))).toBe(denied);
  });

  it('may not do to itself what nobody may do to oneself', async () => {
    expect(saidIn(await desk.call(lockUser, { userId: people.ada }, as('ada')))).toBe(denied);
  });

  it('of a narrow token may do only what that allows', async () => {
    const authorization = await desk.tokenOf('owner', ['user.read']);
    expect(saidIn(await desk.call(getUserByID, { userId: people.ada }, { authorization }))).toBe(yes);
    expect(saidIn(await desk.call(lockUser, { userId: people.ada }, { authorization }))).toBe(denied);
  });

  it('of a token for its own affairs sees itself and nobody else', async () => {
    const authorization = await desk.tokenOf('owner', ['self']);
    expect(saidIn(await desk.call(getUserByID, { userId: people.owner }, { authorization }))).toBe(yes);
    expect(saidIn(await desk.call(getUserByID, { userId: people.ada }, { authorization }))).toBe(noUser);
  });

  it.each(['', 'x'.repeat(201)])(
    'is named by an id, and the request that has none says so',
    async (userId) => {
      expect(await get('root', userId)).toBe('3 invalid-input CSIGN-invalid-input');
    },
  );

  it('is in the organization that the call is then about', async () => {
    await desk.call(getUserByID, { userId: people.stranger }, as('root'));
    expect(desk.calls.at(-1)).toMatchObject({ organizationId: otherId });
    await desk.call(getUserByID, { userId: people.ada }, as('root'));
    expect(desk.calls.at(-1)).toMatchObject({ organizationId });
  });
});

describe('the organization to act in', () => {
  const list = async (person: CallerName, organization: string | null) =>
    saidIn(await desk.call(listOrganizations, {}, as(person, { organization })));

  it.each<[CallerName, string | null, string]>([
    ['ada', null, yes],
    ['ada', '', yes],
    ['ada', organizationId, yes],
    ['ada', otherId, noOrganization],
    ['ada', unknownOrganization, noOrganization],
    ['owner', otherId, noOrganization],
    ['owner', removedOrganization, noOrganization],
    ['root', organizationId, yes],
    ['root', unknownOrganization, noOrganization],
    ['root', removedOrganization, noOrganization],
    ['root', 'x'.repeat(10_000), noOrganization],
  ])('is chosen by %s: %p, %s', async (caller, organization, said) => {
    expect(await list(caller, organization)).toBe(said);
  });

  it('is handed on, and is the own one where none was chosen', async () => {
    await list('root', organizationId);
    expect(desk.calls.at(-1)?.organizationId).toBe(organizationId);
    await list('root', null);
    expect(desk.calls.at(-1)?.organizationId).toBe(otherId);
  });

  it('hides users of all others', async () => {
    expect(await get('root', people.ada, { organization: organizationId })).toBe(yes);
    expect(await get('root', people.ada, { organization: otherId })).toBe(noUser);
  });
});

describe('an organization', () => {
  const settings = async (person: CallerName, asked: string) =>
    saidIn(await desk.call(getOrganizationSettings, { organizationId: asked }, as(person)));

  it.each<[CallerName, string, string]>([
    ['ada', organizationId, denied],
    ['ada', otherId, noOrganization],
    ['ada', unknownOrganization, noOrganization],
    ['reader', organizationId, yes],
    ['reader', '', yes],
    ['reader', otherId, noOrganization],
    ['reader', unknownOrganization, noOrganization],
    ['owner', organizationId, yes],
    ['strangersOwner', organizationId, noOrganization],
    ['root', organizationId, yes],
    ['root', otherId, yes],
    ['root', removedOrganization, noOrganization],
    ['root', unknownOrganization, noOrganization],
  ])('is asked for by %s: %p, %s', async (caller, asked, said) => {
    expect(await settings(caller, asked)).toBe(said);
  });

  it('is the one to act in where a method has no field for it', async () => {
    expect(saidIn(await desk.call(listUsers, {}, as('ada')))).toBe(denied);
    expect(saidIn(await desk.call(listUsers, {}, as('reader')))).toBe(yes);
    expect(desk.calls.at(-1)?.organizationId).toBe(organizationId);
  });

  it('is named by its id, or not at all', async () => {
    const asked = { organizationId: 'x'.repeat(201) };
    expect(saidIn(await desk.call(createUser, asked, as('root')))).toBe(
      '3 invalid-input CSIGN-invalid-input',
    );
  });
});

describe('the instance', () => {
  it.each<[CallerName, string]>([
    ['ada', denied],
    ['owner', denied],
    ['root', yes],
  ])('is changed by %s: %s', async (caller, said) => {
    expect(saidIn(await desk.call(addOrganization, { name: 'New' }, as(caller)))).toBe(said);
  });
});
