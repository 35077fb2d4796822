// Events as they stand in the log, for rows that are to be seen apart from the commands that write such events.

import { by, type House, organizationId } from '#application/testing/house.js';
import { type DomainEvent, encodeEvent } from '#event-catalog/catalogue.js';
import type { EventMetadata } from '#event-log/event-log.js';

export interface Written {
  readonly events: readonly DomainEvent[];
  /** Beside what each has. */
  readonly metadata?: Partial<EventMetadata>;
}

export async function write(
  { parts, clock }: House,
  stream: string,
  { events, metadata = {} }: Written,
): Promise<void> {
  const end = await parts.log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 });
  const last = end.status === 'unknown' ? undefined : end.events[0]?.revision;
  const { editor, callId: call } = by;
  const told = { time: new Date(clock.now).toISOString(), organization: organizationId, editor, call };
  const made = events.map((event) => ({
    id: parts.secrets.newId(),
    ...encodeEvent(event),
    metadata: { ...told, ...metadata } as EventMetadata,
  }));
  await parts.log.append(stream, made, last ?? 'no-stream');
}
