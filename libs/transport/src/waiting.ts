// Nobody waits for an answer longer than its signal says. What was begun goes on, since it may be on its way to
// the log.

import { statusCodes } from '#transport/call.js';
import type { CallRefusal } from '#transport/refusals.js';

export const gone = Symbol('nobody waits for it');

/** The work must not fail: who would be told? */
export function whileWaitedFor<Answer>(
  signal: AbortSignal,
  work: Promise<Answer>,
): Promise<Answer | typeof gone> {
  return new Promise((resolve) => {
    const leave = () => resolve(gone);
    signal.addEventListener('abort', leave);
    void work.then((answer) => {
      signal.removeEventListener('abort', leave);
      resolve(answer);
    });
  });
}

/** For what is open on a connection that is to end: the same may be asked by another one. */
export const connectionTooOld = new DOMException('the connection is too old', 'ConnectionTooOldError');

/** As what a call ends that nobody waits for any more, or that cannot go on where it is. */
export function leftAs(signal: AbortSignal): CallRefusal {
  if (signal.reason === connectionTooOld) return { code: 'unavailable' };
  return { code: isByDeadline(signal) ? 'deadline-exceeded' : 'cancelled' };
}

/** By the deadline, as `AbortSignal.timeout` and Connect say it; by anything else, the caller left. */
function isByDeadline({ reason }: AbortSignal): boolean {
  const { name, code } = Object(reason) as { readonly name?: unknown; readonly code?: unknown };
  return name === 'TimeoutError' || code === statusCodes.deadlineExceeded;
}
