// The log as commands see it, which notes how far this process has written what somebody follows: who was told
// that a user was added must find that user in the next list.

import type { AppendResult, EventLog, NewEvent, Position } from '#event-log/event-log.js';

export interface NotedLogOptions {
  readonly log: EventLog;
  /** Of the events that are followed; of others nobody waits for the position. */
  readonly concerns: (type: string) => boolean;
  /** Called before the append is acknowledged. */
  readonly note: (position: Position) => void;
}

export function notedLog({ log, concerns, note }: NotedLogOptions): EventLog {
  const noted = (events: readonly NewEvent[], result: AppendResult): AppendResult => {
    if (events.some(({ type }) => concerns(type))) note(result.position);
    return result;
  };
  return {
    append: (stream, events, expected) =>
      log.append(stream, events, expected).then((result) => noted(events, result)),
    readStream: (stream, options) => log.readStream(stream, options),
    readAll: (options) => log.readAll(options),
    subscribe: (options) => log.subscribe(options),
    head: () => log.head(),
    identity: () => log.identity(),
    close: () => log.close(),
  };
}
