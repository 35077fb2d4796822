import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { SubscriptionItem } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { EventQueue } from '#read-models/event-queue.js';
import { added } from '#read-models/testing/registry.js';
import { RunnerHouse, until } from '#read-models/testing/runner-house.js';

let house: RunnerHouse;
beforeEach(() => {
  house = new RunnerHouse();
});
afterEach(() => house.close());

/** It has the last of `items` under way when it is told to end, and delivers it all the same. */
function deliveringLastWhenEnded(
  items: readonly SubscriptionItem[],
): AsyncIterableIterator<SubscriptionItem> & { readonly isAsked: boolean } {
  const ending = Promise.withResolvers<void>();
  let at = 0;
  return {
    get isAsked() {
      return at >= items.length;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      const value = items[at];
      at += 1;
      if (at >= items.length) await ending.promise;
      return value === undefined ? { done: true, value } : { done: false, value };
    },
    async return() {
      ending.resolve();
      return { done: true, value: undefined };
    },
  };
}

async function itemsOf(count: number): Promise<SubscriptionItem[]> {
  await house.append('organization-a', ...Array.from({ length: count }, () => added('Ada')));
  const events = await house.log.readAll({ direction: 'forward', after: logStart, limit: count });
  return events.map((event) => ({ kind: 'event', event }));
}

it('a queue is closed while the event that fills it is on its way', async () => {
  const subscription = deliveringLastWhenEnded(await itemsOf(3));
  const queue = new EventQueue(subscription, { eventsMax: 3 });
  await until(() => subscription.isAsked);
  await queue.close();
  expect((await queue.take(10))?.events).toHaveLength(3);
  expect(await queue.take(10)).toBeNull();
});

it('a queue that is woken before somebody waits keeps nobody waiting, once', async () => {
  const queue = new EventQueue(house.log.subscribe({ after: logStart }), { eventsMax: 3 });
  while (!(await queue.take(10))?.isCaughtUp);
  queue.wake();
  expect(await queue.take(10)).toMatchObject({ events: [], upTo: null });
  const next = queue.take(10);
  const at = await house.append('organization-a', added('Ada'));
  expect(await next).toMatchObject({ upTo: at });
  await queue.close();
});
