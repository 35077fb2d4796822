// The work of 64 clients as a function of who appends and how often it did before: what any process
// would write next follows from the journal alone, and what stands in the log tells who meant to write it.

import type { JsonValue, NewEvent } from '#event-log/event-log.js';

export const clientCount = 64;
/** The first clients each have streams to themselves; the others race in fours for a few shared ones. */
const clientsWithOwnStreams = 40;
const sharedStreams = 6;
/** A client's own stream ends after so many appends, so that streams are begun all the time. */
const appendsPerOwnStream = 20;
const eventsPerAppendMax = 5;

/** One append: the same client and counter always mean the same events with the same ids. */
export interface Attempt {
  readonly client: number;
  readonly counter: number;
  readonly expected: 'no-stream' | number;
}

export interface EventAuthor {
  readonly client: number;
  readonly counter: number;
  readonly index: number;
}

export function firstAttempts(): Attempt[] {
  return Array.from({ length: clientCount }, (_, client) => ({ client, counter: 0, expected: 'no-stream' }));
}

export function afterAck({ client, counter, expected }: Attempt, revision: number): Attempt {
  const next = { client, counter: counter + 1, expected: revision };
  const continues = streamOf(next) === streamOf({ client, counter, expected });
  return continues ? next : { ...next, expected: 'no-stream' };
}

export function afterConflict(attempt: Attempt, actual: Attempt['expected']): Attempt {
  return { ...attempt, expected: actual };
}

export function hasRivals(client: number): boolean {
  return client >= clientsWithOwnStreams;
}

export function streamOf({ client, counter }: Attempt): string {
  return hasRivals(client)
    ? `shared-${client % sharedStreams}`
    : `own-${client}-${Math.floor(counter / appendsPerOwnStream)}`;
}

export function eventsOf({ client, counter }: Attempt): NewEvent[] {
  const count = 1 + ((client * 7 + counter * 3) % eventsPerAppendMax);
  return Array.from({ length: count }, (_, index) => ({
    id: eventId({ client, counter, index }),
    type: `client-${client}.appended`,
    data: { client, counter, index, text: textOf(client * 31 + counter * 17 + index) },
    metadata: { time: '2026-01-02T03:04:05.678Z', callId: `${client}-${counter}` },
  }));
}

/** Null for an id that no client ever makes. */
export function authorOf(id: string): EventAuthor | null {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-4000-8000-([0-9a-f]{12})$/.exec(id);
  if (match === null) return null;
  const [client, index, counter] = match.slice(1).map((digits) => Number.parseInt(digits, 16));
  return { client: client as number, counter: counter as number, index: index as number };
}

function eventId({ client, counter, index }: EventAuthor): string {
  const digits = (value: number, length: number) => value.toString(16).padStart(length, '0');
  return `${digits(client, 8)}-${digits(index, 4)}-4000-8000-${digits(counter, 12)}`;
}

/** Mostly short; now and then longer than a page of the file. */
function textOf(seed: number): JsonValue {
  return 'ä-"x'.repeat(seed % 97 === 0 ? 2_500 : seed % 40);
}
