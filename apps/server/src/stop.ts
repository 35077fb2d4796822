// The end, in an order that drops nobody: first the readiness, so that no new requests are sent here;
// then the door; then whoever is still inside; the event log last, because they write to it.

import { setTimeout as delay } from 'node:timers/promises';

import type { FastifyInstance } from 'fastify';

import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';
import type { EventLogSource } from '#server/open-event-log.js';
import type { Readiness } from '#server/readiness.js';

export interface Running {
  readonly log: Log;
  readonly server: FastifyInstance;
  readonly readiness: Readiness;
  readonly eventLog: EventLogSource;
}

/** Requests already on their way on a connection that is kept are answered, and told to close it. */
const graceMs = 250;
/** Leaves the event log its share of the 10 s. */
const drainWithinMs = 7_000;

/** Answers the exit code. */
export async function stop({ log, server, readiness, eventLog }: Running): Promise<number> {
  readiness.stop();
  await delay(graceMs);
  const isDrained = await drain(server);
  if (!isDrained)
    log.error('requests were still open when the time to finish them was over; they are cut off');
  try {
    await eventLog.close();
  } catch (error) {
    log.error({ error: describeError(error) }, 'the event log did not close cleanly');
    return 1;
  }
  log.info('stopped');
  return isDrained ? 0 : 1;
}

async function drain(server: FastifyInstance): Promise<boolean> {
  const closed = server.close().then(() => true);
  const timer = new AbortController();
  const isDrained = await Promise.race([closed, delay(drainWithinMs, false, { signal: timer.signal })]);
  timer.abort();
  if (!isDrained) {
    server.server.closeAllConnections();
    await closed;
  }
  return isDrained;
}
