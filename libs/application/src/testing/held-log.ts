// A log whose reads wait until a test lets them go, and which counts what was read.

import type { EventLog, ReadStreamOptions } from '#event-log/event-log.js';
import { logWith } from '#event-log/log-with.js';

export interface Read extends Pick<ReadStreamOptions, 'from' | 'limit'> {
  readonly stream: string;
}

export interface HeldLog extends EventLog {
  /** Each read so far, in order. */
  readonly reads: Read[];
  /** The events that they answered. */
  eventsRead: number;
  /** From now on a read waits after the log was asked, until it is released. */
  hold(): void;
  release(): void;
}

export function heldLog(log: EventLog): HeldLog {
  const reads: Read[] = [];
  let waiting: (() => void)[] | null = null;
  const held: HeldLog = {
    ...logWith(log, {
      readStream: async (stream, options) => {
        const { from, limit } = options;
        reads.push({ stream, from, limit });
        const page = await log.readStream(stream, options);
        if (page.status === 'found') held.eventsRead += page.events.length;
        await (waiting === null ? null : new Promise<void>((resolve) => waiting?.push(resolve)));
        return page;
      },
    }),
    reads,
    eventsRead: 0,
    hold: () => {
      waiting ??= [];
    },
    release: () => {
      for (const resolve of waiting ?? []) resolve();
      waiting = null;
    },
  };
  return held;
}
