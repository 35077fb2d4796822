// Which users were erased, by whichever server: keys that are at hand here must go soon after they are gone from their
// store.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import type { EventLog, Position } from '#event-log/event-log.js';

export interface ErasuresAnywhereOptions {
  readonly log: Pick<EventLog, 'head' | 'subscribe'>;
  /** From here on each is told. One before it may have been missed. */
  readonly onBegun?: () => void;
  readonly onErased: (streams: readonly string[]) => void;
  readonly onTrouble: (text: string) => void;
  readonly until: AbortSignal;
}

const erased = 'user.erased';
/** Between two looks at a log that does not answer. */
const againMs = 250;

/** From the end of the log on. Ends with `until`. */
export async function followErasures(options: ErasuresAnywhereOptions): Promise<void> {
  const { onTrouble, until } = options;
  let after: Position | null = null;
  while (!until.aborted) {
    try {
      after ??= await begin(options);
      after = await followFrom(after, options);
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      if (error.code === 'corrupt') onTrouble(error.message);
    }
    await delay(againMs, undefined, { signal: until }).catch(() => undefined);
  }
}

async function begin({ log, onBegun }: ErasuresAnywhereOptions): Promise<Position> {
  const head = await log.head();
  onBegun?.();
  return head;
}

/** Until the subscription ends; answers how far it came. One that fails is begun again from where it was begun. */
async function followFrom(
  start: Position,
  { log, onErased, until }: ErasuresAnywhereOptions,
): Promise<Position> {
  let after = start;
  const items = log.subscribe({ after });
  const leave = () => void items.return?.();
  until.addEventListener('abort', leave);
  if (until.aborted) leave();
  try {
    for await (const item of items) {
      after = item.kind === 'event' ? item.event.position : item.position;
      if (item.kind === 'event' && item.event.type === erased) onErased([item.event.stream]);
    }
  } finally {
    until.removeEventListener('abort', leave);
  }
  return after;
}
