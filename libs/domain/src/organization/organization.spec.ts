import { describe, expect, test } from '@jest/globals';
import type { OrganizationId, UserId } from '#domain/ids.js';
import {
  add,
  addMember,
  changeMember,
  changeSettings,
  deactivate,
  reactivate,
  remove,
  removeMember,
  rename,
  resetSettings,
} from '#domain/organization/decide.js';
import { membersMax } from '#domain/organization/decide-members.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { evolveOrganization, noOrganization, type OrganizationState } from '#domain/organization/state.js';
import { before, now, specificationOf } from '#domain/testing/specification.js';

const given = specificationOf({
  initial: noOrganization,
  evolve: evolveOrganization,
  circumstances: { inherited: defaultSettings, ownership: 'stays' as 'stays' | 'ends' },
});
const organizationOf = (...past: readonly OrganizationEvent[]): OrganizationState =>
  past.reduce(evolveOrganization, noOrganization);

const toAdd = { organizationId: 'acme' as OrganizationId, name: 'Acme' };
const added = { type: 'org.added', ...toAdd } as const;
const deactivated: OrganizationEvent = { type: 'org.deactivated' };
const reactivated: OrganizationEvent = { type: 'org.reactivated' };
const removed: OrganizationEvent = { type: 'org.removed' };
const settingsChanged: OrganizationEvent = { type: 'org.settings.changed', changed: { stepsPast: 0 } };
const renamed: OrganizationEvent = { type: 'org.changed', name: 'Acme & Sons' };

const anna = 'anna' as UserId;
const bert = 'bert' as UserId;
const annaAdded: OrganizationEvent = { type: 'org.member.added', userId: anna, roles: ['ORG_OWNER'] };
const bertAdded: OrganizationEvent = { ...annaAdded, userId: bert };
const bertChanged = { type: 'org.member.changed', userId: bert } as const;
const annaRemoved = { type: 'org.member.removed', userId: anna } as const;
const crowd = Array.from(
  { length: membersMax },
  (_, index): OrganizationEvent => ({ ...annaAdded, userId: `member ${index}` as UserId }),
);

const user = 'living';

describe('the life of an organization', () => {
  test('an organization is added, renamed, deactivated, reactivated and removed', () => {
    given().when(add, toAdd).then(added);
    given(added).when(rename, { name: 'Acme & Sons' }).then(renamed);
    given(added).when(deactivate, null).then(deactivated);
    given(added, deactivated).when(reactivate, null).then(reactivated);
    given(added).when(remove, null).then(removed);
  });

  test('an inactive organization may be renamed and removed', () => {
    given(added, deactivated).when(rename, { name: 'Acme & Sons' }).then(renamed);
    given(added, deactivated).when(remove, null).then(removed);
  });

  test('one that was reactivated may be deactivated again', () => {
    given(added, deactivated, reactivated).when(deactivate, null).then(deactivated);
  });

  test('the name that it has is accepted without an event', () => {
    given(added).when(rename, { name: 'Acme' }).then();
    given(added, renamed).when(rename, { name: 'Acme & Sons' }).then();
  });

  test('an inactive organization cannot be deactivated', () => {
    given(added, deactivated).when(deactivate, null).thenRejected({ code: 'organization-already-inactive' });
  });

  test('the one in which the last owner of the instance lives stays as it is', () => {
    const last = { inherited: defaultSettings, ownership: 'ends' } as const;
    given(added).when(deactivate, null, last).thenRejected({ code: 'last-owner' });
    given(added).when(remove, null, last).thenRejected({ code: 'last-owner' });
    given(added, deactivated).when(remove, null, last).thenRejected({ code: 'last-owner' });
    given(added, deactivated)
      .when(deactivate, null, last)
      .thenRejected({ code: 'organization-already-inactive' });
    given().when(remove, null, last).thenRejected({ code: 'organization-not-found' });
  });

  test('an active organization cannot be reactivated', () => {
    given(added).when(reactivate, null).thenRejected({ code: 'organization-not-inactive' });
  });

  test.each([
    ['lives', [added]],
    ['is inactive', [added, deactivated]],
    ['was removed', [added, removed]],
  ])('the id of an organization that %s is not given again', (_, past) => {
    given(...past)
      .when(add, toAdd)
      .thenRejected({ code: 'organization-already-exists' });
  });

  test.each([
    ['was never added', []],
    ['was removed', [added, annaAdded, removed]],
  ])('an organization that %s is not found, whatever is asked', (_, past) => {
    const refusal = { code: 'organization-not-found' } as const;
    const organization = given(...past);
    organization.when(rename, { name: 'Acme' }).thenRejected(refusal);
    organization.when(deactivate, null).thenRejected(refusal);
    organization.when(reactivate, null).thenRejected(refusal);
    organization.when(remove, null).thenRejected(refusal);
    organization.when(changeSettings, { changed: { stepsPast: 0 } }).thenRejected(refusal);
    organization.when(resetSettings, { names: ['stepsPast'] }).thenRejected(refusal);
    organization.when(addMember, { userId: bert, roles: ['ORG_OWNER'], user }).thenRejected(refusal);
    organization.when(changeMember, { userId: anna, roles: ['ORG_USER_READER'] }).thenRejected(refusal);
    organization.when(removeMember, { userId: anna }).thenRejected(refusal);
  });
});

