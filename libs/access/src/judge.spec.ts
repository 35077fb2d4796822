import { describe, expect, it } from '@jest/globals';

import {
  type Caller,
  judge,
  judgeChoice,
  judgeInstance,
  judgeOrganization,
  type Roles,
  type UserQuestion,
} from '#access/judge.js';
import { permissions } from '#access/permissions.js';
import type { OrganizationId } from '#domain/ids.js';
import type { OrganizationState } from '#domain/organization/state.js';
import type { UserState } from '#domain/user/state.js';

const acme = 'acme' as OrganizationId;
const umbrella = 'umbrella' as OrganizationId;

const noRoles: Roles = { organizationRoles: [], instanceRoles: [] };
const inOrganization = (...organizationRoles: string[]): Roles => ({ ...noRoles, organizationRoles });
const inInstance = (...instanceRoles: string[]): Roles => ({ ...noRoles, instanceRoles });

/** Of all that a state tells, who may do what depends on this alone. */
const userIn = (organizationId: OrganizationId, status: UserState['status'] = 'active') =>
  ({ status, organizationId }) as UserState;
const organizationThatIs = (status: OrganizationState['status']) => ({ status }) as OrganizationState;

const anna = 'user-anna';
const bert = 'user-bert';
const callerWith = (roles: Roles, scopes: readonly string[] = ['all']): Caller => ({
  stream: anna,
  organizationId: acme,
  scopes,
  ...roles,
});

/** Who is asked about, and which organization was named, by a caller of Acme. */
const places = {
  own: { stream: anna, user: userIn(acme), chosen: null },
  'own, in Acme': { stream: anna, user: userIn(acme), chosen: acme },
  'own, in another organization': { stream: anna, user: userIn(acme), chosen: umbrella },
  'own, removed meanwhile': { stream: anna, user: userIn(acme, 'removed'), chosen: null },
  'same organization': { stream: bert, user: userIn(acme), chosen: null },
  'same organization, locked': { stream: bert, user: userIn(acme, 'locked'), chosen: null },
  'same organization, inactive': { stream: bert, user: userIn(acme, 'inactive'), chosen: acme },
  'same organization, another one named': { stream: bert, user: userIn(acme), chosen: umbrella },
  'other organization': { stream: bert, user: userIn(umbrella), chosen: null },
  'other organization, named': { stream: bert, user: userIn(umbrella), chosen: umbrella },
  'other organization, own one named': { stream: bert, user: userIn(umbrella), chosen: acme },
  unknown: { stream: bert, user: { status: 'unknown' } as UserState, chosen: null },
  'unknown, in Acme': { stream: bert, user: { status: 'unknown' } as UserState, chosen: acme },
  removed: { stream: bert, user: userIn(acme, 'removed'), chosen: null },
  erased: { stream: bert, user: userIn(acme, 'erased'), chosen: null },
} as const;

type Place = keyof typeof places;

/** Of the caller in Acme, and in the instance. In Umbrella it has those of the instance alone. */
const callers = {
  'no role': noRoles,
  'an unknown role': inOrganization('ORG_VIEWER'),
  reader: inOrganization('ORG_USER_READER'),
  manager: inOrganization('ORG_USER_MANAGER'),
  owner: inOrganization('ORG_OWNER'),
  'instance viewer': inInstance('INSTANCE_VIEWER'),
  'instance owner': inInstance('INSTANCE_OWNER'),
  'login client': inInstance('INSTANCE_LOGIN_CLIENT'),
};

type Row = Readonly<Record<keyof typeof callers, 'allowed' | 'denied' | 'hidden'>>;

const columns = Object.keys(callers) as (keyof typeof callers)[];
const row = (text: string): Row =>
  Object.fromEntries(text.split(/ +/).map((word, index) => [columns[index], word])) as Row;

const nobody = row('hidden hidden hidden hidden hidden hidden hidden hidden');
const oneself = row('allowed allowed allowed allowed allowed allowed allowed allowed');
/** `user.write` is what a manager may do and a reader may not. */
const byRole = row('hidden hidden denied allowed allowed denied allowed denied');
const byRoleOfOwn = row('denied denied denied allowed allowed denied allowed denied');
const byInstanceRole = row('hidden hidden hidden hidden hidden denied allowed denied');

