import { expect, it } from '@jest/globals';

import { corrupt, unavailable } from '#event-log/errors.js';
import { logStart, type Position } from '#event-log/event-log.js';
import { HeadSignal } from '#event-log/head-signal.js';
import { PagedSubscription, type SubscriptionPage } from '#event-log/paged-subscription.js';

const empty: SubscriptionPage = { events: [], upTo: logStart, atHead: true };

/** A log whose pages are answered by these, one after the other; the last one for ever. */
function subscribed(...pages: readonly (SubscriptionPage | Error)[]) {
  const head = new HeadSignal();
  const ended: PagedSubscription[] = [];
  let asked = 0;
  const log = {
    readPage: async () => {
      const page = pages[Math.min(asked, pages.length - 1)];
      asked += 1;
      if (page === undefined || page instanceof Error) throw page;
      return page;
    },
    waitBeyond: (position: Position, signal: AbortSignal) => head.waitBeyond(position, signal),
  };
  const subscription = new PagedSubscription(log, { after: logStart }, (one) => ended.push(one));
  return { subscription, head, ended, asked: () => asked };
}

it('leaving a loop that waits frees its waiter and lets go of the subscription', async () => {
  const { subscription, head, ended } = subscribed(empty);
  await subscription.next();
  const waiting = subscription.next();
  await Promise.resolve();
  expect(head.waitingCount).toBe(1);
  await subscription.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
  expect(head.waitingCount).toBe(0);
  expect(ended).toEqual([subscription]);
});

it('a waiter whose position was passed is let go', async () => {
  const head = new HeadSignal();
  const waiting = head.waitBeyond(logStart, new AbortController().signal);
  head.moveTo('0000000000000001' as Position);
  await waiting;
  expect(head.waitingCount).toBe(0);
});

it('a page that is unavailable is asked for again', async () => {
  const { subscription, asked } = subscribed(unavailable('for now'), unavailable('for now'), empty);
  expect((await subscription.next()).value?.kind).toBe('caught-up');
  expect(asked()).toBe(3);
  await subscription.return();
});

it('damage ends the loop, and lets go of the subscription', async () => {
  const { subscription, ended } = subscribed(corrupt(null, 'for good'));
  await expect(subscription.next()).rejects.toMatchObject({ code: 'corrupt' });
  expect(await subscription.next()).toEqual({ done: true, value: undefined });
  expect(ended).toEqual([subscription]);
});

it('can be left while its page is unavailable', async () => {
  const { subscription } = subscribed(unavailable('for ever'));
  const waiting = subscription.next();
  await subscription.return();
  expect(await waiting).toEqual({ done: true, value: undefined });
});
