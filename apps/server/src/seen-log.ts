// A log that somebody follows alone, with a look at each event as it passes by.

import type { EventLog, RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';

export function seenLog(log: EventLog, see: (event: RecordedEvent) => void): EventLog {
  return logWith(log, { subscribe: (options) => seenIn(log.subscribe(options), see) });
}

function seenIn(
  source: AsyncIterableIterator<SubscriptionItem>,
  see: (event: RecordedEvent) => void,
): AsyncIterableIterator<SubscriptionItem> {
  const seen: AsyncIterableIterator<SubscriptionItem> = {
    next: async () => {
      const item = await source.next();
      if (!item.done && item.value.kind === 'event') see(item.value.event);
      return item;
    },
    return: async () => (await source.return?.()) ?? { done: true, value: undefined },
    [Symbol.asyncIterator]: () => seen,
  };
  return seen;
}
