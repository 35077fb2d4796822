// Whatever happens to a subscription: every event once, in order, and no position that goes back or ahead.

import { describe, expect, it } from '@jest/globals';

import { caughtUp, eventsIn, freshStream, itemsUntil, sample, samples } from '#event-log/contract/samples.js';
import type { EventLog, SubscriptionItem } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import type { ForeignEvents } from '#event-log-eventstoredb/settings.js';
import { eventually, logHarness } from '#event-log-eventstoredb/testing/log-harness.js';
import type { TestNode } from '#event-log-eventstoredb/testing/test-server.js';

const harness = logHarness();
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('a subscription goes on without gap or duplicate', () => {
  it('when the server ends it with OK, many of them and again and again', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream('ended');
    const filters = [undefined, { streamPrefixes: [stream] }, { eventTypes: ['contract.happened'] }];
    const receiving = filters.map((filter) =>
      itemsUntil(log, filter === undefined ? {} : { filter }, (items) => eventsIn(items).length === 200),
    );
    await writeWhile(log, stream, { count: 200, every: 20, meanwhile: () => node.tell('endSubscriptions') });
    const received = await Promise.all(receiving);
    expect(received.map(revisionsOf)).toEqual(filters.map(() => upTo(200)));
    expect(received.every(neverGoesBack)).toBe(true);
    expect((await node.tell('counters')).subscriptionsReceived).toBeGreaterThan(filters.length);
  });

  it('when each connection gives it only ten events', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    await log.append(stream, samples(95), 'no-stream');
    await node.fault({ on: 'subscribe', action: 'close-ok', afterEvents: 10 });
    const items = await itemsUntil(log, {}, (seen) => eventsIn(seen).length === 95);
    expect(revisionsOf(items)).toEqual(upTo(95));
  });

  it('when it cannot begin at first', async () => {
    const { node, log } = await harness.both();
    await log.append(freshStream(), samples(3), 'no-stream');
    await node.fault({ on: 'subscribe', action: 'unavailable', times: 3 });
    expect(revisionsOf(await itemsUntil(log, {}, caughtUp))).toEqual(upTo(3));
  });

  it('when the server forgets it: something is there that it does not deliver', async () => {
    const { node, log } = await harness.both();
    await log.append(freshStream(), samples(30), 'no-stream');
    await node.fault({ on: 'subscribe', action: 'stall', afterEvents: 7, times: 1 });
    expect(revisionsOf(await itemsUntil(log, {}, caughtUp))).toEqual(upTo(30));
  });

  it('when its connection goes dead without a word', async () => {
    const { log, proxy } = await harness.withProxy({ restMs: 200, stalledAfterMs: 500 });
    const stream = freshStream();
    await log.append(stream, samples(3), 'no-stream');
    const subscription = log.subscribe({ after: logStart });
    for await (const item of endless(subscription)) if (item.kind === 'caught-up') break;
    proxy.freeze();
    await log.append(stream, samples(4), 2);
    const items = await itemsWith(subscription, {
      isLast: (item) => item.kind === 'event' && item.event.revision === 6,
    });
    expect(revisionsOf(items)).toEqual([3, 4, 5, 6]);
  });

  it('when the client dies', async () => {
    const deaths: string[] = [];
    const { node, log } = await harness.both({ onRestart: (reason) => deaths.push(reason) });
    const stream = freshStream('deadly');
    const receiving = itemsUntil(log, {}, (items) => eventsIn(items).length === 120);
    await node.fault({ on: 'append', action: 'duplicate-reply', skip: 60, times: 1 });
    await writeWhile(log, stream, { count: 120 });
    expect(revisionsOf(await receiving)).toEqual(upTo(120));
    expect(deaths).toHaveLength(1);
  });

  it('when all connections are cut while it reads what was', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    for (const at of upTo(4))
      await log.append(stream, samples(1_000), at === 0 ? 'no-stream' : at * 1_000 - 1);
    const items = await itemsWith(log.subscribe({ after: logStart }), {
      isLast: (item) => item.kind === 'event' && item.event.revision === 3_999,
      onNth: [900, () => node.tell('dropConnections')],
    });
    expect(revisionsOf(items)).toEqual(upTo(4_000));
    expect(neverGoesBack(items)).toBe(true);
  });
});

