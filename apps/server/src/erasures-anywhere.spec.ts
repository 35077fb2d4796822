import { randomUUID } from 'node:crypto';

import { afterEach, expect, it } from '@jest/globals';

import { unavailable } from '#event-log/errors.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { followErasures } from '#server/erasures-anywhere.js';

const endings: AbortController[] = [];
afterEach(() => {
  for (const ending of endings.splice(0)) ending.abort();
});

const append = (log: InMemoryEventLog, stream: string, type: string) =>
  log.append(
    stream,
    [{ id: randomUUID(), type, data: {}, metadata: { time: '2030-01-01T00:00:00.000Z' } }],
    'no-stream',
  );

function follow(log: Parameters<typeof followErasures>[0]['log']) {
  const until = new AbortController();
  endings.push(until);
  const erased: string[] = [];
  const ended = followErasures({
    log,
    onBegun: () => erased.push('begun'),
    onErased: (streams) => erased.push(...streams),
    onTrouble: () => undefined,
    until: until.signal,
  });
  const end = () => {
    until.abort();
    return ended;
  };
  return { erased, end };
}

async function seen(erased: readonly string[], stream: string): Promise<void> {
  while (!erased.includes(stream)) await new Promise(setImmediate);
}

it('users that were erased from now on are told, and nobody else, until it ends', async () => {
  const log = new InMemoryEventLog();
  await append(log, 'user-before', 'user.erased');
  const { erased, end } = follow(log);
  await seen(erased, 'begun');
  await append(log, 'user-locked', 'user.locked');
  await append(log, 'user-gone', 'user.erased');
  await seen(erased, 'user-gone');
  expect(erased).toEqual(['begun', 'user-gone']);
  await end();
  await append(log, 'user-later', 'user.erased');
  await new Promise(setImmediate);
  expect(erased).toEqual(['begun', 'user-gone']);
});

it('those that were erased while the log did not answer are told when it does', async () => {
  const log = new InMemoryEventLog();
  let refusals = 0;
  const items: AsyncIterableIterator<unknown>[] = [];
  const { erased } = follow({
    head: () => log.head(),
    subscribe: (options) => {
      if (items.length === 1 && refusals === 0) {
        refusals += 1;
        throw unavailable('it is away');
      }
      const subscription = log.subscribe(options);
      items.push(subscription);
      return subscription;
    },
  });
  await seen(erased, 'begun');
  await append(log, 'user-first', 'user.erased');
  await seen(erased, 'user-first');
  await items.at(-1)?.return?.();
  await append(log, 'user-second', 'user.erased');
  await seen(erased, 'user-second');
  expect([erased, refusals]).toEqual([['begun', 'user-first', 'user-second'], 1]);
});
