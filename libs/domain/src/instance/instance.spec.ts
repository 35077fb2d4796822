import { describe, expect, test } from '@jest/globals';
import type { UserId } from '#domain/ids.js';
import {
  addMember,
  changeMember,
  changeSettings,
  giveOrder,
  removeMember,
  resetSettings,
  setUp,
} from '#domain/instance/decide.js';
import { type InstanceEvent, type OperatorOrder, operatorOrders } from '#domain/instance/events.js';
import { evolveInstance, inheritedSettings, noInstance } from '#domain/instance/state.js';
import { membersMax } from '#domain/organization/decide-members.js';
import { defaultSettings, type SettingName, settingRanges } from '#domain/organization/settings.js';
import { specificationOf } from '#domain/testing/specification.js';

const given = specificationOf({
  initial: noInstance,
  evolve: evolveInstance,
  circumstances: { ownership: 'stays' as 'stays' | 'ends' },
});

const anna = 'anna' as UserId;
const bert = 'bert' as UserId;
const added: InstanceEvent = { type: 'instance.added', instanceId: 'one' };
const annaAdded: InstanceEvent = { type: 'instance.member.added', userId: anna, roles: ['INSTANCE_OWNER'] };
const annaRemoved: InstanceEvent = { type: 'instance.member.removed', userId: anna };
const bertAdded: InstanceEvent = { ...annaAdded, userId: bert };
const user = 'living';
const changedTo = (changed: Extract<InstanceEvent, { type: 'instance.settings.changed' }>['changed']) =>
  ({ type: 'instance.settings.changed', changed }) as const;
const reset = (...names: readonly SettingName[]) => ({ type: 'instance.settings.reset', names }) as const;

describe('setting up the instance', () => {
  test('it is set up once', () => {
    given().when(setUp, { instanceId: 'one' }).then(added);
    given(added).when(setUp, { instanceId: 'one' }).thenRejected({ code: 'instance-already-set-up' });
    given(added).when(setUp, { instanceId: 'two' }).thenRejected({ code: 'instance-already-set-up' });
  });

  test('nothing can be changed before', () => {
    const refusal = { code: 'instance-not-set-up' } as const;
    given()
      .when(changeSettings, { changed: { stepsPast: 0 } })
      .thenRejected(refusal);
    given()
      .when(resetSettings, { names: ['stepsPast'] })
      .thenRejected(refusal);
    given()
      .when(addMember, { userId: anna, roles: ['INSTANCE_OWNER'], user })
      .thenRejected(refusal);
    given()
      .when(changeMember, { userId: anna, roles: ['INSTANCE_OWNER'] })
      .thenRejected(refusal);
    given().when(removeMember, { userId: anna }).thenRejected(refusal);
  });
});

describe('the settings of the instance', () => {
  test('they are chosen and given up again', () => {
    given(added)
      .when(changeSettings, { changed: { stepsPast: 0, issuer: 'Acme' } })
      .then(changedTo({ stepsPast: 0, issuer: 'Acme' }));
    given(added, changedTo({ stepsPast: 0, issuer: 'Acme' }))
      .when(resetSettings, { names: ['issuer', 'totpDevicesMax'] })
      .then(reset('issuer'));
  });

  test('an unchanged value is accepted without an event', () => {
    given(added, changedTo({ stepsPast: 0 }))
      .when(changeSettings, { changed: { stepsPast: 0 } })
      .then();
    given(added, changedTo({ stepsPast: 0 }), reset('stepsPast'))
      .when(resetSettings, { names: ['stepsPast'] })
      .then();
  });

  test('what an organization may not choose the instance may not either', () => {
    given(added)
      .when(changeSettings, { changed: { failuresPerWindowMax: 101 } })
      .thenRejected({ code: 'setting-out-of-range', name: 'failuresPerWindowMax', minimum: 5, maximum: 100 });
    given(added)
      .when(changeSettings, { changed: { issuer: 'a:b' } })
      .thenRejected({ code: 'setting-malformed', name: 'issuer' });
  });

  test('the longest delay is not under the first', () => {
    given(added, changedTo({ delaySecondsFirst: 300 }))
      .when(changeSettings, { changed: { delaySecondsMax: 299 } })
      .thenRejected({
        code: 'setting-out-of-range',
        name: 'delaySecondsMax',
        minimum: 300,
        maximum: 86_400,
      });
  });

  test('the defaults go with whatever delay may be chosen', () => {
    const { delaySecondsFirst, delaySecondsMax } = settingRanges;
    expect(defaultSettings.delaySecondsFirst).toBeLessThanOrEqual(delaySecondsMax.minimum);
    expect(defaultSettings.delaySecondsMax).toBeGreaterThanOrEqual(delaySecondsFirst.maximum);
  });

  test.each(Object.entries(settingRanges))('the default of %s may be chosen', (name, _range) => {
    const changed = { [name]: defaultSettings[name as SettingName] };
    given(added).when(changeSettings, { changed }).then(changedTo(changed));
  });

  test('they hold wherever an organization chose nothing', () => {
    const instance = evolveInstance(noInstance, added, 0);
    expect(inheritedSettings(noInstance)).toBe(defaultSettings);
    expect(inheritedSettings(instance)).toBe(defaultSettings);
    const chosen = evolveInstance(instance, changedTo({ stepsPast: 0 }), 0);
    expect(inheritedSettings(chosen)).toStrictEqual({ ...defaultSettings, stepsPast: 0 });
    expect(inheritedSettings(evolveInstance(chosen, reset('stepsPast'), 0))).toBe(defaultSettings);
  });
});