const table: Readonly<Record<Place, { readonly self: Row; readonly others: Row }>> = {
  own: { self: oneself, others: byRoleOfOwn },
  'own, in Acme': { self: oneself, others: byRoleOfOwn },
  'own, in another organization': { self: oneself, others: nobody },
  'own, removed meanwhile': { self: nobody, others: nobody },
  'same organization': { self: byRole, others: byRole },
  'same organization, locked': { self: byRole, others: byRole },
  'same organization, inactive': { self: byRole, others: byRole },
  'same organization, another one named': { self: nobody, others: nobody },
  'other organization': { self: byInstanceRole, others: byInstanceRole },
  'other organization, named': { self: byInstanceRole, others: byInstanceRole },
  'other organization, own one named': { self: nobody, others: nobody },
  unknown: { self: nobody, others: nobody },
  'unknown, in Acme': { self: nobody, others: nobody },
  removed: { self: nobody, others: nobody },
  erased: { self: nobody, others: nobody },
};

const goneByRole = row('hidden hidden hidden allowed allowed hidden allowed hidden');
const goneTable: Partial<Record<Place, Row>> = {
  'own, removed meanwhile': goneByRole,
  unknown: nobody,
  'unknown, in Acme': nobody,
  removed: goneByRole,
  erased: goneByRole,
};

const rolesAt = (place: Place, who: keyof typeof callers): Roles => ({
  organizationRoles: place.startsWith('other organization') ? [] : callers[who].organizationRoles,
  instanceRoles: callers[who].instanceRoles,
});

const question = (place: Place, caller: Caller, changed: Partial<UserQuestion> = {}): UserQuestion => {
  const { stream, user, chosen } = places[place];
  const target = { stream, user, ...noRoles };
  return { permission: 'user.write', self: false, caller, chosen, target, ...changed };
};

const cases = (Object.keys(table) as Place[]).flatMap((place) =>
  columns.flatMap((who) => [
    { place, who, self: true, what: 'what one may do to oneself', judgement: table[place].self[who] },
    { place, who, self: false, what: 'what roles allow', judgement: table[place].others[who] },
  ]),
);

describe('a user is judged', () => {
  it.each(cases)('$judgement: $place, $what, by $who', ({ place, who, self, judgement }) => {
    const caller = callerWith(rolesAt(place, who));
    expect(judge(question(place, caller, { self }))).toBe(judgement);
  });
});

const goneCases = (Object.entries(goneTable) as [Place, Row][]).flatMap(([place, row]) =>
  columns.map((who) => ({ place, who, judgement: row[who] })),
);

describe('what can be done to who is gone', () => {
  it.each(goneCases)('$judgement: $place, by $who', ({ place, who, judgement }) => {
    const caller = callerWith(rolesAt(place, who));
    expect(judge(question(place, caller, { reachesGone: true }))).toBe(judgement);
  });

  it('is done to a removed organization by who may do it anywhere', () => {
    const { caller, chosen } = question('own', callerWith(inInstance('INSTANCE_OWNER')));
    const target = { organizationId: caller.organizationId, organization: { status: 'removed' } } as const;
    const ask = { permission: 'org.delete', caller, chosen, target } as const;
    expect(judgeOrganization(ask)).toBe('hidden');
    expect(judgeOrganization({ ...ask, reachesGone: true })).toBe('allowed');
    const unknown = { ...target, organization: { status: 'unknown' } } as const;
    expect(judgeOrganization({ ...ask, reachesGone: true, target: unknown })).toBe('hidden');
  });
});

