import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Caller } from '#application/caller.js';
import { GiveOrder } from '#application/instance/give-order.js';
import { givenBefore, isOvertaken } from '#application/instance/given-before.js';
import { SetUpInstance } from '#application/instance/set-up-instance.js';
import { by, type House, openHouse } from '#application/testing/house.js';
import type { InstanceEvent, OperatorOrder } from '#domain/instance/events.js';

const paused = { type: 'instance.projection.paused', projection: 'users' } as const;
const resumed = { type: 'instance.projection.resumed', projection: 'users' } as const;
const under = (key: string, request = 'request'): Caller => ({ ...by, idempotency: { key, request } });

let house: House;
beforeEach(async () => {
  house = await openHouse({ soleWriter: false });
});
afterEach(() => house.close());

describe('an order that was given before', () => {
  const found = (caller: Caller) => givenBefore(house.application, caller);

  it('is none before the instance is set up, nor without an idempotency key', async () => {
    expect(await found(under('one'))).toBeNull();
    await house.run(new SetUpInstance({ instanceId: 'one', by }));
    await house.run(new GiveOrder({ order: paused, by }));
    expect(await found(by)).toBeNull();
    expect(await found(under('one'))).toBeNull();
  });

  it('is told with the details of then, and what was ordered since', async () => {
    await house.run(new SetUpInstance({ instanceId: 'one', by }));
    const given = await house.run(new GiveOrder({ order: paused, by: under('one') }));
    expect(await found(under('one'))).toMatchObject({ kind: 'given', since: [] });
    house.clock.now += 1_000;
    await house.run(new GiveOrder({ order: resumed, by }));
    const { details } = given as Extract<typeof given, { kind: 'accepted' }>;
    expect(await found(under('one'))).toEqual({ kind: 'given', details, since: [resumed] });
    expect(await found(under('one', 'another'))).toEqual({
      kind: 'rejected',
      refusal: { code: 'idempotency-key-reused' },
    });
  });
});

const parked = { projection: 'users', stream: 'user-one', position: '7' };
const started: OperatorOrder = {
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
};
const ofBuild = { projection: 'users', build: 2 };
const rotated = { type: 'instance.key.rotated', masterKey: '2026-11' } as const;
const skipped = { type: 'instance.projection.parked.skipped', ...parked } as const;
const retried = { type: 'instance.projection.parked.retried', ...parked } as const;
const cancelled = { type: 'instance.replay.cancelled', ...ofBuild } as const;
const replayPaused = { type: 'instance.replay.paused', ...ofBuild } as const;
const dropped = { type: 'instance.build.dropped', ...ofBuild } as const;
const restarted = { type: 'instance.replay.resumed', ...ofBuild, parks: null, switchesAnyway: null } as const;

describe('what was ordered is overtaken', () => {
  it.each<readonly [OperatorOrder, InstanceEvent]>([
    [paused, resumed],
    [resumed, paused],
    [retried, skipped],
    [skipped, retried],
    [started, started],
    [started, dropped],
    [replayPaused, restarted],
    [restarted, cancelled],
    [cancelled, dropped],
    [dropped, dropped],
    [rotated, rotated],
  ])('by what was ordered of the same since: %j, %j', (order, later) => {
    expect(isOvertaken(order, [later])).toBe(true);
    expect(isOvertaken(order, [])).toBe(false);
  });

  it.each<readonly [OperatorOrder, InstanceEvent]>([
    [paused, { ...resumed, projection: 'audit' }],
    [paused, cancelled],
    [skipped, { ...retried, stream: 'user-two' }],
    [skipped, { ...retried, projection: 'audit' }],
    [started, { ...started, projection: 'audit' }],
    [started, resumed],
    [replayPaused, { ...restarted, build: 3 }],
    [replayPaused, started],
    [dropped, { ...dropped, projection: 'audit' }],
    [rotated, paused],
    [rotated, { type: 'instance.settings.reset', names: ['issuer'] }],
  ])('by nothing else: %j, %j', (order, later) => {
    expect(isOvertaken(order, [later])).toBe(false);
  });
});
