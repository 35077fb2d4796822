import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { AddInstanceMember } from '#application/instance/add-instance-member.js';
import { ChangeInstanceMember } from '#application/instance/change-instance-member.js';
import { ChangeInstanceSettings } from '#application/instance/change-instance-settings.js';
import { GiveOrder } from '#application/instance/give-order.js';
import { RemoveInstanceMember } from '#application/instance/remove-instance-member.js';
import { ResetInstanceSettings } from '#application/instance/reset-instance-settings.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { AddOrganization } from '#application/organization/add-organization.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
import { bob, machine, nobody } from '#application/testing/people.js';
import { EraseUser } from '#application/user/erase-user.js';
import type { UserId } from '#domain/ids.js';
import type { Overrides } from '#domain/organization/settings.js';

const instanceId = 'the-instance';
const userId = '0198f3a2-0000-7000-8000-0000000000a1' as UserId;
const setUp = new SetUpInstance({ instanceId, by });
const change = (changed: Overrides) =>
  new ChangeInstanceSettings({ changed: new SettingsFields(changed), by });

let house: House;
beforeEach(async () => {
  house = await openHouse({ soleWriter: false });
});
afterEach(() => house.close());

const done = (sequence: number, ...appended: readonly string[]) =>
  accepted(house, { sequence, resourceOwner: instanceId }, ...appended);

describe('the instance', () => {
  it('is set up once, and stays the one it is', async () => {
    expect(await attempt(house, setUp)).toEqual(done(1, 'instance.added'));
    expect(await attempt(house, setUp)).toEqual(refused('instance-already-set-up'));
    expect(await attempt(house, new SetUpInstance({ instanceId: 'another', by }))).toEqual(
      refused('instance-already-set-up'),
    );
  });

  it('is one, however many set it up at once', async () => {
    const other = await house.another();
    const told = await Promise.all([house.run(setUp), other.run(setUp), house.run(setUp)]);
    expect(told.map(({ kind }) => kind).sort()).toEqual(['accepted', 'rejected', 'rejected']);
    await other.close();
  });

  it.each([
    change({ totpDevicesMax: 5 }),
    new ResetInstanceSettings({ names: ['issuer'], by }),
    new AddInstanceMember({ userId, roles: ['INSTANCE_OWNER'], by }),
    new ChangeInstanceMember({ userId, roles: ['INSTANCE_OWNER'], by }),
    new RemoveInstanceMember({ userId, by }),
    new GiveOrder({ order: { type: 'instance.projection.paused', projection: 'users' }, by }),
  ])('cannot be changed before it is set up: $constructor.name', async (command) => {
    expect(await attempt(house, command)).toEqual(refused('instance-not-set-up'));
  });

  it('can be changed in one process as soon as another has set it up', async () => {
    const other = await house.another();
    expect(await attempt(house, change({ totpDevicesMax: 5 }))).toEqual(refused('instance-not-set-up'));
    await answerOf(other, setUp);
    expect(await attempt(house, change({ totpDevicesMax: 5 }))).toEqual(done(2, 'instance.settings.changed'));
    await other.close();
  });
});

describe('the settings of the instance', () => {
  beforeEach(async () => {
    await answerOf(house, setUp);
    house.clock.now += 1_000;
  });
  const settings = async () => (await house.application.surroundings.of(organizationId)).settings;

  it('hold where an organization chose nothing, and have their defaults again when they are reset', async () => {
    expect(await attempt(house, change({ totpDevicesMax: 5, stepsFuture: 1 }))).toEqual(
      done(2, 'instance.settings.changed'),
    );
    expect(await settings()).toMatchObject({ totpDevicesMax: 5, stepsFuture: 1 });
    const reset = new ResetInstanceSettings({ names: ['totpDevicesMax'], by });
    expect(await attempt(house, reset)).toEqual(done(3, 'instance.settings.reset'));
    expect(await settings()).toMatchObject({ totpDevicesMax: 3, stepsFuture: 1 });
    expect(await attempt(house, reset)).toEqual(done(3));
  });

  it('are not written again where nothing changes', async () => {
    await answerOf(house, change({ issuer: 'Everybody' }));
    expect(await attempt(house, change({ issuer: 'Everybody' }))).toEqual(done(2));
  });

  it('keep their bounds', async () => {
    expect(await violationsIn(house, change({ totpDevicesMax: 11 }))).toEqual([
      'changed.totpDevicesMax: whole-number',
    ]);
    expect(await attempt(house, change({ delaySecondsFirst: 100, delaySecondsMax: 99 }))).toEqual(
      refused({ code: 'setting-out-of-range', name: 'delaySecondsMax', minimum: 100, maximum: 86_400 }),
    );
    expect(await attempt(house, change({ issuer: 'a:b' }))).toEqual(
      refused({ code: 'setting-malformed', name: 'issuer' }),
    );
    await answerOf(house, change({ delaySecondsFirst: 1, delaySecondsMax: 30 }));
    await answerOf(house, change({ delaySecondsMax: 40 }));
    expect(await attempt(house, new ResetInstanceSettings({ names: ['delaySecondsFirst'], by }))).toEqual(
      done(4, 'instance.settings.reset'),
    );
  });
});

