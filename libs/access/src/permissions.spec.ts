import { describe, expect, it } from '@jest/globals';

import {
  type Permission,
  permissions,
  permissionsOf,
  scopeAllows,
  scopeAllowsSelf,
  scopesCover,
  scopesKnown,
} from '#access/permissions.js';
import { scopeCharactersMax } from '#domain/access-token/decide.js';
import { instanceRoles, organizationRoles } from '#domain/organization/members.js';

const everyRole = [...organizationRoles, ...instanceRoles];

const roles = [
  'ORG_OWNER',
  'ORG_USER_MANAGER',
  'ORG_USER_READER',
  'INSTANCE_OWNER',
  'INSTANCE_VIEWER',
  'INSTANCE_LOGIN_CLIENT',
] as const;

/** A column for each role, in this order. */
const matrix: Readonly<Record<Permission, string>> = {
  'user.read': 'yes yes yes yes yes yes',
  'user.write': 'yes yes -   yes -   -',
  'user.delete': 'yes yes -   yes -   -',
  'user.credential.write': 'yes yes -   yes -   -',
  'user.factor.verify': 'yes yes -   yes -   -',
  'user.factor.reset': 'yes yes -   yes -   -',
  'user.token.write': 'yes yes -   yes -   -',
  'user.erase': 'yes -   -   yes -   -',
  'session.read': 'yes yes -   yes -   yes',
  'session.write': 'yes yes -   yes -   yes',
  'session.delete': 'yes yes -   yes -   yes',
  'org.read': 'yes yes yes yes yes yes',
  'org.write': 'yes -   -   yes -   -',
  'org.create': '-   -   -   yes -   -',
  'org.delete': 'yes -   -   yes -   -',
  'org.member.read': 'yes -   -   yes yes -',
  'org.member.write': 'yes -   -   yes -   -',
  'org.quota.read': 'yes -   -   yes yes -',
  'policy.read': 'yes yes yes yes yes yes',
  'policy.write': 'yes -   -   yes -   -',
  'instance.limit.write': '-   -   -   yes -   -',
  'instance.member.read': '-   -   -   yes yes -',
  'instance.member.write': '-   -   -   yes -   -',
  'instance.projection.read': '-   -   -   yes -   -',
  'instance.projection.write': '-   -   -   yes -   -',
  'instance.event.read': '-   -   -   yes -   -',
  'instance.key.read': '-   -   -   yes -   -',
  'instance.key.write': '-   -   -   yes -   -',
};

describe('a role', () => {
  it.each(permissions)('allows %s or does not, as the table says', (permission) => {
    const held = roles.map((role) => (permissionsOf([role]).has(permission) ? 'yes' : '-'));
    expect(held).toEqual(matrix[permission].split(/ +/));
  });

  it('is in the table', () => {
    expect([...roles].toSorted()).toEqual(everyRole.toSorted());
    expect(Object.keys(matrix)).toEqual([...permissions]);
  });

  it.each(everyRole)(
    'such as %s lets read users and organizations, without which a no would be hidden',
    (role) => {
      expect([...permissionsOf([role])]).toEqual(expect.arrayContaining(['user.read', 'org.read']));
    },
  );

  it.each([['ORG_VIEWER'], ['org_owner'], ['ORG_OWNER '], ['constructor'], ['__proto__'], ['']])(
    'that is not known, such as %p, grants nothing',
    (role) => {
      expect(permissionsOf([role]).size).toBe(0);
      expect(permissionsOf([role, 'ORG_USER_READER'])).toBe(permissionsOf(['ORG_USER_READER']));
    },
  );
});

describe('several roles', () => {
  it('grant what each of them grants', () => {
    const both = permissionsOf(['ORG_USER_MANAGER', 'INSTANCE_VIEWER']);
    const each = [...permissionsOf(['ORG_USER_MANAGER']), ...permissionsOf(['INSTANCE_VIEWER'])];
    expect([...both].toSorted()).toEqual([...new Set(each)].toSorted());
  });

  it('are one set in whatever order, made once', () => {
    const set = permissionsOf(['ORG_USER_MANAGER', 'INSTANCE_VIEWER']);
    expect(permissionsOf(['INSTANCE_VIEWER', 'ORG_USER_MANAGER', 'INSTANCE_VIEWER'])).toBe(set);
  });

  it('that are none grant nothing', () => {
    expect(permissionsOf([]).size).toBe(0);
  });
});

describe('the scopes of an access token', () => {
  it.each([
    ['all', true, true],
    ['user.credential.write', true, true],
    ['self', false, true],
    ['factors.write', false, true],
    ['user.write', false, false],
    ['user.credential', false, false],
    ['constructor', false, false],
  ])(
    'such as %s allow a change of factors of others: %p, and of one’s own: %p',
    (scope, ofOthers, ofOneself) => {
      expect(scopeAllows([scope], 'user.credential.write')).toBe(ofOthers);
      expect(scopeAllowsSelf([scope], 'user.credential.write')).toBe(ofOneself);
    },
  );

  it.each(permissions)('that are factors.write allow no more than that: %s', (permission) => {
    expect(scopeAllowsSelf(['factors.write'], permission)).toBe(permission === 'user.credential.write');
  });

  it('allow what any of them allows', () => {
    expect(scopeAllows(['org.read', 'user.read'], 'user.read')).toBe(true);
    expect(scopeAllowsSelf(['org.read', 'self'], 'user.write')).toBe(true);
  });

  it('that are none allow nothing', () => {
    expect(scopeAllows([], 'user.read')).toBe(false);
    expect(scopeAllowsSelf([], 'user.read')).toBe(false);
  });

  it('are known by their words', () => {
    expect(scopesKnown(['all', 'self', 'factors.write', ...permissions])).toBe(true);
    expect(scopesKnown(['all', 'user.reed'])).toBe(false);
    expect(scopesKnown(['constructor'])).toBe(false);
  });

  it.each(permissions)('can be written into a token: %s', (permission) => {
    expect(permission).toMatch(/^[a-z]+(\.[a-z]+)+$/);
    expect(permission.length).toBeLessThan(scopeCharactersMax);
  });
});

describe('a token that makes another one', () => {
  it.each([
    ['all', ['all', 'self', 'user.erase']],
    ['self', ['self', 'factors.write']],
    ['user.token.write', ['user.token.write']],
  ])('hands on what it holds: %s covers %j', (held, wanted) => {
    expect(scopesCover([held], wanted)).toBe(true);
  });

  it.each([
    ['self', 'all'],
    ['self', 'user.read'],
    ['user.token.write', 'self'],
    ['user.token.write', 'all'],
    ['factors.write', 'self'],
  ])('never makes a wider one: %s does not cover %s', (held, wanted) => {
    expect(scopesCover([held], [wanted])).toBe(false);
    expect(scopesCover([held], [held, wanted])).toBe(false);
  });
});
