import { beforeEach, describe, expect, it } from '@jest/globals';

import { type Caller, Reached } from '#application/caller.js';
import { write } from '#application/testing/letters.js';
import * as typing from '#application/testing/typists.js';
import { eventsIn, refuse, type, typist } from '#application/testing/typists.js';
import { acceptWith, reject } from '#domain/decider.js';
import { outcomeUnknown } from '#event-log/errors.js';
import type { Position } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';

let log: InMemoryEventLog;
beforeEach(() => {
  log = new InMemoryEventLog();
});

const elsewhere = () => write(log, 'text-2', 'z');
const placesIn = async (stream?: string) => (await eventsIn(log, stream)).map(({ position }) => position);

async function reachedBy(run: (by: Caller) => Promise<unknown>): Promise<Position | null> {
  const reached = new Reached();
  await run({ ...typing.by, reached });
  return reached.position;
}

describe('a call reaches in the log', () => {
  it('what its command appended, be it for a yes or for a no', async () => {
    const { run } = typist(log);
    expect(await reachedBy((by) => run(type('ab'), { by }))).toBe(await log.head());
    expect(await reachedBy((by) => run(() => reject('no', 'x'), { by }))).toBe(await log.head());
    expect(await placesIn()).toHaveLength(3);
  });

  it('what a yes was decided on, where nothing was appended', async () => {
    await typist(log).run(type('ab'));
    const head = await log.head();
    await elsewhere();
    const { run } = typist(log);
    expect(await reachedBy((by) => run((state) => acceptWith(state), { by }))).toBe(head);
  });

  it('nothing where it was refused without an event: that a stream has any is not for everybody', async () => {
    await typist(log).run(type('ab'));
    const { run } = typist(log);
    expect(await reachedBy((by) => run(refuse, { by }))).toBeNull();
    const idempotency = { key: 'key', request: 'request' };
    const recall = () => ({ kind: 'rejected', refusal: 'gone' }) as const;
    const again = (by: Caller) => run(type('c'), { by: { ...by, idempotency }, recall });
    expect(await reachedBy(again)).not.toBeNull();
    expect(await reachedBy(again)).toBeNull();
  });

  it('the last of what its commands did, whichever of them is answered last', async () => {
    const { run } = typist(log);
    const reached = await reachedBy(async (by) => {
      await run(type('ab'), { by });
      await run(type('cd'), { by, stream: 'text-3' });
      await run((state) => acceptWith(state), { by });
    });
    expect(reached).toBe(await log.head());
  });

  it('nothing of what others do at the same time', async () => {
    const { run } = typist(log);
    const streams = ['a', 'b', 'c', 'd', 'e'].map((name) => `text-${name}`);
    const reached = await Promise.all(
      streams.map((stream) => reachedBy((by) => run(type('x'), { by, stream }))),
    );
    const places = await Promise.all(streams.map(placesIn));
    expect(reached).toEqual(places.flat());
    expect(new Set(reached).size).toBe(streams.length);
  });

  it('what it did before, where it is sent again', async () => {
    const idempotency = { key: 'key', request: 'request' };
    const { run } = typist(log);
    await run(type('ab'), { by: { ...typing.by, idempotency } });
    const head = await log.head();
    await elsewhere();
    expect(await reachedBy((by) => run(type('ab'), { by: { ...by, idempotency } }))).toBe(head);
    expect(await placesIn()).toHaveLength(2);
  });

  it('what an append wrote whose answer was lost', async () => {
    let tries = 0;
    const losing = logWith(log, {
      append: async (...asked) => {
        tries += 1;
        const result = await log.append(...asked);
        if (tries > 1) return result;
        await elsewhere();
        throw outcomeUnknown('the answer was lost');
      },
    });
    const reached = await reachedBy((by) => typist(losing).run(type('ab'), { by }));
    expect(reached).toBe((await placesIn()).at(-1));
    expect(tries).toBe(2);
  });
});
