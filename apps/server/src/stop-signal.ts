import { constants } from 'node:os';

import type { Log } from '#server/log.js';

export type StopSignal = 'SIGINT' | 'SIGTERM';

/**
 * Ctrl-C reaches the whole process group, and npm hands the signal on as well: the same signal again
 * within this time is the same key press, not a second one.
 */
const sameSignalMs = 200;

/** What an operator is promised is 10 s; whatever still hangs after this is left behind. */
const forcedEndMs = 9_500;

/** The first signal is answered by the caller; a second one, or time running out, ends the process. */
export function firstStopSignal(log: Log): Promise<StopSignal> {
  return new Promise((resolve) => {
    let first: { readonly signal: StopSignal; readonly at: number } | undefined;
    const receive = (signal: StopSignal): void => {
      if (first !== undefined) {
        const isEcho = signal === first.signal && performance.now() - first.at < sameSignalMs;
        if (!isEcho) process.exit(128 + constants.signals[signal]);
        return;
      }
      first = { signal, at: performance.now() };
      setTimeout(() => process.exit(1), forcedEndMs).unref();
      log.info({ signal }, 'stopping');
      resolve(signal);
    };
    process.on('SIGINT', receive);
    process.on('SIGTERM', receive);
  });
}