describe('the scopes of a token', () => {
  const ask = (place: Place, scopes: readonly string[], changed: Partial<UserQuestion> = {}) =>
    judge(question(place, callerWith(inOrganization('ORG_OWNER'), scopes), changed));

  it.each([
    [['all'], 'allowed'],
    [['self'], 'allowed'],
    [['user.write'], 'allowed'],
    [['user.read'], 'denied'],
    [['factors.write'], 'denied'],
    [[], 'denied'],
  ])('%j narrow what one may do to oneself: %s', (scopes, judgement) => {
    expect(ask('own', scopes, { self: true })).toBe(judgement);
  });

  it.each([
    [['all'], 'allowed'],
    [['user.write'], 'allowed'],
    [['user.read'], 'denied'],
    [['self'], 'hidden'],
    [['org.read', 'user.delete'], 'hidden'],
    [[], 'hidden'],
  ])('%j narrow what roles allow: %s', (scopes, judgement) => {
    expect(ask('same organization', scopes)).toBe(judgement);
  });

  it('never widen what roles allow', () => {
    const caller = callerWith(inOrganization('ORG_USER_READER'), ['user.write', 'all']);
    expect(judge(question('same organization', caller))).toBe('denied');
  });

  it('that do not reach oneself say no, and do not hide it', () => {
    expect(ask('own', ['org.read'])).toBe('denied');
  });

  it('let bind a factor of one’s own, and of nobody else', () => {
    const changed = { permission: 'user.credential.write', self: true } as const;
    expect(ask('own', ['factors.write'], changed)).toBe('allowed');
    expect(ask('same organization', ['factors.write'], changed)).toBe('hidden');
  });
});

describe('who may not read a user', () => {
  const tokens = permissions.filter((permission) => permission !== 'user.read').map((scope) => [scope]);

  it.each(tokens)('learns by a token for %s alone of nobody whom it may not change', (scope) => {
    const caller = callerWith(inOrganization('ORG_USER_READER'), [scope]);
    expect(judge(question('same organization', caller, { permission: 'user.erase' }))).toBe('hidden');
    expect(judge(question('unknown', caller, { permission: 'user.erase' }))).toBe('hidden');
  });
});

describe('a user who may do more', () => {
  const ask = (by: Roles, of: Roles, permission: UserQuestion['permission'] = 'user.token.write') => {
    const target = { ...question('same organization', callerWith(by)).target, ...of };
    return judge(question('same organization', callerWith(by), { permission, target }));
  };

  it.each([
    ['an owner, by a manager', callers.manager, callers.owner],
    ['an owner of the instance, by one of the organization', callers.owner, callers['instance owner']],
    ['a viewer of the instance, by an owner of the organization', callers.owner, callers['instance viewer']],
    ['a login client, which may do as much but everywhere', callers.owner, callers['login client']],
    [
      'a reader who owns the instance as well',
      callers.owner,
      { ...callers.reader, ...callers['instance owner'], organizationRoles: ['ORG_USER_READER'] },
    ],
  ])('is changed by nobody who may do less: %s', (_, by, of) => {
    expect(ask(by, of)).toBe('denied');
    expect(ask(by, of, 'user.write')).toBe('denied');
    expect(ask(by, of, 'user.credential.write')).toBe('denied');
  });

  it.each([
    ['a manager, by another one', callers.manager, callers.manager],
    ['an owner, by another one', callers.owner, callers.owner],
    ['an owner, by an owner of the instance', callers['instance owner'], callers.owner],
    ['an owner of the instance, by another one', callers['instance owner'], callers['instance owner']],
  ])('is changed by who may do as much: %s', (_, by, of) => {
    expect(ask(by, of)).toBe('allowed');
  });

  it('is read, and its codes are checked, as those of others are', () => {
    expect(ask(callers.reader, callers['instance owner'], 'user.read')).toBe('allowed');
    expect(ask(callers.manager, callers.owner, 'user.factor.verify')).toBe('allowed');
  });

  it('changes itself', () => {
    const roles = { organizationRoles: ['ORG_OWNER'], instanceRoles: ['INSTANCE_OWNER'] };
    const target = { ...question('own', callerWith(roles)).target, ...roles };
    expect(judge(question('own', callerWith(roles), { target }))).toBe('allowed');
  });
});

