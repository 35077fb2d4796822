// The events of the log for whoever may see all of it: by pages, however far away, and as they come. Nothing is opened.

import { decodeEvent } from '#event-catalog/catalogue.js';
import { UndecodableEvent } from '#event-catalog/undecodable-event.js';
import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { type EventFilter, type Passes, passing } from '#read-models/event-filter.js';
import type { Place } from '#read-models/projection.js';
import { placeOf } from '#read-models/projector.js';
import { revisionBeside } from '#read-models/stream-search.js';
import { toldData } from '#read-models/told-data.js';

export interface ToldEvent extends Place {
  readonly id: string;
  readonly type: string;
  /** Null where this release cannot read it. */
  readonly data: Readonly<Record<string, unknown>> | null;
}

export interface EventPage {
  readonly events: readonly ToldEvent[];
  /** From where to go on; null where nothing is left that way. */
  readonly next: Position | null;
  readonly head: Position;
}

export interface EventSearch {
  readonly filter: EventFilter;
  readonly order: 'oldest-first' | 'latest-first';
  /** Null for the first page. */
  readonly cursor: Position | null;
  readonly limit: number;
  readonly signal: AbortSignal;
}

/** What is read at one go. */
const eventsPerRead = 1_000;
/** A page looks at so many at most, about a tenth of a second of them: the next one goes on from there. */
const eventsPerPageMax = 20_000;

type Walk = AsyncGenerator<readonly RecordedEvent[], void, void>;

export async function listEvents(log: EventLog, search: EventSearch): Promise<EventPage> {
  const head = await log.head();
  const passes = passing(search.filter);
  const { stream } = search.filter;
  const walk = stream === null ? walkLog(log, search) : walkStream(log, stream, search);
  const found: RecordedEvent[] = [];
  let seen = 0;
  for await (const events of walk) {
    search.signal.throwIfAborted();
    const last = takeUpTo(search.limit, { events, found, passes });
    seen += events.length;
    const isLeft = last < events.length - 1 || events.length === eventsPerRead;
    if (found.length === search.limit || seen >= eventsPerPageMax)
      return { events: found.map(toldOf), next: isLeft ? (events[last]?.position ?? null) : null, head };
  }
  return { events: found.map(toldOf), next: null, head };
}

interface Taking {
  readonly events: readonly RecordedEvent[];
  readonly found: RecordedEvent[];
  readonly passes: Passes;
}

/** Answers which one was looked at last. */
function takeUpTo(limit: number, { events, found, passes }: Taking): number {
  for (const [index, event] of events.entries()) {
    if (passes(event)) found.push(event);
    if (found.length === limit) return index;
  }
  return events.length - 1;
}

async function* walkLog(log: EventLog, { order, cursor }: EventSearch): Walk {
  let at = cursor;
  for (;;) {
    const events: readonly RecordedEvent[] =
      order === 'oldest-first'
        ? await log.readAll({ direction: 'forward', after: at ?? logStart, limit: eventsPerRead })
        : await log.readAll({ direction: 'backward', before: at ?? 'end', limit: eventsPerRead });
    if (events.length > 0) yield events;
    if (events.length < eventsPerRead) return;
    at = (events.at(-1) as RecordedEvent).position;
  }
}

async function* walkStream(log: EventLog, stream: string, { order, cursor }: EventSearch): Walk {
  let from = await revisionBeside(log, stream, { order, cursor });
  while (from !== null && from >= 0) {
    const direction = order === 'oldest-first' ? 'forward' : 'backward';
    const page = await log.readStream(stream, { direction, from, limit: eventsPerRead });
    if (page.status === 'unknown' || page.events.length === 0) return;
    yield page.events;
    if (page.events.length < eventsPerRead) return;
    const { revision } = page.events.at(-1) as RecordedEvent;
    from = order === 'oldest-first' ? revision + 1 : revision - 1;
  }
}

/** Null where none stands there. */
export async function eventAt(log: EventLog, position: Position): Promise<ToldEvent | null> {
  const [before] = await log.readAll({ direction: 'backward', before: position, limit: 1 });
  const [event] = await log.readAll({ direction: 'forward', after: before?.position ?? logStart, limit: 1 });
  return event?.position === position ? toldOf(event) : null;
}

export function toldOf(event: RecordedEvent): ToldEvent {
  return { ...placeOf(event), id: event.id, type: event.type, data: dataOf(event) };
}

function dataOf({ type, data }: RecordedEvent): ToldEvent['data'] {
  try {
    return toldData(decodeEvent({ type, data }));
  } catch (error) {
    if (error instanceof UndecodableEvent) return null;
    throw error;
  }
}

/** Of no other log than this one, as far as its form tells; null for what is no position of it. */
export async function positionGiven(log: EventLog, text: string): Promise<Position | null> {
  if (text === logStart) return logStart;
  const head = await log.head();
  // People write the number alone.
  const whole = /^\d{1,16}$/.test(text) ? text.padStart(16, '0') : text;
  const isOne =
    /^(\d{16}|\d{20}\/\d{20})$/.test(whole) && (head === logStart || whole.length === head.length);
  return isOne && head !== logStart ? (whole as Position) : null;
}

/** Null also for what lies beyond the last event: nothing could be told after it, or be shown up to it. */
export async function positionReached(log: EventLog, text: string): Promise<Position | null> {
  const position = await positionGiven(log, text);
  return position === null || position === logStart || position <= (await log.head()) ? position : null;
}
