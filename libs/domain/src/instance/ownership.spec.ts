import { describe, expect, test } from '@jest/globals';

import type { UserId } from '#domain/ids.js';
import { type Owner, ownershipAfter, ownersOf, standingOf } from '#domain/instance/ownership.js';
import { deactivated, erased, humanAdded, locked, removed } from '#domain/testing/people.js';
import { accountOf } from '#domain/testing/specification.js';

const leaving = (standing: Owner['standing']): Owner => ({ standing, isLeaving: true });
const staying = (standing: Owner['standing']): Owner => ({ standing, isLeaving: false });

describe('who owns an instance', () => {
  test('is a member with the role of owners, whatever other roles it has', () => {
    const [anna, bert, carl] = ['anna', 'bert', 'carl'] as [UserId, UserId, UserId];
    const owner = { userId: anna, roles: ['INSTANCE_VIEWER', 'INSTANCE_OWNER'] };
    const viewers = [bert, carl].map((userId) => ({ userId, roles: ['INSTANCE_VIEWER'] }));
    expect(ownersOf([...viewers, owner])).toStrictEqual([owner]);
  });

  test.each([
    ['nobody is an owner', [], 'stays'],
    ['no owner leaves', [staying('idle')], 'stays'],
    ['another one may act', [leaving('acting'), staying('idle'), staying('acting')], 'stays'],
    ['whoever leaves was gone before', [leaving('gone'), staying('idle')], 'stays'],
    ['the only one leaves', [leaving('acting')], 'ends'],
    ['the only one leaves, who may not act now', [leaving('idle')], 'ends'],
    ['all leave together', [leaving('acting'), leaving('acting')], 'ends'],
    [
      'the others are locked, inactive or gone',
      [staying('idle'), leaving('acting'), staying('gone')],
      'ends',
    ],
  ] as const)('is somebody or nobody afterwards: %s', (_, owners, ownership) => {
    expect(ownershipAfter(owners)).toBe(ownership);
  });
});

describe('what an owner may do', () => {
  test.each([
    ['active', [humanAdded], 'active', 'acting'],
    ['locked', [humanAdded, locked], 'active', 'idle'],
    ['inactive', [humanAdded, deactivated], 'active', 'idle'],
    ['of an inactive organization', [humanAdded], 'inactive', 'idle'],
    ['of a removed organization', [humanAdded], 'removed', 'gone'],
    ['of an unknown organization', [humanAdded], 'unknown', 'gone'],
    ['removed', [humanAdded, removed], 'active', 'gone'],
    ['erased', [humanAdded, removed, erased], 'active', 'gone'],
    ['nobody', [], 'active', 'gone'],
  ] as const)('is known by the user and its organization: %s', (_, past, organization, standing) => {
    expect(standingOf(accountOf(...past).user, organization)).toBe(standing);
  });
});