describe('a member of the instance', () => {
  beforeEach(async () => {
    await answerOf(house, setUp);
    await answerOf(house, new AddOrganization({ organizationId, name: 'Acme', by }));
    await answerOf(house, machine(userId, 'printer'));
    await answerOf(house, machine(bob, 'scanner'));
  });
  const add = (roles: readonly string[]) => new AddInstanceMember({ userId, roles, by });
  const changeTo = (roles: readonly string[]) => new ChangeInstanceMember({ userId, roles, by });
  const remove = new RemoveInstanceMember({ userId, by });

  it('is added once, has other roles after a change, and is none after removal', async () => {
    expect(await attempt(house, changeTo(['INSTANCE_OWNER']))).toEqual(refused('member-not-found'));
    expect(await attempt(house, add(['INSTANCE_VIEWER']))).toEqual(done(2, 'instance.member.added'));
    expect(await attempt(house, add(['INSTANCE_OWNER']))).toEqual(refused('member-already-exists'));
    expect(await attempt(house, changeTo(['INSTANCE_OWNER']))).toEqual(done(3, 'instance.member.changed'));
    expect(await attempt(house, changeTo(['INSTANCE_OWNER']))).toEqual(done(3));
    expect(await attempt(house, remove)).toEqual(refused('last-owner'));
    expect(await attempt(house, changeTo(['INSTANCE_VIEWER']))).toEqual(refused('last-owner'));
    await answerOf(house, new AddInstanceMember({ userId: bob, roles: ['INSTANCE_OWNER'], by }));
    expect(await attempt(house, remove)).toEqual(done(5, 'instance.member.removed'));
    expect(await attempt(house, remove)).toEqual(refused('member-not-found'));
  });

  it('is a user who is there', async () => {
    const late = new AddInstanceMember({ userId: bob, roles: ['INSTANCE_OWNER'], by });
    await answerOf(house, new EraseUser({ organizationId, userId: bob, by }));
    expect(await attempt(house, late)).toEqual(refused('user-not-found'));
    expect(await attempt(house, new AddInstanceMember({ ...late, userId: nobody }))).toEqual(
      refused('user-not-found'),
    );
  });

  it('has at least one role, and only roles that there are here', async () => {
    expect(await attempt(house, add(['ORG_OWNER']))).toEqual(
      refused({ code: 'role-unknown', role: 'ORG_OWNER' }),
    );
    expect(await violationsIn(house, add([]))).toEqual(['roles: text-list']);
    expect(await violationsIn(house, new RemoveInstanceMember({ userId: '' as UserId, by }))).toEqual([
      'userId: id',
    ]);
    expect(await violationsIn(house, new SetUpInstance({ instanceId: '', by }))).toEqual(['instanceId: id']);
  });
});

describe('what an operator orders', () => {
  const order = { type: 'instance.projection.paused', projection: 'users' } as const;

  it('is written down with who ordered it, once for each time', async () => {
    await answerOf(house, setUp);
    expect(await attempt(house, new GiveOrder({ order, by }))).toEqual(done(2, 'instance.projection.paused'));
    expect(await attempt(house, new GiveOrder({ order, by }))).toEqual(done(3, 'instance.projection.paused'));
  });

  it('has no text that nobody could show', async () => {
    const projection = 'users\u001b[2J';
    expect(await violationsIn(house, new GiveOrder({ order: { ...order, projection }, by }))).toEqual([
      'order: of-type',
    ]);
  });

  it('is one of the orders that there are', async () => {
    const unknown = { ...order, type: 'instance.projection.forgotten' } as unknown as typeof order;
    expect(await violationsIn(house, new GiveOrder({ order: unknown, by }))).toEqual(['order: of-type']);
  });
});
