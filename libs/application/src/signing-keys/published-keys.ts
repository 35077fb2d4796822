// What others verify proofs by: the public parts, as they stand in the log.

import type { Application } from '#application/application.js';
import { instanceStream } from '#application/surroundings.js';
import { type KeyInUse, keysInUse } from '#domain/signing-keys/state.js';
import { EventLogError } from '#event-log/errors.js';

/** While the log does not answer: those that were last seen in it. */
export async function keysToVerifyBy({ instance, parts }: Application): Promise<readonly KeyInUse[]> {
  const { state } = await currentOrLast(instance.streams);
  return state.status === 'ready' ? keysInUse(state.signingKeys, parts.clock()) : [];
}

async function currentOrLast(streams: Application['instance']['streams']) {
  try {
    return await streams.current(instanceStream);
  } catch (error) {
    if (!(error instanceof EventLogError) || error.code !== 'unavailable') throw error;
    return streams.get(instanceStream);
  }
}
