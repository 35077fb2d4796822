import { expect } from '@jest/globals';

import type { Claim } from '#event-log/contract/engine.js';
import { caughtUp, eventsIn, freshStream, itemsUntil, sample, samples } from '#event-log/contract/samples.js';
import type { EventLog, Position, SubscriptionItem } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';

export function subscribeClaims(claim: Claim): void {
  delivery(claim);
  filters(claim);
  leaving(claim);
}

function delivery(claim: Claim): void {
  claim('a subscription gives what was there, says so, and goes on with what comes', async ({ log }) => {
    const stream = freshStream();
    const start = await log.head();
    await log.append(stream, samples(3), 'no-stream');
    const filter = { streamPrefixes: [stream] };
    const items: SubscriptionItem[] = [];
    let appended = false;
    for await (const item of log.subscribe({ after: start, filter })) {
      items.push(item);
      if (item.kind === 'caught-up' && !appended) {
        appended = true;
        await log.append(stream, samples(2), 2);
      }
      if (eventsIn(items).length === 5 && item.kind === 'caught-up') break;
    }
    expect(eventsIn(items).map((event) => event.revision)).toEqual([0, 1, 2, 3, 4]);
    const kinds = items.filter((item) => item.kind !== 'checkpoint').map((item) => item.kind);
    expect(kinds.slice(0, 4)).toEqual(['event', 'event', 'event', 'caught-up']);
  });

  claim('positions of items never go back, and caught-up reaches the head', async ({ log }) => {
    const start = await log.head();
    await log.append(freshStream(), samples(40), 'no-stream');
    const head = await log.head();
    const items = await itemsUntil(log, { after: start }, caughtUp);
    const positions = items.map((item) => (item.kind === 'event' ? item.event.position : item.position));
    expect(positions).toEqual([...positions].sort());
    expect((positions.at(-1) as Position) >= head).toBe(true);
  });

  claim('a subscription after a position begins with the next event, wherever it begins', async ({ log }) => {
    const stream = freshStream();
    await log.append(stream, samples(6), 'no-stream');
    const filter = { streamPrefixes: [stream] };
    const whole = eventsIn(await itemsUntil(log, { filter }, caughtUp));
    for (const [index, event] of whole.entries()) {
      const rest = await itemsUntil(log, { after: event.position, filter }, caughtUp);
      expect(eventsIn(rest)).toEqual(whole.slice(index + 1));
    }
  });

  claim('under load every event comes once and in order, over pages and bursts', async ({ log }) => {
    const streams = Array.from({ length: 8 }, () => freshStream('burst'));
    const start = await log.head();
    const receiving = itemsUntil(log, { after: start }, (items) => ours(items, streams).length === 8 * 250);
    await Promise.all(streams.map((stream) => writeOneByOne(log, stream, 250)));
    const events = ours(await receiving, streams);
    const positions = events.map((event) => event.position);
    expect(positions).toEqual([...new Set(positions)].sort());
    for (const stream of streams) {
      const revisions = events.filter((event) => event.stream === stream).map((event) => event.revision);
      expect(revisions).toEqual(Array.from({ length: 250 }, (_, index) => index));
    }
  });

  claim('a subscription goes on without gap or duplicate over a lost connection', async (under) => {
    const { log } = under;
    const stream = freshStream('reconnect');
    const start = await log.head();
    const filter = { streamPrefixes: [stream] };
    const receiving = itemsUntil(log, { after: start, filter }, (items) => eventsIn(items).length === 300);
    for (let revision = 0; revision < 300; revision += 1) {
      if (revision % 100 === 50) await under.disconnect();
      await appendUntilKnown(log, stream, revision);
    }
    const events = eventsIn(await receiving);
    expect(events.map((event) => event.revision)).toEqual(Array.from({ length: 300 }, (_, index) => index));
  });

  claim('a slow consumer loses nothing and holds up nobody', async ({ log }) => {
    const stream = freshStream('slow');
    const start = await log.head();
    const subscription = log.subscribe({ after: start, filter: { streamPrefixes: [stream] } });
    await writeOneByOne(log, stream, 1);
    await subscription.next();
    for (let at = 0; at < 5; at += 1) await log.append(stream, samples(1_000), at * 1_000);
    const other = await itemsUntil(log, { after: start, filter: { streamPrefixes: [stream] } }, caughtUp);
    expect(eventsIn(other)).toHaveLength(5_001);
    const rest: SubscriptionItem[] = [];
    for await (const item of subscription) {
      rest.push(item);
      if (eventsIn(rest).at(-1)?.revision === 5_000) break;
    }
    expect(eventsIn(rest).map((event) => event.revision)).toEqual(
      Array.from({ length: eventsIn(rest).length }, (_, index) => 5_001 - eventsIn(rest).length + index),
    );
    expect(eventsIn(rest).length).toBeGreaterThanOrEqual(5_000);
  });
}

