// What was parked of a stream, made into rows in order, up to where the other streams are.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { Poison, type Projector } from '#read-models/projector.js';
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
  for await (const events of pagesOf(replay)) {
    const missing = events.filter(({ position }) => isMissing(replay, position) && position <= upTo);
    const poison = await applyPage(replay, missing);
    if (poison !== null) return parkAgain(replay, poison);
  }
  await apply({ changes: [], parking: [{ stream: parked.stream, parked: null }] });
  return null;
}

function isMissing({ parked, isEventSkipped }: StreamReplay, position: Position): boolean {
  return isEventSkipped ? position > parked.position : position >= parked.position;
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

/** What stands before the one that fails is written. */
async function applyPage(
  { projector, apply }: StreamReplay,
  events: readonly RecordedEvent[],
): Promise<Poison | null> {
  const { changes, poison } = await projector.project(events);
  try {
    await apply({ changes });
    return poison;
  } catch (error) {
    if (!(error instanceof RowRefused)) throw error;
    return applyEach({ projector, apply }, events);
  }
}

async function applyEach(
  { projector, apply }: Pick<StreamReplay, 'projector' | 'apply'>,
  events: readonly RecordedEvent[],
): Promise<Poison | null> {
  for (const event of events) {
    const { changes, poison } = await projector.project([event]);
    if (poison !== null) return poison;
    const refusal = await refusalOf(apply({ changes: changes as readonly OpenedChange[] }));
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

async function parkAgain({ parked, apply }: StreamReplay, poison: Poison): Promise<ParkedStream> {
  const { position } = poison.event;
  const attempts = position === parked.position ? parked.attempts + 1 : 1;
  const again = { position, error: poison.message, attempts };
  await apply({ changes: [], parking: [{ stream: parked.stream, parked: again }] });
  return { stream: parked.stream, ...again };
}