describe('a subscription that finds another log than it began with ends as corrupt, and waits for nothing', () => {
  it('when the log ends before the position that it had come to', async () => {
    const { node, subscription } = await restingSubscription();
    await node.tell('wipe', fitting(1));
    await expect(itemsUntilEnd(subscription)).rejects.toMatchObject({ code: 'corrupt' });
  });

  it('when the log is longer, but not the one whose identity was told', async () => {
    const { node, log, subscription } = await restingSubscription();
    await log.identity();
    await node.tell('wipe', fitting(500));
    await expect(itemsUntilEnd(subscription)).rejects.toMatchObject({ code: 'corrupt' });
  });

  async function restingSubscription() {
    const { node, log } = await harness.both();
    await log.append(freshStream(), samples(50), 'no-stream');
    const subscription = log.subscribe({ after: logStart });
    for await (const item of endless(subscription)) if (item.kind === 'caught-up') break;
    return { node, log, subscription };
  }
});

describe('a subscription moves on past what is not ours', () => {
  it('with few checkpoints, however much there is, and without delivering any of it', async () => {
    const { node, log } = await harness.both();
    const start = await log.head();
    await node.tell('writeForeign', systemEvents(1_000));
    const head = await log.head();
    for (const filter of [undefined, { streamPrefixes: ['contract-'] }]) {
      const options = filter === undefined ? { after: start } : { after: start, filter };
      const items = await itemsUntil(log, options, (seen) => positionOf(seen.at(-1)) >= head);
      expect(eventsIn(items)).toEqual([]);
      expect(items.length).toBeLessThan(40);
    }
  });

  it('also while it waits at the head, where only foreign events come', async () => {
    const { node, log } = await harness.both();
    await log.append(freshStream(), samples(1), 'no-stream');
    const subscription = log.subscribe({ after: logStart });
    for await (const item of endless(subscription)) if (item.kind === 'caught-up') break;
    await node.tell('writeForeign', systemEvents(3));
    const head = await log.head();
    for await (const item of endless(subscription)) if (positionOf(item) >= head) break;
    await subscription.return?.();
  });

  it('and survives events that have not the port\u2019s shape, which it counts and tells of', async () => {
    const told: ForeignEvents[] = [];
    const { node, log } = await harness.both({ onForeignEvents: (foreign) => told.push(foreign) });
    const stream = freshStream();
    await log.append(stream, samples(1), 'no-stream');
    await node.tell('writeForeign', misfits);
    await log.append(stream, samples(1), 0);
    const items = await itemsUntil(log, {}, caughtUp);
    expect(revisionsOf(items)).toEqual([0, 1]);
    expect(
      (await log.readAll({ direction: 'forward', after: logStart, limit: 10 })).map((e) => e.revision),
    ).toEqual([0, 1]);
    await eventually(
      async () => told.reduce((sum, { count }) => sum + count, 0),
      (count) => count >= misfits.length,
    );
    const reading = log.readStream('other-app', { direction: 'forward', from: 0, limit: 10 });
    await expect(reading).rejects.toMatchObject({ code: 'corrupt' });
  });
});

describe('that a subscription caught up', () => {
  it('is found out when the server never says so', async () => {
    const { node, log } = await harness.both();
    await node.fault({ on: 'subscribe', action: 'no-caught-up' });
    await log.append(freshStream(), samples(5), 'no-stream');
    const items = await itemsUntil(log, { filter: { streamPrefixes: ['contract-'] } }, caughtUp);
    expect(revisionsOf(items)).toEqual(upTo(5));
  });

  it('is never said before everything that was there was delivered', async () => {
    const { log } = await harness.both();
    const stream = freshStream();
    for (const at of upTo(3)) await log.append(stream, samples(700), at === 0 ? 'no-stream' : at * 700 - 1);
    const items = await itemsUntil(log, {}, caughtUp);
    expect(eventsIn(items)).toHaveLength(2_100);
    expect(positionOf(items.at(-1))).toBe(await log.head());
  });
});

