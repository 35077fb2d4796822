import { backoffFirstMs, backoffLastMs } from '#event-log-eventstoredb/limits.js';

/** Full jitter: many that failed together do not come back together. */
export function backoffMs(attempt: number): number {
  return Math.random() * Math.min(backoffLastMs, backoffFirstMs * 2 ** Math.min(attempt, 16));
}

/** Resolves early, without an error, when the signal aborts. */
export function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', done);
  });
}
