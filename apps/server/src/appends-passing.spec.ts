import { expect, it } from '@jest/globals';

import { logStart, type Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import type { Projection } from '#read-models/projection.js';
import { AppendsPassing } from '#server/appends-passing.js';
import type { Projected } from '#telemetry/traces.js';

const projection: Projection = { name: 'users', version: 1, tables: {}, on: { 'user.locked': () => [] } };
const [trace, call] = ['0af7651916cd43dd8448eb211c80319c', 'call-1'];

function passing(parked: readonly string[] = []) {
  const log = new InMemoryEventLog();
  const told: Projected[] = [];
  const appends = new AppendsPassing({
    projection,
    tell: (projected) => void told.push(...projected),
    isParked: (stream) => parked.includes(stream),
  });
  const followed = appends.over(log);
  return {
    appends,
    append: async (stream: string, type: string, metadata: object, events = 1): Promise<Position> => {
      const time = new Date().toISOString();
      const made = Array.from({ length: events }, () => ({
        id: crypto.randomUUID(),
        type,
        data: {},
        metadata: { time, trace, call, ...metadata },
      }));
      return (await log.append(stream, made, 'no-stream')).position;
    },
    read: async (events: number, after = logStart) => {
      const items = followed.subscribe({ after });
      for (let read = 0; read < events; ) if ((await items.next()).value?.kind === 'event') read += 1;
      await items.return?.();
    },
    told: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return told.map(({ stream, failed }) => (failed ? `${stream} failed` : stream));
    },
    places: told,
  };
}

it('an append is told once, when all of its events are in the rows', async () => {
  const { appends, append, read, told, places } = passing();
  const first = await append('user-ada', 'user.locked', {}, 3);
  const second = await append('user-bob', 'user.locked', { call: 'call-2' });
  await read(4);
  expect(await told()).toEqual([]);
  appends.movedTo(String(Number(first) - 1).padStart(first.length, '0') as Position);
  expect(await told()).toEqual([]);
  appends.movedTo(first);
  appends.movedTo(second);
  expect(await told()).toEqual(['user-ada', 'user-bob']);
  const [ada] = places;
  expect(ada).toMatchObject({ traceId: trace, callId: call, projection: 'users' });
  expect(ada?.endedAt).toBeGreaterThanOrEqual(ada?.startedAt ?? Number.NaN);
});

it('what is read again before it is in the rows is told once', async () => {
  const { appends, append, read, told } = passing();
  await append('user-ada', 'user.locked', {});
  const last = await append('user-bob', 'user.locked', { call: 'call-2' });
  await read(2);
  await read(2);
  appends.movedTo(last);
  expect(await told()).toEqual(['user-ada', 'user-bob']);
});

it('an append whose stream is parked made no rows, and is told as one that failed', async () => {
  const { appends, append, read, told } = passing(['user-bob']);
  await append('user-ada', 'user.locked', {});
  const last = await append('user-bob', 'user.locked', { call: 'call-2' });
  await read(2);
  appends.movedTo(last);
  expect(await told()).toEqual(['user-ada', 'user-bob failed']);
});

it.each([
  ['is of no traced call', 'user.locked', { trace: null }],
  ['changes no rows of the projection', 'org.added', {}],
  ['is caught up with long after', 'user.locked', { time: new Date(Date.now() - 61_000).toISOString() }],
])('nothing is told of what %s', async (_, type, metadata) => {
  const { appends, append, read, told } = passing();
  const last = await append('user-ada', type, metadata);
  await read(1);
  appends.movedTo(last);
  expect(await told()).toEqual([]);
});
