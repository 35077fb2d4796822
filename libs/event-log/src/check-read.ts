import type { ReadAllOptions, ReadStreamOptions } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

/** Throws `TypeError` for a bug of the caller. */
export function checkRead(options: ReadStreamOptions | ReadAllOptions): void {
  const { limit } = options;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > eventsPerReadMax) {
    throw new TypeError(`limit must be 1 to ${eventsPerReadMax}: ${limit}`);
  }
  if (!('from' in options) || options.from === 'end') return;
  if (!Number.isSafeInteger(options.from) || options.from < 0) {
    throw new TypeError(`from must be a revision: ${options.from}`);
  }
}
