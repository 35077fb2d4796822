// What an end of the process cut short between the event of an erasure and the end of its key, and what came back
// from a backup of the keys that is older than the log.

import type { Application } from '#application/application.js';
import { type EventLog, logStart, type Position } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface Erasures {
  /** The log was looked through up to here. */
  readonly done: Position;
  /** The streams of all users that it says were erased. */
  readonly erased: readonly string[];
}

export const noErasures: Erasures = { done: logStart, erased: [] };

/** A store takes as many in one transaction. */
const erasedAtATime = 250;

/**
 * Erases the key of every user that is known to be erased, or that the log says was erased since. Erasing what is
 * not there costs little, and a key store may be older than what is known. Once `until` is aborted it ends, and what was
 * known is all that is.
 */
export async function finishErasures(
  { parts }: Application,
  known: Erasures,
  until?: AbortSignal,
): Promise<Erasures> {
  const { log, secrets } = parts;
  const found = await lookThrough(log, known, until);
  for (let at = 0; at < found.erased.length && !until?.aborted; at += erasedAtATime) {
    const streams = found.erased.slice(at, at + erasedAtATime);
    await Promise.all(streams.map((stream) => secrets.keys.erase(stream)));
  }
  return until?.aborted ? known : found;
}

async function lookThrough(log: EventLog, known: Erasures, until?: AbortSignal): Promise<Erasures> {
  const erased = new Set(known.erased);
  let { done } = known;
  while (!until?.aborted) {
    const page = await log.readAll({ direction: 'forward', after: done, limit: eventsPerReadMax });
    for (const { type, stream } of page) if (type === 'user.erased') erased.add(stream);
    done = page.at(-1)?.position ?? done;
    if (page.length < eventsPerReadMax) break;
  }
  return { done, erased: [...erased] };
}
