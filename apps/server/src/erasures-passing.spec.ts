import { randomUUID } from 'node:crypto';

import { expect, it } from '@jest/globals';

import type { Sealed } from '#domain/ids.js';
import type { EventLog, Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { Unopenable } from '#read-models/opener.js';
import { DataKeys } from '#secrets/data-keys.js';
import { InMemoryKeyStore } from '#secrets/in-memory-key-store.js';
import type { WrappedKey } from '#secrets/key-store.js';
import { newMasterKeyLine, parseMasterKeys } from '#secrets/master-keys.js';
import { seal } from '#secrets/sealing.js';
import { ErasuresPassing } from '#server/erasures-passing.js';
import { ProjectingKeys } from '#server/projecting-keys.js';

const masterKeys = parseMasterKeys(newMasterKeyLine('first'));
const stream = 'user-1';
const context = { organizationId: 'acme', subject: stream, factor: '', purpose: 'username' };

async function append(log: EventLog, type: string): Promise<void> {
  const metadata = { time: '2030-01-01T00:00:00.000Z', organization: 'acme' };
  const page = await log.readStream(stream, { direction: 'forward', from: 0, limit: 100 });
  const expected = page.status === 'unknown' ? ('no-stream' as const) : page.events.length - 1;
  await log.append(stream, [{ id: randomUUID(), type, data: {}, metadata }], expected);
}

/** Somebody whose name is sealed, and what the thread knows of the keys that are stored. */
async function openSomebody() {
  const store = new InMemoryKeyStore();
  const dataKeys = new DataKeys({ store, masterKeys });
  const sealed = seal(await dataKeys.create(stream), context, 'Ada');
  const stored = new Map<string, WrappedKey>([[stream, (await store.get(stream)) as WrappedKey]]);
  const keys = new ProjectingKeys({ stored: { get: (subject) => stored.get(subject) ?? null }, masterKeys });
  const log = new InMemoryEventLog();
  await append(log, 'user.human.added');
  const unsaid = { editor: null, callId: null, traceId: null, sessionId: null, userStream: stream };
  const place = {
    stream,
    revision: 0,
    position: await log.head(),
    time: 0,
    organizationId: 'acme',
    ...unsaid,
  };
  const opening = { sealed, purpose: 'username', factor: '', cells: () => ({}) };
  return { stored, keys, log, open: () => keys.open(place, opening)?.toString() ?? null, place, opening };
}

async function readAhead(log: EventLog, events: number): Promise<Position> {
  const subscription = log.subscribe({ after: logStart });
  let position = logStart;
  for (let read = 0; read < events; ) {
    const { value } = await subscription.next();
    if (value?.kind !== 'event') continue;
    read += 1;
    position = value.event.position;
  }
  await subscription.return?.();
  return position;
}

it('a key is read once, and known while nobody is erased', async () => {
  const { stored, keys, open } = await openSomebody();
  expect([open(), open()]).toEqual(['Ada', 'Ada']);
  stored.clear();
  expect(open()).toBe('Ada');
  expect(keys.size).toBe(1);
});

it('a key is forgotten when the erasure of its user is in the rows, though it was asked for again before', async () => {
  const { stored, keys, log, open } = await openSomebody();
  const erasures = new ErasuresPassing((subject) => keys.forget(subject));
  const followed = erasures.over(log);
  expect(open()).toBe('Ada');
  await append(log, 'user.erased');
  await append(log, 'user.of.tomorrow');
  const erased = await readAhead(followed, 2);
  await readAhead(followed, 3);
  expect(open()).toBe('Ada');
  stored.clear();
  erasures.movedTo('0000000000000001' as Position);
  expect(open()).toBe('Ada');
  erasures.movedTo(erased);
  expect(keys.size).toBe(0);
  expect(open()).toBeNull();
});

it('what was not sealed for this place is told from what has no key', async () => {
  const { keys, place, opening } = await openSomebody();
  expect(() => keys.open({ ...place, organizationId: 'umbrella' }, opening)).toThrow(Unopenable);
  expect(() => keys.open(place, { ...opening, sealed: '1.x.y' as Sealed })).toThrow(Unopenable);
  expect(keys.open({ ...place, stream: 'user-2' }, opening)).toBeNull();
});
