import type { EventLog } from '#event-log/event-log.js';

/** The same log, except for what is done otherwise here. */
export function logWith(log: EventLog, otherwise: Partial<EventLog>): EventLog {
  return {
    append: (stream, events, expected) => log.append(stream, events, expected),
    readStream: (stream, options) => log.readStream(stream, options),
    readAll: (options) => log.readAll(options),
    subscribe: (options) => log.subscribe(options),
    head: () => log.head(),
    identity: () => log.identity(),
    close: () => log.close(),
    ...otherwise,
  };
}
