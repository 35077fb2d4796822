// What an end of the process cut short between the event of an erasure and the end of its key.

import type { Application } from '#application/application.js';
import type { Position } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

/**
 * Erases the key of every user that the log says was erased after `after`; `logStart` after a restore of keys.
 * Answers from where to go on the next time, when all before it is done.
 */
export async function finishErasures({ parts }: Application, after: Position): Promise<Position> {
  const { log, secrets } = parts;
  let done = after;
  for (;;) {
    const page = await log.readAll({ direction: 'forward', after: done, limit: eventsPerReadMax });
    for (const { type, stream } of page) {
      if (type === 'user.erased') await secrets.keys.erase(stream);
    }
    done = page.at(-1)?.position ?? done;
    if (page.length < eventsPerReadMax) return done;
  }
}