describe('an organization is judged', () => {
  const ask = (
    caller: Caller,
    organizationId: OrganizationId,
    status: OrganizationState['status'] = 'active',
  ) =>
    judgeOrganization({
      permission: 'org.write',
      caller,
      chosen: null,
      target: { organizationId, organization: organizationThatIs(status) },
    });

  it.each([
    ['no role', 'denied', 'hidden'],
    ['an unknown role', 'denied', 'hidden'],
    ['reader', 'denied', 'denied'],
    ['manager', 'denied', 'denied'],
    ['owner', 'allowed', 'allowed'],
    ['instance viewer', 'denied', 'denied'],
    ['instance owner', 'allowed', 'allowed'],
    ['login client', 'denied', 'denied'],
  ] as const)('by %s there: %s if it is the own one, else %s', (who, own, other) => {
    expect(ask(callerWith(callers[who]), acme)).toBe(own);
    expect(ask(callerWith(callers[who]), umbrella)).toBe(other);
    expect(ask(callerWith(callers[who]), acme, 'inactive')).toBe(own);
  });

  it.each(['unknown', 'removed'] as const)('hidden: one that is %s, from everybody', (status) => {
    expect(ask(callerWith(callers['instance owner']), umbrella, status)).toBe('hidden');
    expect(ask(callerWith(callers.owner), acme, status)).toBe('hidden');
  });

  it('hidden: another one than was chosen', () => {
    const caller = callerWith(callers['instance owner']);
    const target = { organizationId: acme, organization: organizationThatIs('active') };
    expect(judgeOrganization({ permission: 'org.read', caller, chosen: umbrella, target })).toBe('hidden');
    expect(judgeOrganization({ permission: 'org.read', caller, chosen: acme, target })).toBe('allowed');
  });

  it.each([
    [['all'], 'allowed'],
    [['org.write'], 'allowed'],
    [['org.read'], 'denied'],
    [['self'], 'hidden'],
    [['user.write'], 'hidden'],
  ])('with scopes %j, where it is another one: %s', (scopes, judgement) => {
    expect(ask(callerWith(callers['instance owner'], scopes), umbrella)).toBe(judgement);
  });
});

describe('the instance is judged', () => {
  it.each([
    ['no role', 'denied'],
    ['owner', 'denied'],
    ['instance viewer', 'denied'],
    ['instance owner', 'allowed'],
  ] as const)('by %s: %s', (who, judgement) => {
    expect(judgeInstance({ permission: 'org.create', caller: callerWith(callers[who]) })).toBe(judgement);
  });

  it('by its own roles, and not by those of an organization', () => {
    const caller = callerWith(inOrganization('INSTANCE_OWNER', 'ORG_OWNER'));
    expect(judgeInstance({ permission: 'org.create', caller })).toBe('denied');
  });

  it('within the scopes of the token', () => {
    const caller = callerWith(callers['instance owner'], ['org.read', 'self']);
    expect(judgeInstance({ permission: 'org.create', caller })).toBe('denied');
  });
});

describe('the organization to act in', () => {
  const choose = (
    who: keyof typeof callers,
    organizationId: OrganizationId,
    status: OrganizationState['status'],
  ) =>
    judgeChoice(callerWith(callers[who], ['self']), {
      organizationId,
      organization: organizationThatIs(status),
    });

  it.each([
    ['no role', 'allowed', 'hidden'],
    ['an unknown role', 'allowed', 'hidden'],
    ['reader', 'allowed', 'allowed'],
    ['instance viewer', 'allowed', 'allowed'],
    ['instance owner', 'allowed', 'allowed'],
  ] as const)('may be named with %s there: %s if it is the own one, else %s', (who, own, other) => {
    expect(choose(who, acme, 'active')).toBe(own);
    expect(choose(who, umbrella, 'active')).toBe(other);
    expect(choose(who, umbrella, 'inactive')).toBe(other);
  });

  it.each(['unknown', 'removed'] as const)('is never one that is %s', (status) => {
    expect(choose('instance owner', umbrella, status)).toBe('hidden');
    expect(choose('no role', acme, status)).toBe('hidden');
  });
});
