// Calls that are sent under idempotency keys, and again.

import type { Caller } from '#application/caller.js';
import { idempotencyOf } from '#application/idempotency.js';
import type { Attempt } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada } from '#application/testing/people.js';
import type { UserId } from '#domain/ids.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export const hour = 3_600_000;
export const her = { organizationId, userId: ada };

export interface Sent {
  readonly key?: string;
  readonly caller?: string;
  readonly request?: string;
}

let calls = 0;

/** Each sending is a call of its own, by the same key. */
export function sentTo(
  { parts }: House,
  { key = 'key-1', caller = 'user-1', request = 'request' }: Sent = {},
): Caller {
  calls += 1;
  const read = idempotencyOf({ caller, key, request: ['Method', request] }, parts.secrets);
  if (read.kind === 'rejected') throw new Error(JSON.stringify(read));
  return { ...by, callId: `call-${calls}`, idempotency: read.idempotency };
}

/** The same answer once more, and nothing done. */
export const again = (outcome: object): Attempt => ({
  outcome: { ...outcome, repeated: true },
  appended: [],
});

/** The newest first. */
export const everythingIn = ({ parts: { log } }: House) =>
  log.readAll({ direction: 'backward', before: 'end', limit: eventsPerReadMax });

export async function typesOf(house: House, userId: UserId): Promise<string[]> {
  const stream = house.application.userStream(userId);
  const events = await everythingIn(house);
  return events
    .filter((event) => event.stream === stream)
    .map(({ type }) => type)
    .toReversed();
}
