// A log that somebody follows alone, with a look at each event as it passes by.

import type { EventLog, RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';

export function seenLog(log: EventLog, see: (event: RecordedEvent) => void): EventLog {
  return {
    append: (stream, events, expected) => log.append(stream, events, expected),
    readStream: (stream, options) => log.readStream(stream, options),
    readAll: (options) => log.readAll(options),
    subscribe: (options) => seenIn(log.subscribe(options), see),
    head: () => log.head(),
    identity: () => log.identity(),
    close: () => log.close(),
  };
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