describe('the members of the instance', () => {
  const viewer = ['INSTANCE_VIEWER'];

  test('a member is added, changed and removed', () => {
    given(added)
      .when(addMember, { userId: anna, roles: ['INSTANCE_OWNER'], user })
      .then(annaAdded);
    given(added, annaAdded, bertAdded)
      .when(changeMember, { userId: anna, roles: viewer })
      .then({ type: 'instance.member.changed', userId: anna, roles: viewer });
    given(added, annaAdded, bertAdded).when(removeMember, { userId: anna }).then(annaRemoved);
  });

  test('the roles that a member has are accepted without an event', () => {
    given(added, annaAdded, { type: 'instance.member.changed', userId: anna, roles: viewer })
      .when(changeMember, { userId: anna, roles: viewer })
      .then();
  });

  test('the last owner stays one', () => {
    const instance = given(added, annaAdded, { ...bertAdded, roles: viewer });
    instance.when(removeMember, { userId: anna }).thenRejected({ code: 'last-owner' });
    instance.when(changeMember, { userId: anna, roles: viewer }).thenRejected({ code: 'last-owner' });
  });

  test('an owner beside others stays one where none of them may act', () => {
    const last = { ownership: 'ends' } as const;
    const instance = given(added, annaAdded, bertAdded);
    instance.when(removeMember, { userId: anna }, last).thenRejected({ code: 'last-owner' });
    instance.when(changeMember, { userId: anna, roles: viewer }, last).thenRejected({ code: 'last-owner' });
    const both = ['INSTANCE_OWNER', 'INSTANCE_VIEWER'];
    instance
      .when(changeMember, { userId: anna, roles: both }, last)
      .then({ type: 'instance.member.changed', userId: anna, roles: both });
  });

  test('a user who is gone does not become a member, nor who never was', () => {
    given(added)
      .when(addMember, { userId: anna, roles: viewer, user: 'gone' })
      .thenRejected({ code: 'user-not-found' });
  });

  test('who is a member is not added again', () => {
    given(added, annaAdded)
      .when(addMember, { userId: anna, roles: viewer, user })
      .thenRejected({ code: 'member-already-exists' });
  });

  test.each([
    ['of an organization', ['ORG_OWNER'], { code: 'role-unknown', role: 'ORG_OWNER' }],
    ['that is none', [], { code: 'role-missing' }],
  ] as const)('a role %s is refused', (_, wanted, refusal) => {
    given(added).when(addMember, { userId: anna, roles: wanted, user }).thenRejected(refusal);
    given(added, annaAdded).when(changeMember, { userId: anna, roles: wanted }).thenRejected(refusal);
  });

  test('there are at most a thousand', () => {
    const crowd = Array.from(
      { length: membersMax },
      (_, index): InstanceEvent => ({ ...annaAdded, userId: `member ${index}` as UserId }),
    );
    given(added, ...crowd)
      .when(addMember, { userId: anna, roles: viewer, user })
      .thenRejected({ code: 'members-max', maximum: 1_000 });
  });

  test.each([
    ['was never one', [added]],
    ['was removed', [added, annaAdded, annaRemoved]],
    ['is another user', [added, { ...annaAdded, userId: bert }]],
  ])('a member who %s is not found', (_, past) => {
    const refusal = { code: 'member-not-found' } as const;
    given(...past)
      .when(changeMember, { userId: anna, roles: viewer })
      .thenRejected(refusal);
    given(...past)
      .when(removeMember, { userId: anna })
      .thenRejected(refusal);
  });
});

const orders: readonly OperatorOrder[] = [
  { type: 'instance.projection.paused', projection: 'users' },
  { type: 'instance.projection.resumed', projection: 'users' },
  { type: 'instance.projection.parked.retried', projection: 'users', stream: 'user-one', position: '7' },
  { type: 'instance.projection.parked.skipped', projection: 'users', stream: 'user-one', position: '7' },
  {
    type: 'instance.replay.started',
    projection: 'users',
    isDryRun: false,
    side: null,
    upToPosition: null,
    upToTime: null,
    onlyStream: null,
    eventsPerSecondMax: null,
    parks: false,
    switchesAnyway: false,
  },
  { type: 'instance.replay.paused', projection: 'users', build: 2 },
  { type: 'instance.replay.resumed', projection: 'users', build: 2, parks: null, switchesAnyway: true },
  { type: 'instance.replay.cancelled', projection: 'users', build: 2 },
  { type: 'instance.build.dropped', projection: 'users', build: 1 },
  { type: 'instance.key.rotated', masterKey: '2026-11' },
];

describe('what an operator orders', () => {
  test.each(orders)('$type is kept, and changes nothing that is decided by', (order) => {
    given(added, annaAdded).when(giveOrder, { order }).then(order);
    const instance = evolveInstance(evolveInstance(noInstance, added, 0), annaAdded, 0);
    expect(evolveInstance(instance, order, 0)).toBe(instance);
  });

  test('is known by its type, and nothing else is', () => {
    expect(Object.keys(operatorOrders).toSorted()).toEqual(orders.map(({ type }) => type).toSorted());
  });

  test('is refused before the instance is set up', () => {
    const [order] = orders as [OperatorOrder];
    given().when(giveOrder, { order }).thenRejected({ code: 'instance-not-set-up' });
  });
});

describe('folding', () => {
  test.each([changedTo({ stepsPast: 0 }), reset('stepsPast'), annaAdded, annaRemoved])(
    '$type changes nothing before the instance is set up',
    (event) => {
      expect(evolveInstance(noInstance, event, 0)).toBe(noInstance);
    },
  );
});