describe('the members of an organization', () => {
  const roles = ['ORG_USER_MANAGER', 'ORG_USER_READER'] as const;

  test('a member is added, changed and removed', () => {
    given(added)
      .when(addMember, { userId: anna, roles: ['ORG_OWNER'], user })
      .then(annaAdded);
    given(added, annaAdded, bertAdded)
      .when(changeMember, { userId: anna, roles })
      .then({ type: 'org.member.changed', userId: anna, roles });
    given(added, annaAdded, bertAdded).when(removeMember, { userId: anna }).then(annaRemoved);
  });

  test('roles are kept once each, in one order', () => {
    given(added)
      .when(addMember, {
        userId: anna,
        roles: ['ORG_USER_READER', 'ORG_USER_MANAGER', 'ORG_USER_READER'],
        user,
      })
      .then({ type: 'org.member.added', userId: anna, roles });
  });

  test('the roles that a member has are accepted without an event', () => {
    const changed: OrganizationEvent = { type: 'org.member.changed', userId: anna, roles };
    given(added, annaAdded)
      .when(changeMember, { userId: anna, roles: ['ORG_OWNER'] })
      .then();
    given(added, annaAdded, changed).when(changeMember, { userId: anna, roles: roles.toReversed() }).then();
  });

  test('fewer and other roles are a change', () => {
    const changed: OrganizationEvent = { type: 'org.member.changed', userId: anna, roles };
    given(added, annaAdded, changed)
      .when(changeMember, { userId: anna, roles: ['ORG_USER_READER'] })
      .then({ type: 'org.member.changed', userId: anna, roles: ['ORG_USER_READER'] });
    given(added, annaAdded, bertAdded)
      .when(changeMember, { userId: anna, roles: ['ORG_USER_READER'] })
      .then({ type: 'org.member.changed', userId: anna, roles: ['ORG_USER_READER'] });
  });

  test('as many roles, of which one is another, are a change', () => {
    const others = ['ORG_OWNER', 'ORG_USER_READER'];
    given(added, { ...annaAdded, roles })
      .when(changeMember, { userId: anna, roles: others })
      .then({ type: 'org.member.changed', userId: anna, roles: others });
  });

  test.each([
    ['the only member', [annaAdded]],
    ['the only owner', [annaAdded, { ...bertAdded, roles }]],
    ['the only owner left', [annaAdded, bertAdded, { ...annaRemoved, userId: bert }]],
    ['an owner, beside one who is none any more', [annaAdded, bertAdded, { ...bertChanged, roles }]],
  ] as const)('%s stays an owner, and has other roles only besides', (_, past) => {
    const refusal = { code: 'last-owner' } as const;
    const organization = given(added, ...past);
    organization.when(removeMember, { userId: anna }).thenRejected(refusal);
    organization.when(changeMember, { userId: anna, roles }).thenRejected(refusal);
    organization
      .when(changeMember, { userId: anna, roles: [...roles, 'ORG_OWNER'] })
      .then({ type: 'org.member.changed', userId: anna, roles: ['ORG_OWNER', ...roles] });
  });

  test('where nobody is an owner, or others are, members come and go', () => {
    const annaReads: OrganizationEvent = { ...annaAdded, roles };
    given(added, annaReads).when(removeMember, { userId: anna }).then(annaRemoved);
    given(added, annaReads, bertAdded).when(removeMember, { userId: anna }).then(annaRemoved);
  });

  test('a user who is gone does not become a member, nor who never was', () => {
    given(added)
      .when(addMember, { userId: anna, roles: ['ORG_OWNER'], user: 'gone' })
      .thenRejected({ code: 'user-not-found' });
  });

  test('who is a member is not added again', () => {
    given(added, annaAdded)
      .when(addMember, { userId: anna, roles: ['ORG_USER_READER'], user })
      .thenRejected({ code: 'member-already-exists' });
  });

  test.each([
    ['unlike any, of several', ['ORG_OWNER', 'OWNER', 'VIEWER'], { code: 'role-unknown', role: 'OWNER' }],
    ['of the instance', ['ORG_OWNER', 'INSTANCE_OWNER'], { code: 'role-unknown', role: 'INSTANCE_OWNER' }],
    ['in another spelling', ['org_owner'], { code: 'role-unknown', role: 'org_owner' }],
    ['that is none', [], { code: 'role-missing' }],
  ] as const)('a role %s is refused', (_, wanted, refusal) => {
    given(added).when(addMember, { userId: anna, roles: wanted, user }).thenRejected(refusal);
    given(added, annaAdded).when(changeMember, { userId: anna, roles: wanted }).thenRejected(refusal);
  });

  test('there are at most a thousand', () => {
    expect(membersMax).toBe(1_000);
    given(added, ...crowd.slice(1))
      .when(addMember, { userId: anna, roles: ['ORG_OWNER'], user })
      .then(annaAdded);
    given(added, ...crowd)
      .when(addMember, { userId: anna, roles: ['ORG_OWNER'], user })
      .thenRejected({ code: 'members-max', maximum: 1_000 });
    given(added, ...crowd)
      .when(addMember, { userId: anna, roles: [], user })
      .thenRejected({ code: 'role-missing' });
  });

  test.each([
    ['was never one', [added]],
    ['was removed', [added, annaAdded, annaRemoved]],
    ['is another user', [added, { ...annaAdded, userId: bert }]],
  ])('a member who %s is not found', (_, past) => {
    const refusal = { code: 'member-not-found' } as const;
    given(...past)
      .when(changeMember, { userId: anna, roles: ['ORG_OWNER'] })
      .thenRejected(refusal);
    given(...past)
      .when(removeMember, { userId: anna })
      .thenRejected(refusal);
  });
});

describe('folding', () => {
  test.each([renamed, deactivated, reactivated, removed, settingsChanged, annaAdded, annaRemoved])(
    '$type changes nothing of an organization that was never added or is gone',
    (event) => {
      const gone = organizationOf(added, removed);
      expect(evolveOrganization(noOrganization, event, before)).toBe(noOrganization);
      expect(evolveOrganization(gone, event, before)).toBe(gone);
    },
  );

  test('it is known since when an organization is there, and under which id', () => {
    const [first, ...later] = [added, renamed, deactivated];
    const founded = evolveOrganization(noOrganization, first, now);
    const organization = later.reduce((state, event) => evolveOrganization(state, event, now + 1), founded);
    const { organizationId } = toAdd;
    expect(organization).toMatchObject({ status: 'inactive', organizationId, createdAt: now });
    const unnamed = evolveOrganization(noOrganization, { ...first, organizationId: null }, now);
    expect(unnamed).toMatchObject({ organizationId: null });
  });

  test('a member who is none is removed without a trace', () => {
    const without = organizationOf(added, bertAdded);
    expect(evolveOrganization(without, annaRemoved, before)).toStrictEqual(without);
  });
});
