// The end, in an order that drops nobody: first the readiness, so that no new requests are sent here;
// then the door; then whoever is still inside; the event log last, because they write to it.

import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';

import type { EventLog } from '#event-log/event-log.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { OnePort } from '#server/open-port.js';
import type { Opening } from '#server/opening.js';
import type { Readiness } from '#server/readiness.js';
import type { Telemetry } from '#server/telemetry.js';

export interface Running extends OnePort {
  readonly log: Log;
  readonly readiness: Readiness;
  readonly eventLog: EventLog;
  readonly opening: Opening;
  readonly telemetry: Telemetry;
}

/**
 * Once with the door still open, once with it closed: a request that is already on its way is answered,
 * and its connection told to close.
 */
const graceMs = 250;
/** Leaves the event log its share of the 10 s. */
const drainWithinMs = 7_000;

/** Answers the exit code. */
export async function stop({
  log,
  readiness,
  eventLog,
  opening,
  telemetry,
  ...port
}: Running): Promise<number> {
  readiness.stop();
  await grace();
  const isDrained = await drain(port);
  if (!isDrained)
    log.error('requests were still open when the time to finish them was over; they are cut off');
  try {
    await opening.close();
    await eventLog.close();
    await telemetry.close();
  } catch (error) {
    log.error({ error: describeError(error) }, 'the event log or the keys did not close cleanly');
    return 1;
  }
  log.info('stopped');
  return isDrained ? 0 : 1;
}

/**
 * Timers come before sockets: a process that was kept from running for so long would otherwise end without having looked
 * at what reached it meanwhile.
 */
async function grace(): Promise<void> {
  await delay(graceMs);
  // Connections are taken in the first turn, their first bytes read in the second, the rest put to work in the third.
  for (let at = 0; at < 3; at += 1) await turn();
}

async function drain({ server, inFlight, listener }: OnePort): Promise<boolean> {
  const closed = server.close();
  const called = listener.drain();
  const answered = grace().then(() => inFlight.none());
  const timer = new AbortController();
  const late = delay(drainWithinMs, false, { signal: timer.signal });
  const isDrained = await Promise.race([answered.then(() => true), late]);
  const isGrpcDrained = await called;
  timer.abort();
  // What is left has asked for nothing: connections that are kept, silent, or in the middle of a header.
  listener.destroy();
  await closed;
  return isDrained && isGrpcDrained;
}
