// Events of some types between two places of the log, without those that stand around them.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';

export interface Between {
  readonly after: Position;
  /** Not beyond the end of the log. */
  readonly upTo: Position;
  /** Nobody waits for them from then on. */
  readonly until: AbortSignal;
}

export async function eventsBetween(
  log: EventLog,
  eventTypes: readonly string[],
  { after, upTo, until }: Between,
): Promise<readonly RecordedEvent[]> {
  const found: RecordedEvent[] = [];
  if (eventTypes.length === 0 || after >= upTo) return found;
  until.throwIfAborted();
  const subscription = log.subscribe({ after, filter: { eventTypes } });
  const leave = () => void subscription.return?.();
  until.addEventListener('abort', leave, { once: true });
  try {
    for await (const item of subscription) {
      const position = item.kind === 'event' ? item.event.position : item.position;
      if (item.kind === 'event' && position <= upTo) found.push(item.event);
      if (position >= upTo) return found;
    }
    throw new Error('the log was not read to the end');
  } finally {
    until.removeEventListener('abort', leave);
  }
}
