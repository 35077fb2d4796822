import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { SetUserMetadata } from '#application/metadata/set-user-metadata.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, nobody, otherId, printer } from '#application/testing/people.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { HumanProfileFields } from '#application/user/profile.js';
import { RemoveUser } from '#application/user/remove-user.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { listUsers, type UserColumn, type UserSearch } from '#read-models/queries/list-users.js';
import { everyOrganization, pageMax, type Scope, type TextMatch } from '#read-models/queries/queries.js';
import {
  filterDepthMax,
  filterPartsMax,
  filterValuesMax,
  type TextField,
  type UserFilter,
} from '#read-models/queries/user-filter.js';
import { answered } from '#read-models/testing/answers.js';
import { describeOnPostgres } from '#read-models/testing/describe-on-postgres.js';
import { openProjected, type ProjectedHouse } from '#read-models/testing/projected.js';
import { openProjectedOn } from '#read-models/testing/projected-on-postgres.js';

const twin = '0198f3a2-0000-7000-8000-0000000000a2' as UserId;
const brought = 'Zoë from payroll' as UserId;

const everybody: UserSearch = {
  filter: null,
  column: 'creation-date',
  isAscending: true,
  page: { offset: 0, limit: null },
  withMetadata: false,
};

/** Ada and her twin in the other organization have all in common that two people can. */
async function peopled(opening: Promise<ProjectedHouse>): Promise<ProjectedHouse> {
  const asked = await opening;
  const { house } = asked;
  const profile = new HumanProfileFields({
    givenName: 'Ada',
    familyName: 'Lovelace',
    nickName: 'Countess',
    displayName: 'The Countess',
  });
  const alike = { profile, phone: '+44 20 7946', metadata: [entry('team', 'engine')] };
  const robert = new HumanProfileFields({ givenName: 'Robert', familyName: 'ΑΔΑΣΑ' });
  const verified = { emailVerification: 'verified' } as const;
  await answerOf(house, human(ada, 'ada', { ...alike, ...verified }));
  await answerOf(house, human(bob, 'Bob', { profile: robert, email: 'robert@example.org' }));
  await answerOf(house, machine(printer, 'printer'));
  await answerOf(house, human(twin, 'ada.too', { ...alike, organizationId: otherId }));
  await answerOf(house, new LockUser({ organizationId, userId: bob, by }));
  await answerOf(house, new DeactivateUser({ organizationId, userId: printer, by }));
  return asked;
}

const entry = (key: string, value: string) => ({ key, value: Buffer.from(value) });
const equals = (value: string): TextMatch => ({ value, method: 'equals', ignoreCase: false });
const text = (field: TextField, value: string, chosen: Partial<TextMatch> = {}): UserFilter => ({
  kind: 'text',
  field,
  text: { ...equals(value), ...chosen },
});
const not = (of: UserFilter): UserFilter => ({ kind: 'not', of });
const ids = (...of: UserId[]): UserFilter => ({ kind: 'ids', ids: of });
const nested = (depth: number): UserFilter => (depth === 1 ? ids(ada) : not(nested(depth - 1)));

describe('in SQLite', () => {
  const open = () => peopled(openProjected());
  describe('a list of users', () => lists(open));
  describe('after a change, the next list', () => listsAfterChanges(open));
});

describeOnPostgres('in PostgreSQL', (server) => {
  const open = () => peopled(openProjectedOn(server));
  describe('a list of users', () => lists(open));
  describe('after a change, the next list', () => listsAfterChanges(open));
});

