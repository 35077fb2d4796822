// The log as commands see it, which notes how far this process has written: who was told that a user was added must
// find that user in the next list.

import type { EventLog, Position } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';

/** @param note called before the append is acknowledged */
export function notedLog(log: EventLog, note: (position: Position) => void): EventLog {
  return logWith(log, {
    append: async (stream, events, expected) => {
      const result = await log.append(stream, events, expected);
      note(result.position);
      return result;
    },
  });
}