function filters(claim: Claim): void {
  claim('a filter by stream prefix or by type lets only those through', async ({ log }) => {
    const [a, b] = [freshStream('alpha'), freshStream('beta')];
    const start = await log.head();
    await log.append(a, [sample({}, 'kind.one'), sample({}, 'kind.two')], 'no-stream');
    await log.append(b, [sample({}, 'kind.one'), sample({}, 'kind.three')], 'no-stream');
    const seen = async (filter: Parameters<EventLog['subscribe']>[0]['filter']) => {
      const items = await itemsUntil(
        log,
        filter === undefined ? { after: start } : { after: start, filter },
        caughtUp,
      );
      return ours(items, [a, b]).map((event) => `${event.stream === a ? 'a' : 'b'}${event.revision}`);
    };
    expect(await seen(undefined)).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(await seen({ streamPrefixes: [b] })).toEqual(['b0', 'b1']);
    expect(await seen({ streamPrefixes: [a, b] })).toEqual(['a0', 'a1', 'b0', 'b1']);
    expect(await seen({ eventTypes: ['kind.one'] })).toEqual(['a0', 'b0']);
    expect(await seen({ eventTypes: ['kind.two', 'kind.three'] })).toEqual(['a1', 'b1']);
  });

  claim(
    'a filter that lets nothing through still moves on, so that nothing is read twice',
    async ({ log }) => {
      const start = await log.head();
      const { position } = await log.append(freshStream(), samples(200), 'no-stream');
      const filter = { streamPrefixes: [freshStream('nobody')] };
      const reached = (items: readonly SubscriptionItem[]) => {
        const last = items.at(-1);
        return last !== undefined && last.kind !== 'event' && last.position >= position;
      };
      const items = await itemsUntil(log, { after: start, filter }, reached);
      expect(eventsIn(items)).toEqual([]);
    },
  );
}

function leaving(claim: Claim): void {
  claim('leaving the loop frees everything: three hundred left loops hinder nobody', async ({ log }) => {
    const stream = freshStream();
    await log.append(stream, samples(3), 'no-stream');
    for (let round = 0; round < 300; round += 1) {
      for await (const item of log.subscribe({ after: logStart })) {
        if (item.kind === 'event' || item.kind === 'caught-up') break;
      }
    }
    expect((await log.append(stream, samples(1), 2)).revision).toBe(3);
    const page = await log.readStream(stream, { direction: 'forward', from: 0, limit: 10 });
    expect(page.status === 'found' && page.events).toHaveLength(4);
  });

  claim('a subscription that waits can be left, and its waiting call ends', async ({ log }) => {
    const subscription = log.subscribe({ after: await log.head() });
    for (;;) if ((await subscription.next()).value?.kind === 'caught-up') break;
    const waiting = subscription.next();
    await subscription.return?.();
    expect((await untilDone(waiting, subscription)).done).toBe(true);
    expect(await subscription.next()).toEqual({ done: true, value: undefined });
  });

  claim('closing the log ends its subscriptions, and later calls are unavailable', async (under) => {
    const { log } = under;
    const subscription = log.subscribe({ after: await log.head() });
    for (;;) if ((await subscription.next()).value?.kind === 'caught-up') break;
    const waiting = subscription.next();
    await log.close();
    expect((await untilDone(waiting, subscription)).done).toBe(true);
    await expect(log.head()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(log.append(freshStream(), samples(1), 'no-stream')).rejects.toMatchObject({
      code: 'unavailable',
    });
  });
}

/** A log that others write to may still hand over what it held. */
async function untilDone(
  waiting: Promise<IteratorResult<SubscriptionItem>>,
  subscription: AsyncIterator<SubscriptionItem>,
): Promise<IteratorResult<SubscriptionItem>> {
  let result = await waiting;
  while (!result.done) result = await subscription.next();
  return result;
}

async function writeOneByOne(log: EventLog, stream: string, count: number): Promise<void> {
  for (let revision = 0; revision < count; revision += 1) {
    await log.append(stream, samples(1), revision === 0 ? 'no-stream' : revision - 1);
  }
}

/** As a careful caller does: an unknown outcome is retried with the same ids. */
async function appendUntilKnown(log: EventLog, stream: string, revision: number): Promise<void> {
  const events = samples(1);
  for (let attempt = 0; attempt < 50; attempt += 1) {
    try {
      await log.append(stream, events, revision === 0 ? 'no-stream' : revision - 1);
      return;
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      if (code !== 'outcome-unknown' && code !== 'unavailable') throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('the append never became known');
}

function ours(items: readonly SubscriptionItem[], streams: readonly string[]) {
  return eventsIn(items).filter((event) => streams.includes(event.stream));
}