function lists(openPeopled: () => Promise<ProjectedHouse>): void {
  let asked: ProjectedHouse;
  beforeAll(async () => {
    asked = await openPeopled();
  });
  afterAll(() => asked.close());

  const list = (scope: Scope, search: Partial<UserSearch>) =>
    answered(asked.ask((sources) => listUsers(scope, { ...everybody, ...search }, sources)));
  const names = async (scope: Scope, search: Partial<UserSearch>) =>
    (await list(scope, search)).items.map(({ username }) => username);

  const metadata = (key: TextMatch | null, value: string | null): UserFilter => ({
    kind: 'metadata',
    key,
    value: value === null ? null : Buffer.from(value),
  });
  const ofOrganization = (id: OrganizationId): UserFilter => ({ kind: 'organization', organizationId: id });

  it.each<[string, UserFilter, string[], string[]]>([
    ['a username', text('username', 'ada'), ['ada'], []],
    ['a username in another case', text('username', 'bob', { ignoreCase: true }), ['Bob'], []],
    ['a username whose case counts', text('username', 'bob'), [], []],
    ['the beginning of one', text('username', 'ad', { method: 'starts-with' }), ['ada'], ['ada.too']],
    ['the beginning of none', text('username', 'da', { method: 'starts-with' }), [], []],
    ['a part of one', text('username', 'd', { method: 'contains' }), ['ada'], ['ada.too']],
    ['a part of none', text('username', 'D', { method: 'contains' }), [], []],
    ['a part in any case', text('username', 'B', { method: 'contains', ignoreCase: true }), ['Bob'], []],
    ['the end of one', text('username', 'er', { method: 'ends-with' }), ['printer'], []],
    ['the end of none', text('username', 'prin', { method: 'ends-with' }), [], []],
    [
      'a beginning that is none in lower case',
      text('family-name', 'ΑΔΑΣ', { method: 'starts-with' }),
      ['Bob'],
      [],
    ],
    ['a given name', text('given-name', 'Ada'), ['ada'], ['ada.too']],
    ['a given name of nobody', text('given-name', 'Lovelace'), [], []],
    ['a family name', text('family-name', 'Lovelace'), ['ada'], ['ada.too']],
    ['a family name of nobody', text('family-name', 'Ada'), [], []],
    ['a nick name', text('nick-name', 'Countess'), ['ada'], ['ada.too']],
    ['a nick name of nobody', text('nick-name', ''), [], []],
    ['no such nick name', not(text('nick-name', 'Countess')), ['Bob', 'printer'], []],
    ['a display name', text('display-name', 'The Countess'), ['ada'], ['ada.too']],
    ['a display name made of both names', text('display-name', 'Robert ΑΔΑΣΑ'), ['Bob'], []],
    ['a display name that was replaced', text('display-name', 'Ada Lovelace'), [], []],
    ['an email address', text('email', 'robert@example.org'), ['Bob'], []],
    ['an email address of nobody', text('email', 'robert@example.com'), [], []],
    ['a phone number', text('phone', '+44', { method: 'starts-with' }), ['ada'], ['ada.too']],
    ['a phone number of nobody', text('phone', '+45', { method: 'starts-with' }), [], []],
    ['a login name that is a username', text('login-name', 'Bob'), ['Bob'], []],
    ['a login name that is a verified address', text('login-name', 'ada@example.com'), ['ada'], []],
    ['an address that is no login name', text('login-name', 'robert@example.org'), [], []],
    ['a login name in another case', text('login-name', 'bOB', { ignoreCase: true }), ['Bob'], []],
    ['a login name whose case counts', text('login-name', 'bOB'), [], []],
    ['a part of a login name', text('login-name', '@', { method: 'contains' }), ['ada'], []],
    ['the active', { kind: 'state', state: 'active' }, ['ada'], ['ada.too']],
    ['the locked', { kind: 'state', state: 'locked' }, ['Bob'], []],
    ['the inactive', { kind: 'state', state: 'inactive' }, ['printer'], []],
    ['humans', { kind: 'type', type: 'human' }, ['ada', 'Bob'], ['ada.too']],
    ['machines', { kind: 'type', type: 'machine' }, ['printer'], []],
    ['ids', ids(printer, twin, ada, ada), ['ada', 'printer'], ['ada.too']],
    ['ids of nobody', ids(nobody), [], []],
    ['none of some ids', not(ids(ada, twin)), ['Bob', 'printer'], []],
    ['addresses', { kind: 'emails', emails: ['ADA@example.com', 'x@y.z'] }, ['ada'], []],
    ['addresses of nobody', { kind: 'emails', emails: ['x@y.z'] }, [], []],
    ['this organization', ofOrganization(organizationId), ['ada', 'Bob', 'printer'], []],
    ['the other organization', ofOrganization(otherId), [], ['ada.too']],
    ['none of this organization', not(ofOrganization(organizationId)), [], ['ada.too']],
    ['a metadata key', metadata(equals('team'), null), ['ada'], ['ada.too']],
    ['a metadata key of nobody', metadata(equals('Team'), null), [], []],
    ['a metadata value', metadata(null, 'engine'), ['ada'], ['ada.too']],
    ['a metadata value of nobody', metadata(null, 'engin'), [], []],
    ['a key of another value', metadata(equals('team'), 'loom'), [], []],
    ['all of some', { kind: 'and', of: [text('given-name', 'Ada'), ids(ada, bob)] }, ['ada'], []],
    ['all of what excludes itself', { kind: 'and', of: [ids(ada), ids(bob)] }, [], []],
    ['all of nothing', { kind: 'and', of: [] }, ['ada', 'Bob', 'printer'], ['ada.too']],
    ['one of some', { kind: 'or', of: [ids(ada), text('username', 'Bob')] }, ['ada', 'Bob'], []],
    ['one of nothing', { kind: 'or', of: [] }, [], []],
    ['a filter as deep as may be', nested(filterDepthMax), ['Bob', 'printer'], ['ada.too']],
  ])('by %s finds whoever it says, and nobody of another organization', async (_, filter, here, there) => {
    expect([await names(organizationId, { filter }), await names(otherId, { filter })]).toEqual([
      here,
      there,
    ]);
    const everywhere = [...here, ...there];
    expect(await list(everyOrganization, { filter })).toMatchObject({ total: everywhere.length });
    expect(await names(everyOrganization, { filter })).toEqual(everywhere);
  });

  it.each<[UserColumn, string[]]>([
    ['creation-date', ['ada', 'Bob', 'printer']],
    ['username', ['ada', 'Bob', 'printer']],
    ['given-name', ['printer', 'ada', 'Bob']],
    ['family-name', ['printer', 'ada', 'Bob']],
    ['nick-name', ['Bob', 'printer', 'ada']],
    ['display-name', ['printer', 'Bob', 'ada']],
    ['email', ['printer', 'ada', 'Bob']],
    ['state', ['ada', 'printer', 'Bob']],
    ['type', ['ada', 'Bob', 'printer']],
  ])('is in the order of the column %s', async (column, expected) => {
    expect(await names(organizationId, { column })).toEqual(expected);
  });

  it.each<[UserColumn, string[]]>([
    ['creation-date', ['printer', 'Bob', 'ada']],
    ['username', ['printer', 'Bob', 'ada']],
    ['nick-name', ['ada', 'Bob', 'printer']],
    ['type', ['printer', 'ada', 'Bob']],
  ])('is the other way round by %s, with equals in the order of their adding', async (column, expected) => {
    expect(await names(organizationId, { column, isAscending: false })).toEqual(expected);
  });

  const looking: UserFilter = { kind: 'or', of: [not(ids(nobody))] };
  it.each([
    ['of everybody', { filter: null }],
    ['of whom it has to look at', { filter: looking }],
  ])('comes by pages %s, and counts all of them on each', async (_, { filter }) => {
    const page = async (offset: number, limit: number | null, isAscending = true) => {
      const { items, total } = await list(organizationId, { filter, isAscending, page: { offset, limit } });
      return [total, ...items.map(({ username }) => username)];
    };
    expect(await page(0, 2)).toEqual([3, 'ada', 'Bob']);
    expect(await page(2, 2)).toEqual([3, 'printer']);
    expect(await page(3, 2)).toEqual([3]);
    expect(await page(0, pageMax)).toEqual([3, 'ada', 'Bob', 'printer']);
    expect(await page(1, null)).toEqual([3, 'Bob', 'printer']);
    expect(await page(0, 2, false)).toEqual([3, 'printer', 'Bob']);
    expect(await page(2, 2, false)).toEqual([3, 'ada']);
    expect(await page(3, 1, false)).toEqual([3]);
    expect(await page(Number.MAX_SAFE_INTEGER, 1, false)).toEqual([3]);
  });

  it.each([
    { offset: 0, limit: pageMax + 1 },
    { offset: 0, limit: 0 },
    { offset: 0, limit: -1 },
    { offset: 0, limit: 0.5 },
    { offset: -1, limit: 1 },
    { offset: 0.5, limit: 1 },
    { offset: 2 ** 53, limit: 1 },
  ])('has no page like %p', async (page) => {
    expect(await asked.ask((sources) => listUsers(organizationId, { ...everybody, page }, sources))).toEqual({
      kind: 'rejected',
      refusal: { code: 'page-invalid', maximum: pageMax },
    });
  });

  const many = <Item>(count: number, item: Item): Item[] => Array<Item>(count).fill(item);
  it.each<[string, UserFilter, string, number]>([
    ['deep', nested(filterDepthMax + 1), 'filter-too-deep', filterDepthMax],
    ['large', { kind: 'and', of: many(filterPartsMax, ids(ada)) }, 'filter-too-large', filterPartsMax],
    ['full of ids', ids(...many(filterValuesMax + 1, ada)), 'filter-too-large', filterValuesMax],
    [
      'full of addresses',
      not({ kind: 'emails', emails: many(filterValuesMax + 1, 'x') }),
      'filter-too-large',
      filterValuesMax,
    ],
  ])('is refused for a filter that is too %s', async (_, filter, code, maximum) => {
    expect(
      await asked.ask((sources) => listUsers(organizationId, { ...everybody, filter }, sources)),
    ).toEqual({
      kind: 'rejected',
      refusal: { code, maximum },
    });
  });

  it('looks at no more users than it may, and needs to look at none for a page of everybody', async () => {
    const ask = (search: Partial<UserSearch>) =>
      asked.ask((sources) =>
        listUsers(organizationId, { ...everybody, ...search }, { ...sources, lookedAtMax: 2 }),
      );
    const tooLong = { kind: 'rejected', refusal: { code: 'list-too-long', maximum: 2 } };
    expect(await ask({ filter: not(ids(ada)) })).toEqual(tooLong);
    expect(await ask({ column: 'username' })).toMatchObject({ answer: { total: 3 } });
    expect(await ask({})).toMatchObject({ answer: { total: 3 } });
    expect(await ask({ filter: ids(ada) })).toMatchObject({ answer: { total: 1 } });
    for (const part of ['a', 'da'])
      expect(await ask({ filter: text('username', part, { method: 'contains' }) })).toMatchObject({
        answer: { total: 1 },
      });
    expect(await ask({ filter: text('login-name', 'ada') })).toMatchObject({ answer: { total: 1 } });
  });

  it('tells of no fewer than it shows, and that there may be more, where it did not count them all', async () => {
    const search = { filter: not(ids(ada)), column: 'username', isAscending: false } as const;
    const page = { offset: 0, limit: 2 };
    const few = asked.ask((sources) =>
      listUsers(everyOrganization, { ...everybody, ...search, page }, { ...sources, lookedAtMax: 2 }),
    );
    const { items, ...counted } = await answered(few);
    expect(items.map(({ username }) => username)).toEqual(['printer', 'Bob']);
    expect(counted).toEqual({ total: 2, isMore: true });
  });

  it('carries metadata only for who asks', async () => {
    const filter = ids(ada);
    const [without] = (await list(organizationId, { filter })).items;
    const [withIt] = (await list(organizationId, { filter, withMetadata: true })).items;
    expect(without?.metadata).toBeNull();
    expect(withIt?.metadata).toMatchObject([{ key: 'team', value: Buffer.from('engine') }]);
  });

  it('of an organization that is not there is empty', async () => {
    expect(await list('nowhere' as OrganizationId, {})).toEqual({ items: [], total: 0, isMore: false });
  });
}

