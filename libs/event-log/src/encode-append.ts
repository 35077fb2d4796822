// What every engine does with an append before it touches storage: refuse misuse, measure it against
// the limits, and turn each event into the exact text that is stored.

import { EventLogError } from '#event-log/errors.js';
import type { EventMetadata, ExpectedRevision, JsonObject, NewEvent } from '#event-log/event-log.js';
import { appendBytesMax, eventBytesMax, eventsPerAppendMax, nameCharactersMax } from '#event-log/limits.js';

export interface EncodedEvent {
  readonly id: string;
  readonly type: string;
  /** JSON text, stored and read back byte for byte. */
  readonly data: string;
  readonly metadata: string;
}

export interface EncodedAppend {
  readonly stream: string;
  readonly expected: ExpectedRevision;
  readonly events: readonly EncodedEvent[];
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const name = /^[\x21-\x7e]+$/;
const utcMilliseconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Throws `TypeError` for a bug of the caller, `EventLogError` `too-large` for a limit. */
export function encodeAppend(
  stream: string,
  events: readonly NewEvent[],
  expected: ExpectedRevision,
): EncodedAppend {
  checkName('stream', stream);
  checkExpected(expected);
  checkCount(events);
  const encoded: EncodedEvent[] = [];
  let appendBytes = 0;
  for (const event of events) {
    checkEvent(event);
    const one = encodeEvent(event);
    appendBytes += checkBytes(one);
    encoded.push(one);
  }
  if (appendBytes > appendBytesMax) throw tooLarge('append-bytes', appendBytesMax, appendBytes);
  return { stream, expected, events: encoded };
}

export function decodeData(event: EncodedEvent): JsonObject {
  return JSON.parse(event.data);
}

export function decodeMetadata(event: EncodedEvent): EventMetadata {
  return JSON.parse(event.metadata);
}

/** Names that start with `$` belong to EventStoreDB. */
export function checkName(field: 'stream' | 'type', value: string): void {
  if (name.test(value) && value.length <= nameCharactersMax && !value.startsWith('$')) return;
  throw new TypeError(
    `${field} must be 1 to ${nameCharactersMax} printable ASCII characters that do not start with $: ${JSON.stringify(value)}`,
  );
}

function checkExpected(expected: ExpectedRevision): void {
  if (expected === 'no-stream' || expected === 'exists') return;
  if (Number.isSafeInteger(expected) && expected >= 0) return;
  throw new TypeError(`expected must be no-stream, exists or a revision: ${expected}`);
}

function checkCount(events: readonly NewEvent[]): void {
  if (events.length === 0) throw new TypeError('an append needs at least one event');
  if (events.length > eventsPerAppendMax) throw tooLarge('events', eventsPerAppendMax, events.length);
  if (events.length > 1 && new Set(events.map((event) => event.id)).size !== events.length) {
    throw new TypeError('two events of one append have the same id');
  }
}

function checkEvent(event: NewEvent): void {
  checkName('type', event.type);
  if (!uuid.test(event.id)) throw new TypeError(`id must be a lower-case UUID: ${JSON.stringify(event.id)}`);
  if (!isObject(event.data)) throw new TypeError('data must be an object');
  if (!isObject(event.metadata)) throw new TypeError('metadata must be an object');
  const { time } = event.metadata;
  if (typeof time !== 'string' || !utcMilliseconds.test(time) || Number.isNaN(Date.parse(time))) {
    throw new TypeError(`metadata.time must be UTC with milliseconds: ${JSON.stringify(time)}`);
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function encodeEvent(event: NewEvent): EncodedEvent {
  return {
    id: event.id,
    type: event.type,
    data: JSON.stringify(event.data),
    metadata: JSON.stringify(event.metadata),
  };
}

function checkBytes(event: EncodedEvent): number {
  const bytes = event.type.length + Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata);
  if (bytes > eventBytesMax) throw tooLarge('event-bytes', eventBytesMax, bytes);
  return bytes;
}

function tooLarge(limit: 'events' | 'event-bytes' | 'append-bytes', maximum: number, actual: number) {
  return new EventLogError({ code: 'too-large', limit, maximum, actual });
}
