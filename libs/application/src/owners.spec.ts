// The instance keeps somebody who may do everything, whatever is ended, by whomever.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Command } from '@nestjs/cqrs';

import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { ChangeInstanceMember } from '#application/instance/change-instance-member.js';
import { RemoveInstanceMember } from '#application/instance/remove-instance-member.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganization } from '#application/organization/reactivate-organization.js';
import { RemoveOrganization } from '#application/organization/remove-organization.js';
import { answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, openInhabited, otherId, printer } from '#application/testing/people.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { ReactivateUser } from '#application/user/reactivate-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { UserId } from '#domain/ids.js';

/** An id that was brought along: its stream is not named after it. */
const root = 'root' as UserId;
const of = (userId: UserId) => ({ organizationId, userId, by });
const elsewhere = (userId: UserId) => ({ organizationId: otherId, userId, by });
const owns = (userId: UserId) => new AddInstanceMember({ userId, roles: ['INSTANCE_OWNER'], by });
const lastOwner = refused('last-owner');

const ends = [
  ['LockUser', (userId: UserId) => new LockUser(of(userId)), ['user.locked']],
  ['DeactivateUser', (userId: UserId) => new DeactivateUser(of(userId)), ['user.deactivated']],
  ['RemoveUser', (userId: UserId) => new RemoveUser(of(userId)), ['user.removed', 'login.released']],
  [
    'EraseUser',
    (userId: UserId) => new EraseUser(of(userId)),
    ['user.removed', 'user.erased', 'login.released'],
  ],
] as const;
const leaves = [
  ['RemoveInstanceMember', (userId: UserId) => new RemoveInstanceMember({ userId, by })],
  [
    'ChangeInstanceMember',
    (userId: UserId) => new ChangeInstanceMember({ userId, roles: ['INSTANCE_VIEWER'], by }),
  ],
] as const;
const idle = [
  ['locked', () => new LockUser(elsewhere(bob)), () => new UnlockUser(elsewhere(bob))],
  ['inactive', () => new DeactivateUser(elsewhere(bob)), () => new ReactivateUser(elsewhere(bob))],
  [
    'of an inactive organization',
    () => new DeactivateOrganization({ organizationId: otherId, by }),
    () => new ReactivateOrganization({ organizationId: otherId, by }),
  ],
] as const;
const gone = [
  ['removed', () => new RemoveUser(elsewhere(bob))],
  ['erased', () => new EraseUser(elsewhere(bob))],
  ['of a removed organization', () => new RemoveOrganization({ organizationId: otherId, by })],
] as const;

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, new SetUpInstance({ instanceId: 'the-instance', by }));
  await answerOf(house, machine(root, 'root'));
  await answerOf(house, owns(root));
});
afterEach(() => house.close());

const addBob = async () => {
  await answerOf(house, human(bob, 'bob', { organizationId: otherId }));
  await answerOf(house, owns(bob));
};

describe('the only owner of an instance', () => {
  it.each(ends)('stays as it is: %s', async (_, end, _appended) => {
    expect(await attempt(house, end(root))).toEqual(lastOwner);
  });

  it.each(ends)('keeps nobody else from ending: %s', async (_, end, appended) => {
    await answerOf(house, human(ada, 'ada'));
    await answerOf(house, new AddInstanceMember({ userId: ada, roles: ['INSTANCE_VIEWER'], by }));
    expect(await attempt(house, end(ada))).toMatchObject({ outcome: { kind: 'accepted' }, appended });
  });

  it('is found by its stream, under whichever organization it is asked for', async () => {
    expect(await attempt(house, new RemoveUser(elsewhere(root)))).toEqual(refused('user-not-found'));
  });

  it('keeps its organization as it is, and no other', async () => {
    const there = { organizationId: otherId, by };
    expect(await attempt(house, new DeactivateOrganization({ organizationId, by }))).toEqual(lastOwner);
    expect(await attempt(house, new RemoveOrganization({ organizationId, by }))).toEqual(lastOwner);
    expect((await attempt(house, new DeactivateOrganization(there))).appended).toEqual(['org.deactivated']);
    expect((await attempt(house, new RemoveOrganization(there))).appended).toEqual(['org.removed']);
  });
});

describe('one of two owners', () => {
  beforeEach(addBob);

  it.each(ends)('may end: %s', async (_, end, _appended) => {
    expect(await attempt(house, end(root))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('may end with its organization', async () => {
    const deactivate = new DeactivateOrganization({ organizationId, by });
    expect((await attempt(house, deactivate)).appended).toEqual(['org.deactivated']);
    expect((await attempt(house, new RemoveOrganization({ organizationId, by }))).appended).toEqual([
      'org.removed',
    ]);
  });

  it.each(idle)('stays as it is while the other is %s', async (_, idleNow, again) => {
    await answerOf(house, idleNow());
    for (const [, end] of ends) expect(await attempt(house, end(root))).toEqual(lastOwner);
    for (const [, leave] of leaves) expect(await attempt(house, leave(root))).toEqual(lastOwner);
    expect(await attempt(house, new RemoveOrganization({ organizationId, by }))).toEqual(lastOwner);
    await answerOf(house, again());
    expect((await attempt(house, new LockUser(of(root)))).appended).toEqual(['user.locked']);
  });

  it.each(gone)('stays as it is when the other is %s', async (_, end) => {
    await answerOf(house, end());
    expect(await attempt(house, new LockUser(of(root)))).toEqual(lastOwner);
    expect((await attempt(house, new RemoveInstanceMember({ userId: bob, by }))).appended).toEqual([
      'instance.member.removed',
    ]);
  });

  it('may go who is locked, as long as the other may act', async () => {
    await answerOf(house, new LockUser(elsewhere(bob)));
    expect((await attempt(house, new RemoveUser(elsewhere(bob)))).outcome).toMatchObject({
      kind: 'accepted',
    });
  });
});

describe('two owners that end each other at the same moment', () => {
  beforeEach(addBob);
  const endsOfBob: readonly Command<unknown>[] = [
    new LockUser(elsewhere(bob)),
    new EraseUser(elsewhere(bob)),
    new DeactivateOrganization({ organizationId: otherId, by }),
    new RemoveInstanceMember({ userId: bob, by }),
  ];

  it.each(endsOfBob)('leave one of them in one process: $constructor.name', async (end) => {
    const both: readonly Command<unknown>[] = [new RemoveUser(of(root)), end];
    const told = await Promise.all(both.map((one) => house.run(one)));
    expect(told.map((outcome) => (outcome as { kind: string }).kind).sort()).toEqual([
      'accepted',
      'rejected',
    ]);
  });

  it('wait for nobody who is no owner', async () => {
    await answerOf(house, machine(printer, 'printer'));
    house.application.ownersTurns.take('owners');
    expect(await attempt(house, new LockUser(of(printer)))).toMatchObject({ appended: ['user.locked'] });
  });
});