describe('a consumer that is slow', () => {
  it('holds the server back rather than filling memory, and still gets everything', async () => {
    const { node, log } = await harness.both();
    const stream = freshStream();
    const events = () => upTo(150).map(() => sample({ text: 'x'.repeat(6_000) }));
    for (const at of upTo(40)) await log.append(stream, events(), at === 0 ? 'no-stream' : at * 150 - 1);
    const subscription = log.subscribe({ after: logStart, filter: { streamPrefixes: [stream] } });
    await subscription.next();
    const sent = await settled(node);
    expect(sent).toBeLessThan(2_000);
    const items = await itemsWith(subscription, {
      isLast: (item) => item.kind === 'event' && item.event.revision === 5_999,
    });
    expect(revisionsOf(items)).toEqual(upTo(6_000).slice(1));
    expect(neverGoesBack(items)).toBe(true);
  });
});

function fitting(count: number) {
  const texts = { data: '{}', metadata: '{"time":"2026-01-02T03:04:05.678Z"}' };
  return upTo(count).map(() => ({
    stream: 'new-1',
    type: 'new.event',
    contentType: 'application/json',
    ...texts,
  }));
}

const misfits = [
  { data: 'no json {', metadata: '{"time":"2026-01-02T03:04:05.678Z"}', contentType: 'application/json' },
  { data: '[1]', metadata: '{"time":"2026-01-02T03:04:05.678Z"}', contentType: 'application/json' },
  { data: 'null', metadata: '{"time":"2026-01-02T03:04:05.678Z"}', contentType: 'application/json' },
  { data: '{}', metadata: '', contentType: 'application/json' },
  { data: '{}', metadata: '{"time":1}', contentType: 'application/json' },
  { data: '{}', metadata: '\u0000\u0001', contentType: 'application/json' },
  {
    data: '\u0000\u0001',
    metadata: '{"time":"2026-01-02T03:04:05.678Z"}',
    contentType: 'application/octet-stream',
  },
].map((texts) => ({ ...texts, stream: 'other-app', type: 'other.happened' }));

function systemEvents(count: number) {
  return upTo(count).map(() => ({
    stream: '$stats-127.0.0.1:2113',
    type: '$statsCollected',
    contentType: 'application/json',
    data: '{}',
    metadata: '',
  }));
}

interface Writing {
  readonly count: number;
  readonly every?: number;
  meanwhile?(): Promise<unknown>;
}

async function writeWhile(
  log: EventLog,
  stream: string,
  { count, every = count, meanwhile }: Writing,
): Promise<void> {
  for (const at of upTo(count)) {
    await log.append(stream, samples(1), at === 0 ? 'no-stream' : at - 1);
    if (at % every === every - 1) await meanwhile?.();
  }
}

interface Consuming {
  isLast(item: SubscriptionItem): boolean;
  /** Done after every so many items. */
  readonly onNth?: readonly [count: number, work: () => Promise<unknown>];
}

async function itemsWith(
  subscription: AsyncIterableIterator<SubscriptionItem>,
  { isLast, onNth: [count, work] = [1, async () => undefined] }: Consuming,
): Promise<SubscriptionItem[]> {
  const items: SubscriptionItem[] = [];
  for await (const item of subscription) {
    items.push(item);
    if (items.length % count === 0) await work();
    if (isLast(item)) break;
  }
  return items;
}

async function itemsUntilEnd(subscription: AsyncIterableIterator<SubscriptionItem>): Promise<number> {
  let count = 0;
  for await (const _item of subscription) count += 1;
  return count;
}

/** A loop over it can be left without ending it. */
async function* endless(subscription: AsyncIterator<SubscriptionItem>): AsyncGenerator<SubscriptionItem> {
  for (let result = await subscription.next(); !result.done; result = await subscription.next())
    yield result.value;
}

/** How many messages the server has sent once it sends no more. */
async function settled(node: TestNode): Promise<number> {
  let before = -1;
  return eventually(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return (await node.tell('counters')).messagesSent;
    },
    (sent) => {
      const isSettled = sent === before;
      before = sent;
      return isSettled;
    },
  );
}

function positionOf(item: SubscriptionItem | undefined): string {
  if (item === undefined) return '';
  return item.kind === 'event' ? item.event.position : item.position;
}

function neverGoesBack(items: readonly SubscriptionItem[]): boolean {
  const positions = items.map(positionOf);
  return positions.every((position, index) => index === 0 || position >= (positions[index - 1] as string));
}

function revisionsOf(items: readonly SubscriptionItem[]): number[] {
  return eventsIn(items).map((event) => event.revision);
}
