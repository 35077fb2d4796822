// How rows move over a batch: all of it at once, or around the event that cannot be made into rows.

import type { Position, RecordedEvent } from '#event-log/event-log.js';
import type { ParkedStreams } from '#read-models/parked-streams.js';
import { Poison, type Projector } from '#read-models/projector.js';
import { type Batch, type Parking, RowRefused } from '#read-models/store.js';

export interface Step extends Pick<Batch, 'changes'> {
  readonly upTo: Position;
  readonly events: number;
  readonly parking: readonly Parking[];
}

export interface Advancing {
  readonly projector: Projector;
  readonly parked: ParkedStreams;
  /** Up to where the rows are. */
  readonly position: () => Position;
  readonly apply: (step: Step) => Promise<void>;
  /** Of the event that is not made into rows: the rows are beyond it afterwards, unless this throws. */
  readonly park: (poison: Poison) => Promise<void>;
}

export async function advance(
  advancing: Advancing,
  events: readonly RecordedEvent[],
  upTo: Position,
): Promise<void> {
  const { projector, parked, apply } = advancing;
  const { events: due, parking } = parked.dueOf(events);
  const { changes, poison } = await projector.project(due);
  if (poison !== null) return around(poison, advancing, { events, upTo });
  try {
    await apply({ changes, upTo, events: events.length, parking });
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    await oneByOne(error, advancing, { events, upTo });
  }
}

interface Part {
  readonly events: readonly RecordedEvent[];
  readonly upTo: Position;
}

/** What stands before it is written first, so that nothing is decided on rows that are not there. */
async function around(poison: Poison, advancing: Advancing, { events, upTo }: Part): Promise<void> {
  const at = events.indexOf(poison.event);
  const before = events.slice(0, at);
  const last = before.at(-1);
  if (last !== undefined) await advance(advancing, before, last.position);
  await advancing.park(poison);
  const after = events.slice(at + 1);
  if (after.length > 0 || upTo > advancing.position()) await advance(advancing, after, upTo);
}

/** Which of them it is that does not fit. */
async function oneByOne(refusal: RowRefused, advancing: Advancing, { events, upTo }: Part): Promise<void> {
  const [only] = events;
  if (only !== undefined && events.length === 1) await advancing.park(new Poison(only, refusal));
  else for (const event of events) await advance(advancing, [event], event.position);
  if (upTo > advancing.position()) await advance(advancing, [], upTo);
}
