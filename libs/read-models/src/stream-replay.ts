// What was parked of a stream, made into rows in order, up to where the other streams are.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { type Between, eventsBetween } from '#read-models/events-between.js';
import { Poison, type Projected, type Projector } from '#read-models/projector.js';
import { type Batch, type OpenedChange, type ParkedStream, RowRefused } from '#read-models/store.js';

export type GoneOn =
  | 'gone-on'
  /** It failed again, or an event after it did. */
  | 'parked-again'
  | 'not-parked';

export interface StreamReplay {
  readonly parked: ParkedStream;
  readonly isEventSkipped: boolean;
  readonly upTo: Position;
  /** Events of other streams since it was parked that removed rows of it, or would have. */
  readonly reaching: readonly RecordedEvent[];
  readonly log: EventLog;
  readonly projector: Projector;
  readonly apply: (part: Pick<Batch, 'changes' | 'parking'>) => Promise<void>;
}

/** One page is one transaction. */
const pageEvents = 512;

/**
 * Null when nothing of the stream is parked any more. One that is cut short is done over from the event that was
 * parked, which comes to the same rows.
 */
export async function applyStream(replay: StreamReplay): Promise<ParkedStream | null> {
  const { parked, upTo, apply } = replay;
  let done = parked.position;
  for await (const events of pagesOf(replay)) {
    const missing = events.filter(({ position }) => isMissing(replay, position) && position <= upTo);
    const last = missing.at(-1);
    if (last === undefined) continue;
    const poison = await applyPage(replay, mixed(missing, reachingBetween(replay, done, last.position)));
    if (poison !== null) return parkAgain(replay, poison);
    done = last.position;
  }
  const changes = reachingBetween(replay, done, upTo).flatMap((event) => reach(replay, event));
  await apply({ changes, parking: [{ stream: parked.stream, parked: null }] });
  return null;
}

/** Of the types that remove rows of other streams. Everything up to there is in the log. */
export async function reachingEvents(
  { log, projector }: Pick<StreamReplay, 'log' | 'projector'>,
  { after, upTo, until }: Between,
): Promise<readonly RecordedEvent[]> {
  return eventsBetween(log, projector.reaching, { after, upTo, until });
}

function isMissing({ parked, isEventSkipped }: StreamReplay, position: Position): boolean {
  return isEventSkipped ? position > parked.position : position >= parked.position;
}

function reachingBetween({ reaching }: StreamReplay, after: Position, upTo: Position) {
  return reaching.filter(({ position }) => position > after && position <= upTo);
}

/** In the order of the log. */
function mixed(
  own: readonly RecordedEvent[],
  others: readonly RecordedEvent[],
): readonly (readonly RecordedEvent[])[] {
  if (others.length === 0) return [own];
  const all = [...own, ...others].sort((one, other) => (one.position < other.position ? -1 : 1));
  return all.map((event) => [event]);
}

const reach = ({ projector, parked: { stream } }: StreamReplay, event: RecordedEvent) =>
  projector.reach(event, stream);

async function projected(replay: StreamReplay, events: readonly RecordedEvent[]): Promise<Projected> {
  const [first] = events;
  if (first === undefined || first.stream === replay.parked.stream) return replay.projector.project(events);
  return { changes: events.flatMap((event) => reach(replay, event)), poison: null };
}

async function* pagesOf({
  log,
  parked: { stream },
  upTo,
}: StreamReplay): AsyncGenerator<readonly RecordedEvent[]> {
  for (let from = 0; ; from += pageEvents) {
    const page = await log.readStream(stream, { direction: 'forward', from, limit: pageEvents });
    if (page.status === 'unknown') return;
    yield page.events;
    const last = page.events.at(-1);
    if (page.events.length < pageEvents || last === undefined || last.position >= upTo) return;
  }
}

/** What stands before the one that fails is written. Each part is of one stream. */
async function applyPage(
  replay: StreamReplay,
  parts: readonly (readonly RecordedEvent[])[],
): Promise<Poison | null> {
  const changes: OpenedChange[] = [];
  let poison: Poison | null = null;
  for (const part of parts) {
    const made = await projected(replay, part);
    changes.push(...made.changes);
    poison = made.poison;
    if (poison !== null) break;
  }
  try {
    await replay.apply({ changes });
    return poison;
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    return applyEach(replay, parts.flat());
  }
}

async function applyEach(replay: StreamReplay, events: readonly RecordedEvent[]): Promise<Poison | null> {
  for (const event of events) {
    const { changes, poison } = await projected(replay, [event]);
    if (poison !== null) return poison;
    const refusal = await refusalOf(replay.apply({ changes }));
    if (refusal !== null) return new Poison(event, refusal);
  }
  return null;
}

async function refusalOf(applying: Promise<void>): Promise<RowRefused | null> {
  try {
    await applying;
    return null;
  } catch (error) {
    if (error instanceof RowRefused) return error;
    throw error;
  }
}

/** The rows that stand now are of before it, and others removed some of them since. */
async function parkAgain(replay: StreamReplay, poison: Poison): Promise<ParkedStream> {
  const { parked, upTo, apply } = replay;
  const { position } = poison.event;
  const attempts = position === parked.position ? parked.attempts + 1 : 1;
  const again = { position, error: poison.message, attempts };
  const changes = reachingBetween(replay, position, upTo).flatMap((event) => reach(replay, event));
  await apply({ changes, parking: [{ stream: parked.stream, parked: again }] });
  return { stream: parked.stream, ...again };
}
