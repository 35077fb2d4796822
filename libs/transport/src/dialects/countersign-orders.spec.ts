// What operators order under idempotency keys, and at once: what is written down, what is done again, and what is not.

import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

import type { DescMethodUnary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { EventService } from '#contract/countersign/v1/event_service_pb.js';
import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import {
  ProjectionService,
  ProjectionState,
  ReplayPhase,
} from '#contract/countersign/v1/projection_service_pb.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';

const projections = ProjectionService.method;
const keys = KeyService.method;

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const types = ['instance.projection.*', 'instance.replay.*', 'instance.build.*', 'instance.key.*'];
const orders = async () => {
  const asked = { filter: { types }, limit: 1_000 };
  const { events } = await desk.ask('root', EventService.method.listEvents, asked);
  return events.map(({ type }) => type);
};

const under = (idempotencyKey: string) => ({ person: 'root', idempotencyKey }) as const;
const users = { projection: 'users' };

const begin = async (key: string, side: string) => {
  const options = { side, eventsPerSecondMax: 1 };
  const { replay } = await desk.ask(under(key), projections.startReplay, { ...users, options });
  return replay?.build ?? 0;
};
const phaseOf = async (build: number) =>
  (await desk.ask('root', projections.getReplay, { build })).replay?.phase;

/** As an answer that is told again says it. */
async function isRepeat(key: string, method: DescMethodUnary, request: object): Promise<boolean> {
  const told = await desk.call(under(key), method, request as never);
  expect(told.kind).toBe('answered');
  return told.headers['idempotent-replayed'] === 'true';
}

describe('an order that is refused', () => {
  it('is written nowhere, under an idempotency key either', async () => {
    const build = await begin('first', 'taken');
    const { projection } = await desk.ask('root', projections.getProjection, users);
    const live = { build: projection?.liveBuild ?? 0 };
    const nowhere = { ...users, stream: 'user-one', position: '1' };
    const again = { ...users, options: { side: 'taken' } };
    const before = await orders();
    expect(await desk.said(under('a'), projections.dropBuild, live)).toMatch(/^9 build-live/);
    expect(await desk.said(under('b'), projections.skipParkedStream, nowhere)).toMatch(/^5 parked-stream/);
    expect(await desk.said(under('c'), projections.startReplay, again)).toMatch(/^6 replay-under-way/);
    expect(await orders()).toEqual(before);
    await desk.ask('root', projections.cancelReplay, { build });
    expect(await isRepeat('c', projections.startReplay, again)).toBe(false);
  });
});

describe('an order that is given again', () => {
  it('takes nothing back that was ordered since', async () => {
    const audit = { projection: 'audit' };
    await desk.ask(under('pause'), projections.pauseProjection, audit);
    await desk.ask('root', projections.resumeProjection, audit);
    expect(await isRepeat('pause', projections.pauseProjection, audit)).toBe(true);
    const { projection } = await desk.ask('root', projections.getProjection, audit);
    expect(projection?.state).not.toBe(ProjectionState.PAUSED);

    const build = await begin('long', 'long');
    await desk.ask(under('pause it'), projections.pauseReplay, { build });
    await desk.ask('root', projections.resumeReplay, { build });
    expect(await isRepeat('pause it', projections.pauseReplay, { build })).toBe(true);
    expect(await phaseOf(build)).not.toBe(ReplayPhase.PAUSED);
    await desk.ask('root', projections.cancelReplay, { build });
  });

  it('to rotate does so once', async () => {
    const { masterKeys } = desk.operating;
    await desk.ask(under('rotate'), keys.rotateMasterKey, {});
    await desk.ask('root', keys.rotateMasterKey, {});
    const { rotated } = masterKeys;
    expect(await isRepeat('rotate', keys.rotateMasterKey, {})).toBe(true);
    expect(masterKeys.rotated).toBe(rotated);
  });

  it('is told of the replay that it began, and of no other', async () => {
    const first = await begin('one', 'shared');
    await desk.ask('root', projections.cancelReplay, { build: first });
    const second = await begin('two', 'shared');
    expect(second).not.toBe(first);
    const before = await orders();
    expect(await begin('one', 'shared')).not.toBe(second);
    expect(await begin('two', 'shared')).toBe(second);
    expect(await orders()).toEqual(before);
    await desk.ask('root', projections.cancelReplay, { build: second });
  });

  it('does what was cut short before it was done', async () => {
    const { replaying } = desk.operating;
    const { begin: really } = replaying;
    const asked = { ...users, options: { side: 'cut', eventsPerSecondMax: 1 } };
    Object.assign(replaying, { begin: () => Promise.reject(new Error('cut short')) });
    expect(await desk.said(under('cut'), projections.startReplay, asked)).toMatch(/^13 /);
    Object.assign(replaying, { begin: really });
    const before = await orders();
    expect(before.at(-1)).toBe('instance.replay.started');
    const build = await begin('cut', 'cut');
    expect(await phaseOf(build)).toBe(ReplayPhase.BUILDING);
    expect(await orders()).toEqual(before);
    await desk.ask('root', projections.cancelReplay, { build });
    expect(await begin('cut', 'cut')).toBe(build);
    expect(await phaseOf(build)).toBe(ReplayPhase.CANCELLED);
  });
});

describe('two orders at once', () => {
  it('begin one replay, and write down one', async () => {
    const before = (await orders()).length;
    const asked = { ...users, options: { side: 'twin', eventsPerSecondMax: 1 } };
    const said = await Promise.all(
      ['one twin', 'other twin', 'third twin'].map(async (key) => {
        const told = await desk.call(under(key), projections.startReplay, asked);
        return told.kind === 'answered' ? 'begun' : told.status.code;
      }),
    );
    expect(said.toSorted()).toEqual([6, 6, 'begun']);
    expect(await orders()).toHaveLength(before + 1);
  });

  it('leave out one event of a parked stream, and not the next one', async () => {
    const stream = await parkTwice();
    const standing = async () => {
      const { projection } = await desk.ask('root', projections.getProjection, organizations);
      return projection?.parked.find((one) => one.stream === stream)?.position;
    };
    await until(async () => (await standing()) !== undefined);
    const position = (await standing()) ?? '';
    const asked = { ...organizations, stream, position };
    const said = await Promise.all([1, 2].map(() => desk.call('root', projections.skipParkedStream, asked)));
    const codes = said.map((told) => (told.kind === 'answered' ? 'skipped' : told.status.code));
    expect(codes.toSorted()).toEqual([5, 'skipped']);
    expect(Number(await standing())).toBe(Number(position) + 1);
  });
});

const organizations = { projection: 'organizations' };

/** Two events of one stream that no rows can be made of. */
async function parkTwice(): Promise<string> {
  const { log } = desk.house.application.parts;
  const stream = 'organization-parked';
  const event = () => ({
    id: randomUUID(),
    type: 'org.added',
    data: { v: 2, name: 7 },
    metadata: { time: new Date().toISOString(), organization: 'parked', editor: 'a-spec' },
  });
  await log.append(stream, [event(), event()], 'no-stream');
  return stream;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(10);
}
