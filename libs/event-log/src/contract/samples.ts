import { randomUUID } from 'node:crypto';

import { EventLogError, type EventLogFailure } from '#event-log/errors.js';
import type {
  EventLog,
  JsonObject,
  NewEvent,
  Position,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionItem,
} from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

/** A stream that no other test of any run writes to: some engines share one log. */
export function freshStream(prefix = 'contract'): string {
  return `${prefix}-${randomUUID()}`;
}

export function sample(data: JsonObject = { value: 1 }, type = 'contract.happened'): NewEvent {
  return { id: randomUUID(), type, data, metadata: { time: '2026-01-02T03:04:05.678Z', editor: 'someone' } };
}

export function samples(count: number): NewEvent[] {
  return Array.from({ length: count }, (_, value) => sample({ value }));
}

/** The failure with which a promise was refused; a success or another error is the test's failure. */
export async function failureOf(promise: Promise<unknown>): Promise<EventLogFailure> {
  const answer = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in answer && answer.error instanceof EventLogError) return answer.error.failure;
  throw new Error('expected an EventLogError', { cause: 'error' in answer ? answer.error : answer.value });
}

export async function streamOf(log: EventLog, stream: string): Promise<readonly RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const page = await log.readStream(stream, {
      direction: 'forward',
      from: events.length,
      limit: eventsPerReadMax,
    });
    if (page.status === 'unknown') return [];
    events.push(...page.events);
    if (page.events.length < eventsPerReadMax) return events;
  }
}

/** Everything after a position, read by pages of `limit`. */
export async function allAfter(
  log: EventLog,
  start: Position,
  limit = eventsPerReadMax,
): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for (;;) {
    const after = events.at(-1)?.position ?? start;
    const page = await log.readAll({ direction: 'forward', after, limit });
    events.push(...page);
    if (page.length < limit) return events;
  }
}

/** Items of a subscription until `enough` says so; then the loop is left. */
export async function itemsUntil(
  log: EventLog,
  options: Partial<SubscribeOptions>,
  enough: (items: readonly SubscriptionItem[]) => boolean,
): Promise<SubscriptionItem[]> {
  const items: SubscriptionItem[] = [];
  for await (const item of log.subscribe({ after: logStart, ...options })) {
    items.push(item);
    if (enough(items)) break;
  }
  return items;
}

export function eventsIn(items: readonly SubscriptionItem[]): RecordedEvent[] {
  return items.flatMap((item) => (item.kind === 'event' ? [item.event] : []));
}

export const caughtUp = (items: readonly SubscriptionItem[]): boolean => items.at(-1)?.kind === 'caught-up';
