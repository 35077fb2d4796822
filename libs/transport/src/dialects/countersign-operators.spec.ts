// What operators ask for: the yes and the no of each call, what is written down of it, and streams and their ends.

import { setTimeout as delay } from 'node:timers/promises';

import type { DescMethodUnary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { EventOrder, EventService } from '#contract/countersign/v1/event_service_pb.js';
import { KeyService } from '#contract/countersign/v1/key_service_pb.js';
import {
  ProjectionService,
  ProjectionState,
  ReplayPhase,
} from '#contract/countersign/v1/projection_service_pb.js';
import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import type { Status, Streamed, Streaming } from '#transport/call.js';
import { streamsPerCallerMax } from '#transport/stream-limits.js';
import { type CountersignDesk, openCountersignDesk } from '#transport/testing/countersign-desk.js';
import { people } from '#transport/testing/desk.js';
import { detailIn } from '#transport/testing/status.js';

const projections = ProjectionService.method;
const log = EventService.method;
const keys = KeyService.method;

let desk: CountersignDesk;
beforeAll(async () => {
  desk = await openCountersignDesk();
});
afterAll(() => desk.close());

const orders = async () => {
  const filter = {
    types: ['instance.projection.*', 'instance.replay.*', 'instance.build.*', 'instance.key.*'],
  };
  const { events } = await desk.ask('root', log.listEvents, { filter, limit: 1_000 });
  return events.map(({ type, editor }) => ({ type, editor }));
};

const position = '0000000000000001';
const users = { projection: 'users' };
const parked = { ...users, stream: 'user-one', position };

const refused: readonly (readonly [DescMethodUnary, object, string])[] = [
  [projections.getProjection, { projection: 'nothing' }, '5 projection-not-found'],
  [projections.pauseProjection, { projection: 'nothing' }, '5 projection-not-found'],
  [projections.resumeProjection, {}, '5 projection-not-found'],
  [projections.retryParkedStream, { ...parked, projection: 'nothing' }, '5 projection-not-found'],
  [projections.retryParkedStream, parked, '5 parked-stream-not-found'],
  [projections.skipParkedStream, parked, '5 parked-stream-not-found'],
  [projections.startReplay, { projection: 'nothing' }, '5 projection-not-found'],
  [projections.getReplay, { build: 999 }, '5 replay-not-found'],
  [projections.pauseReplay, { build: 999 }, '5 replay-not-found'],
  [projections.resumeReplay, {}, '5 replay-not-found'],
  [projections.cancelReplay, { build: 999 }, '5 replay-not-found'],
  [projections.dropBuild, { build: 999 }, '5 build-not-found'],
  [log.getEvent, { position: '0000000000009999' }, '5 event-not-found'],
];

const wrong: readonly (readonly [DescMethodUnary, object, string])[] = [
  [projections.startReplay, { ...users, options: { side: 'Not so' } }, 'options.side'],
  [projections.startReplay, { ...users, options: { onlyStream: 'user-one' } }, 'options.side'],
  [projections.startReplay, { ...users, options: { side: 'a', dryRun: true } }, 'options.dry_run'],
  [
    projections.startReplay,
    { ...users, options: { side: 'a', upToPosition: 'x' } },
    'options.up_to_position',
  ],
  [
    projections.startReplay,
    { ...users, options: { eventsPerSecondMax: 0 } },
    'options.events_per_second_max',
  ],
  [
    projections.startReplay,
    { ...users, options: { side: 'a', upToPosition: '0000000000999999' } },
    'options.up_to_position',
  ],
  [
    projections.startReplay,
    { ...users, options: { side: 'a', upToTime: { seconds: 32_503_680_000n } } },
    'options.up_to_time',
  ],
  [
    projections.startReplay,
    { ...users, options: { side: 'a', onlyStream: 'user-\u001b[2J' } },
    'options.only_stream',
  ],
  [projections.skipParkedStream, { ...parked, position: 'nonsense' }, 'position'],
  [projections.retryParkedStream, { ...users, stream: 'user-one' }, 'position'],
  [projections.skipParkedStream, { ...users, position }, 'stream'],
  [projections.retryParkedStream, { ...parked, stream: 'user-\u001b[2J' }, 'stream'],
  [log.listEvents, { cursor: 'nowhere' }, 'cursor'],
  [log.listEvents, { cursor: '9999999' }, 'cursor'],
  [log.listEvents, { filter: { since: { seconds: 2n }, until: { seconds: 1n } } }, 'filter.until'],
  [log.listEvents, { filter: { stream: 'instance', userId: 'ada' } }, 'filter.user_id'],
  [log.listEvents, { limit: 1_001 }, 'limit'],
  [log.listEvents, { order: 7 as EventOrder }, 'order'],
  [log.listEvents, { filter: { types: [''] } }, 'filter.types'],
  [log.listEvents, { filter: { stream: 'x'.repeat(513) } }, 'filter.stream'],
  [log.getEvent, { position: '0000000000000001/x' }, 'position'],
];

describe('what cannot be', () => {
  it.each(refused)('is refused: $name %j as %s', async (method, request, said) => {
    const before = await orders();
    expect(await desk.said('root', method, request as never)).toMatch(new RegExp(`^${said} `));
    expect(await orders()).toEqual(before);
  });

  it.each(wrong)('is refused by the name of its field: $name %j', async (method, request, field) => {
    const before = await orders();
    expect(await desk.fields('root', method, request as never)).toEqual([field]);
    expect(await orders()).toEqual(before);
  });

  it.each([
    ['an owner of an organization', 'owner'],
    ['a user', 'ada'],
  ] as const)('is not for %s', async (_, person) => {
    expect(await desk.said(person, projections.startReplay, users)).toMatch(/^7 permission-denied/);
    expect(await desk.said(person, log.listEvents, {})).toMatch(/^7 permission-denied/);
    expect(await desk.said(person, keys.rotateMasterKey, {})).toMatch(/^7 permission-denied/);
  });
});

describe('where projections stand', () => {
  it('is told also while the log does not answer, without its head', async () => {
    const { log: broken } = desk.house.application.parts;
    const head = broken.head.bind(broken);
    Object.assign(broken, { head: () => Promise.reject(new Error('away')) });
    try {
      const { projection } = await desk.ask('root', projections.getProjection, users);
      expect(projection).toMatchObject({ name: 'users', head: '' });
      expect(projection?.position).not.toBe('');
    } finally {
      Object.assign(broken, { head });
    }
  });
});

describe('an order', () => {
  it('is carried out, and written down with who gave it', async () => {
    const before = await orders();
    await desk.ask('root', projections.pauseProjection, { projection: 'audit' });
    const { projection } = await desk.ask('root', projections.getProjection, { projection: 'audit' });
    expect(projection?.state).toBe(ProjectionState.PAUSED);
    await desk.ask('root', projections.resumeProjection, { projection: 'audit' });
    const given = (await orders()).slice(before.length);
    expect(given.map(({ type }) => type)).toEqual([
      'instance.projection.paused',
      'instance.projection.resumed',
    ]);
    const [{ editor } = { editor: '' }] = given;
    expect(desk.house.application.userStream(editor as never)).toMatch(/^user-/);
  });

  it('by the same idempotency key is written down once, and tells of the replay that it began', async () => {
    const before = (await orders()).length;
    const as = { person: 'root', idempotencyKey: 'replay-once' } as const;
    const asked = { ...users, options: { side: 'once', eventsPerSecondMax: 1 } };
    const first = await desk.ask(as, projections.startReplay, asked);
    const again = await desk.ask(as, projections.startReplay, asked);
    expect(again.replay?.build).toBe(first.replay?.build);
    expect(await orders()).toHaveLength(before + 1);
    expect(await desk.said('root', projections.startReplay, asked)).toMatch(/^6 replay-under-way/);
    const build = first.replay?.build ?? 0;
    expect(await desk.said('root', projections.dropBuild, { build })).toMatch(/^9 build-unfinished/);
    await desk.ask('root', projections.pauseReplay, { build });
    await desk.ask('root', projections.resumeReplay, { build });
    await desk.ask('root', projections.cancelReplay, { build });
    expect(await desk.said('root', projections.pauseReplay, { build })).toMatch(/^9 replay-over/);
  });

  it('does not take rows from under queries', async () => {
    const { projection } = await desk.ask('root', projections.getProjection, users);
    const build = projection?.liveBuild ?? 0;
    expect(await desk.said('root', projections.dropBuild, { build })).toMatch(/^9 build-live/);
  });

  it('for rows that another server makes is refused as unavailable, and stands nowhere', async () => {
    const before = await orders();
    desk.operating.isElsewhere = true;
    const as = { person: 'root', idempotencyKey: 'elsewhere' } as const;
    for (const person of ['root', as] as const) {
      expect(await desk.said(person, projections.pauseProjection, users)).toMatch(/^14 unavailable/);
      expect(await desk.said(person, projections.resumeProjection, users)).toMatch(/^14 unavailable/);
      expect(await desk.said(person, projections.retryParkedStream, parked)).toMatch(/^14 unavailable/);
      expect(await desk.said(person, projections.skipParkedStream, parked)).toMatch(/^14 unavailable/);
    }
    const { projection } = await desk.ask('root', projections.getProjection, users);
    expect(projection?.state).toBe(ProjectionState.STANDBY);
    desk.operating.isElsewhere = false;
    expect(await orders()).toEqual(before);
  });

  it('to rotate is refused where the file has another first key by now', async () => {
    const { rotation } = await desk.ask('root', keys.rotateMasterKey, {});
    expect(rotation).toMatchObject({ running: true, done: 5n, total: 7n });
    desk.operating.masterKeys.isFileChanged = true;
    expect(await desk.said('root', keys.rotateMasterKey, {})).toMatch(/^9 master-key-not-loaded/);
    expect(desk.operating.masterKeys.rotated).toBe(1);
  });
});

describe('events', () => {
  it('are told alike by pages and by streams, wherever a page begins', async () => {
    const all = await desk.ask('root', log.listEvents, { limit: 1_000 });
    const stream = all.events.at(-1)?.stream ?? '';
    const own = all.events.filter((event) => event.stream === stream).map((event) => event.position);
    expect(own.length).toBeGreaterThan(1);
    for (const [index, cursor] of own.entries()) {
      const request = { filter: { stream }, cursor };
      const after = await desk.ask('root', log.listEvents, request);
      expect(after.events.map((event) => event.position)).toEqual(own.slice(index + 1));
      const order = EventOrder.LATEST_FIRST;
      const before = await desk.ask('root', log.listEvents, { ...request, order });
      expect(before.events.map((event) => event.position)).toEqual(own.slice(0, index).toReversed());
    }
  });

  it('of a user are found by an id that the stream is not named after', async () => {
    const userId = people.grace;
    const { events } = await desk.ask('root', log.listEvents, { filter: { userId } });
    expect(events.map(({ type }) => type)).toContain('user.human.added');
    expect(new Set(events.map(({ stream }) => stream)).size).toBe(1);
    expect(events[0]?.stream).not.toContain(userId);
  });

  it('are found by their position', async () => {
    const { event } = await desk.ask('root', log.getEvent, { position: '3' });
    expect(event?.position).toBe('0000000000000003');
  });
});

function begun(streamed: Streamed): Streaming {
  if (streamed.kind === 'refused') throw new Error(streamed.status.message);
  return streamed;
}

async function endOf({ messages }: Streaming): Promise<Status | null> {
  for (;;) {
    const next = await messages.next();
    if (next.done) return next.value;
  }
}

describe('a stream', () => {
  const left = () => {
    const leaving = new AbortController();
    return { leaving, as: { person: 'root', signal: leaving.signal } as const };
  };

  it('tells of a replay until it is done', async () => {
    const options = { dryRun: true };
    const { replay } = await desk.ask('root', projections.startReplay, { ...users, options });
    const build = replay?.build ?? 0;
    const { messages } = begun(await desk.stream('root', projections.watchReplay, { build }));
    const phases: ReplayPhase[] = [];
    let next = await messages.next();
    for (; !next.done; next = await messages.next()) {
      const told = next.value as unknown as { readonly replay: { readonly phase: ReplayPhase } };
      phases.push(told.replay.phase);
    }
    expect([phases.at(-1), next.value]).toEqual([ReplayPhase.DONE, null]);
  });

  it('of a replay asks no more often for many who watch than for one', async () => {
    const { replaying } = desk.operating;
    const { status } = replaying;
    const options = { side: 'watched', eventsPerSecondMax: 1 };
    const { replay } = await desk.ask('root', projections.startReplay, { ...users, options });
    const build = replay?.build ?? 0;
    const watches = await Promise.all(
      Array.from({ length: 20 }, () => desk.stream('root', projections.watchReplay, { build })),
    );
    let asked = 0;
    Object.assign(replaying, {
      status: () => {
        asked += 1;
        return status();
      },
    });
    const began = performance.now();
    const ends = watches.map((streamed) => endOf(begun(streamed)));
    await delay(1_000);
    const [looks, lookedMs] = [asked, performance.now() - began];
    Object.assign(replaying, { status });
    await desk.ask('root', projections.cancelReplay, { build });
    expect(await Promise.all(ends)).toEqual(watches.map(() => null));
    expect(looks).toBeGreaterThan(0);
    expect(looks).toBeLessThanOrEqual(lookedMs / 200 + 1);
  });

  it('is refused before it begins where it would begin beyond the last event', async () => {
    const streamed = await desk.stream('root', log.tailEvents, { after: '999999' });
    if (streamed.kind !== 'refused') throw new Error('it began');
    expect(detailIn(streamed.status, BadRequestSchema)?.fieldViolations.map(({ field }) => field)).toEqual([
      'after',
    ]);
    expect(desk.failures).toEqual([]);
  });

  it('is refused before it begins where there is nothing to tell of', async () => {
    const streamed = await desk.stream('root', projections.watchReplay, { build: 999 });
    expect(streamed).toMatchObject({ kind: 'refused', status: { code: 5 } });
  });

  it('ends when its caller leaves, also while nobody asks for a message', async () => {
    const { leaving, as } = left();
    const streaming = begun(await desk.stream(as, log.tailEvents, {}));
    leaving.abort(new DOMException('left', 'AbortError'));
    expect(await endOf(streaming)).toMatchObject({ code: 1 });
    const late = left();
    const overdue = begun(await desk.stream(late.as, log.tailEvents, { after: '0' }));
    late.leaving.abort(new DOMException('late', 'TimeoutError'));
    expect(await endOf(overdue)).toMatchObject({ code: 4 });
  });

  it('is one of so many of its caller, and makes room when it ends', async () => {
    const { leaving, as } = left();
    const open = Array.from({ length: streamsPerCallerMax }, () => desk.stream(as, log.tailEvents, {}));
    for (const one of await Promise.all(open)) expect(one.kind).toBe('streaming');
    expect(await desk.stream('root', log.tailEvents, {})).toMatchObject({
      kind: 'refused',
      status: { code: 8 },
    });
    leaving.abort(new DOMException('left', 'AbortError'));
    const { leaving: after, as: again } = left();
    expect((await desk.stream(again, log.tailEvents, {})).kind).toBe('streaming');
    after.abort();
  });
});
