// Where in a stream to go on from a position of the log: found by halving, so that a long stream is not read for it.

import type { EventLog, Position } from '#event-log/event-log.js';

export interface Beside {
  readonly order: 'oldest-first' | 'latest-first';
  /** Null for the end of the stream that it begins at. */
  readonly cursor: Position | null;
}

/** Of the first event after the cursor, or the last one before it; null where there is none that way. */
export async function revisionBeside(
  log: EventLog,
  stream: string,
  { order, cursor }: Beside,
): Promise<number | null> {
  const end = await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
  const last = end.status === 'unknown' ? undefined : end.events[0];
  if (last === undefined) return null;
  if (cursor === null) return order === 'oldest-first' ? 0 : last.revision;
  const isPast = async (revision: number): Promise<boolean> => {
    const page = await log.readStream(stream, { direction: 'forward', from: revision, limit: 1 });
    const position = page.status === 'unknown' ? undefined : page.events[0]?.position;
    if (position === undefined) return true;
    return order === 'oldest-first' ? position > cursor : position >= cursor;
  };
  const first = await firstThat(isPast, last.revision + 1);
  if (order === 'oldest-first') return first > last.revision ? null : first;
  return first === 0 ? null : first - 1;
}

/** The first number below the end for which it holds, where it goes on holding; the end where there is none. */
async function firstThat(holds: (number: number) => Promise<boolean>, end: number): Promise<number> {
  let [low, high] = [0, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