function listsAfterChanges(openPeopled: () => Promise<ProjectedHouse>): void {
  let asked: ProjectedHouse;
  beforeAll(async () => {
    asked = await openPeopled();
  });
  afterAll(() => asked.close());

  const namesOf = async (scope: Scope, search: Partial<UserSearch> = {}) =>
    (
      await answered(asked.ask((sources) => listUsers(scope, { ...everybody, ...search }, sources)))
    ).items.map(({ username }) => username);
  const waysToAsk: Partial<UserSearch>[] = [
    {},
    { column: 'username' },
    { filter: ids(ada, bob, printer, twin, brought) },
    { filter: { kind: 'or', of: [text('username', '', { method: 'contains' })] } },
  ];
  const lists = (scope: Scope) => Promise.all(waysToAsk.map((search) => namesOf(scope, search)));
  const alike = (...names: string[]) => waysToAsk.map(() => names);

  it('knows an id that was brought along', async () => {
    await answerOf(asked.house, human(brought, 'zoe'));
    const search = { ...everybody, filter: ids(brought) };
    expect(await answered(asked.ask((sources) => listUsers(organizationId, search, sources)))).toMatchObject({
      items: [{ userId: brought, username: 'zoe' }],
    });
    const byName = { ...everybody, filter: text('login-name', 'zoe') };
    expect(await answered(asked.ask((sources) => listUsers(organizationId, byName, sources)))).toMatchObject({
      total: 1,
    });
  });

  it('holds what was just noted down', async () => {
    const metadata = [entry('room', '12')];
    await answerOf(asked.house, new SetUserMetadata({ organizationId, userId: bob, metadata, by }));
    const filter: UserFilter = { kind: 'metadata', key: equals('room'), value: null };
    expect(await namesOf(organizationId, { filter })).toEqual(['Bob']);
  });

  it('does not know who was removed', async () => {
    await answerOf(asked.house, new RemoveUser({ organizationId, userId: ada, by }));
    expect(await lists(organizationId)).toEqual(alike('Bob', 'printer', 'zoe'));
  });

  it('does not know who was erased', async () => {
    await answerOf(asked.house, new EraseUser({ organizationId, userId: bob, by }));
    expect(await lists(organizationId)).toEqual(alike('printer', 'zoe'));
  });

  it('does not know whose key was gone before there was a row', async () => {
    const keyless = 'somebody else' as UserId;
    await answerOf(asked.house, human(keyless, 'keyless'));
    const { application } = asked.house;
    await application.parts.secrets.keys.erase(application.userStream(keyless));
    expect(await lists(organizationId)).toEqual(alike('printer', 'zoe'));
    const all = asked.ask((sources) => listUsers(organizationId, everybody, sources));
    expect(await answered(all)).toMatchObject({ total: 2 });
  });

  it('knows nobody of an organization that was removed, and all of another', async () => {
    await answerOf(asked.house, new RemoveOrganization({ organizationId, by }));
    expect(await lists(organizationId)).toEqual(alike());
    expect(await lists(otherId)).toEqual(alike('ada.too'));
    expect(await lists(everyOrganization)).toEqual(alike('ada.too'));
  });
}
