// The only loop that loads, decides, appends and tries again. What the caller is told is told after the
// append that it rests on, and only the verdict whose append won is told.

import type { Caller, Outcome } from '#application/caller.js';
import type { Loaded, StreamKind, Streams } from '#application/streams.js';
import { Turns } from '#application/turns.js';
import type { Decision } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import { EventLogError, outcomeUnknown } from '#event-log/errors.js';
import type { EventLog, EventMetadata, NewEvent } from '#event-log/event-log.js';

/** Too many others change the same thing at the same time. Nothing was changed; the same call may succeed. */
export interface Contended {
  readonly code: 'contended';
}

export interface ExecutorOptions<State, Event> {
  readonly log: EventLog;
  readonly streams: Streams<State, Event>;
  readonly kind: StreamKind<State, Event>;
  readonly newId: () => string;
  readonly clock: () => Instant;
  /** No other process appends to this log, so that what is at hand is what it holds. */
  readonly soleWriter: boolean;
}

export interface Execution<State, Event, Refusal, Answer> {
  readonly stream: string;
  readonly by: Caller;
  readonly resourceOwner: string;
  /** Called anew, with what is then known, until an append wins. */
  readonly decide: (
    state: State,
    now: Instant,
  ) => Decision<Event, Refusal, Answer> | Promise<Decision<Event, Refusal, Answer>>;
}

/** Lost races between processes, one after the other, before a caller is told to come again. */
const attemptsMax = 5;
/** Between two tries of an append whose outcome is not known; each has the engine's own deadline besides. */
const outcomeDelaysMs = [50, 200, 800, 2_000];

const contended = { kind: 'rejected', refusal: { code: 'contended' } } as const;

export class Executor<State, Event> {
  readonly #options: ExecutorOptions<State, Event>;
  readonly #turns = new Turns();
  #alone: boolean;

  constructor(options: ExecutorOptions<State, Event>) {
    this.#options = options;
    this.#alone = options.soleWriter;
  }

  async execute<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
  ): Promise<Outcome<Answer, Refusal | Contended>> {
    const turn = this.#turns.take(execution.stream);
    if (turn === 'full') return contended;
    if (turn !== null) await turn;
    try {
      return await this.#race(execution);
    } finally {
      this.#turns.pass(execution.stream);
    }
  }

  async #race<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
  ): Promise<Outcome<Answer, Refusal | Contended>> {
    const { streams, clock } = this.#options;
    const known = streams.get(execution.stream);
    let loaded = known instanceof Promise ? await known : known;
    let proven = this.#alone;
    for (let lost = 0; lost < attemptsMax; ) {
      const now = clock();
      const deciding = execution.decide(loaded.state, now);
      const decision = deciding instanceof Promise ? await deciding : deciding;
      if (decision.events.length > 0) {
        const after = await this.#append(execution, { loaded, events: decision.events, now });
        if (after !== null) return tell(execution, decision, after);
        lost += 1;
      } else if (proven) return tell(execution, decision, loaded);
      // Nothing was appended that could prove what was decided on: the log has to be asked.
      loaded = await streams.fresh(execution.stream);
      proven = true;
    }
    return contended;
  }

  /** Null when another append came first. */
  async #append(
    execution: Pick<Execution<State, Event, never, never>, 'stream' | 'by' | 'resourceOwner'>,
    { loaded, events, now }: { loaded: Loaded<State>; events: readonly Event[]; now: Instant },
  ): Promise<Loaded<State> | null> {
    const { kind, streams, newId } = this.#options;
    const metadata = metadataOf(execution, now);
    const toAppend: NewEvent[] = [];
    let { state } = loaded;
    for (const event of events) {
      const { type, data } = kind.encode(event);
      toAppend.push({ id: newId(), type, data, metadata });
      state = kind.evolve(state, event, now);
    }
    const { stream } = execution;
    const revision = await this.#write(stream, toAppend, loaded.revision);
    if (revision === null) return null;
    const eventId = toAppend.at(-1)?.id ?? loaded.eventId;
    const after = { state, revision, changedAt: now, eventId };
    streams.put(stream, after);
    return after;
  }

  async #write(stream: string, events: readonly NewEvent[], after: number): Promise<number | null> {
    const attempt = { stream, events, expected: after === -1 ? ('no-stream' as const) : after };
    const first = await this.#tryWrite(attempt);
    return first === 'unknown' ? this.#resolve(attempt) : first;
  }

  /** With the same ids at the same revision: it becomes exactly one append, or a conflict. */
  async #resolve(attempt: Attempt): Promise<number | null> {
    for (const delay of outcomeDelaysMs) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const revision = await this.#tryWrite(attempt).catch((error) => sometimeLater(error));
      if (revision !== 'unknown') return revision;
    }
    // It may still be written, at any later moment: from now on what is at hand proves nothing.
    this.#alone = false;
    this.#options.streams.drop(attempt.stream);
    throw outcomeUnknown('it was tried again and again');
  }

  async #tryWrite({ stream, events, expected }: Attempt): Promise<number | null | 'unknown'> {
    try {
      return (await this.#options.log.append(stream, events, expected)).revision;
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      if (error.code === 'version-conflict') return null;
      if (error.code === 'outcome-unknown') return 'unknown';
      throw error;
    }
  }
}

interface Attempt {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  readonly expected: 'no-stream' | number;
}

/** A log that is away cannot say what became of an earlier try. */
function sometimeLater(error: unknown): 'unknown' {
  if (error instanceof EventLogError && error.code === 'unavailable') return 'unknown';
  throw error;
}

function tell<State, Event, Refusal, Answer>(
  execution: Execution<State, Event, Refusal, Answer>,
  { outcome }: Decision<Event, Refusal, Answer>,
  { revision, changedAt }: Loaded<State>,
): Outcome<Answer, Refusal> {
  if (outcome.kind === 'rejected') return outcome;
  const { resourceOwner } = execution;
  return {
    kind: 'accepted',
    details: { sequence: revision + 1, changeDate: changedAt, resourceOwner },
    answer: outcome.answer,
  };
}

function metadataOf(
  { by, resourceOwner }: { by: Caller; resourceOwner: string },
  now: Instant,
): EventMetadata {
  const metadata = {
    time: new Date(now).toISOString(),
    organization: resourceOwner,
    editor: by.editor,
    call: by.callId,
  };
  return by.traceId === null ? metadata : { ...metadata, trace: by.traceId };
}
