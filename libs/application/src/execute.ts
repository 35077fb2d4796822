// The only loop that loads, decides, appends and tries again. What the caller is told is told after the
// append that it rests on, and only the verdict whose append won is told.

import type { Caller, Outcome } from '#application/caller.js';
import {
  findRecorded,
  type IdempotencyKeyReused,
  repeatableMs,
  tagOf,
  type UsedKeys,
} from '#application/idempotency.js';
import type { Admission, Admitted, QuotaExhausted } from '#application/quota/quotas.js';
import type { About, Loaded, StreamKind, Streams } from '#application/streams.js';
import { Turns } from '#application/turns.js';
import type { Decision } from '#domain/decider.js';
import type { Instant } from '#domain/ids.js';
import { EventLogError, outcomeUnknown } from '#event-log/errors.js';
import type { AppendResult, EventLog, EventMetadata, NewEvent, RecordedEvent } from '#event-log/event-log.js';

/** Too many others change the same thing at the same time. Nothing was changed; the same call may succeed. */
export interface Contended {
  readonly code: 'contended';
}

/** What is refused whatever was to be decided. */
export type NotExecuted = Contended | IdempotencyKeyReused | QuotaExhausted;

export interface ExecutorOptions<State, Event> {
  readonly log: EventLog;
  readonly streams: Streams<State, Event>;
  readonly kind: StreamKind<State, Event>;
  readonly newId: () => string;
  readonly clock: () => Instant;
  readonly usedKeys: UsedKeys;
  /** Whether the organization may have so much more; left out where nothing is counted. */
  readonly gate?: Gate<State, Event> | undefined;
}

/** Asked before each append, with the state before it and after. */
export type Gate<State, Event> = (asked: {
  readonly by: Caller;
  readonly stream: string;
  readonly resourceOwner: string;
  readonly events: readonly Event[];
  readonly before: State;
  readonly after: State;
  readonly now: Instant;
}) => Admitted | Promise<Admitted>;

export interface Execution<State, Event, Refusal, Answer> {
  readonly stream: string;
  readonly by: Caller;
  readonly resourceOwner: string;
  /** Called anew, with what is then known, until an append wins. */
  readonly decide: (
    state: State,
    now: Instant,
  ) => Decision<Event, Refusal, Answer> | Promise<Decision<Event, Refusal, Answer>>;
  /**
   * Whether a decision waits for what takes long, and remembers it: it is made once outside of the stream's turns, in
   * turns of its own, so that a wait for a hash holds up nobody who wants none.
   */
  readonly isDear?: boolean | undefined;
  /** Whether the name of the stream was just drawn: then nothing is looked for in it. That nothing is there, the append proves. */
  readonly isDrawn?: boolean | undefined;
  /** Told the id of the last event of an append that won, before the caller is told anything. */
  readonly onAppended?: ((eventId: string) => void) | undefined;
  /** What a call that is sent again is told, by what it did the first time and what is now known. */
  readonly recall: (
    done: DoneBefore<Event>,
    state: State,
    now: Instant,
  ) => Decision<Event, Refusal, Answer>['outcome'];
}

export interface DoneBefore<Event> {
  readonly events: readonly Event[];
  /** It was taken back, and the caller refused. */
  readonly undone: boolean;
}

/** For a command that is either refused without an event, or accepted without an answer. */
export const acceptAgain = () => ({ kind: 'accepted', answer: null }) as const;

/** Lost races between processes, one after the other, before a caller is told to come again. */
const attemptsMax = 5;
/** Between two tries of an append whose outcome is not known; each has the engine's own deadline besides. */
const outcomeDelaysMs = [50, 200, 800, 2_000];

const contended = { kind: 'rejected', refusal: { code: 'contended' } } as const;
const refusedReused = { kind: 'rejected', refusal: { code: 'idempotency-key-reused' } } as const;

export class Executor<State, Event> {
  readonly #options: ExecutorOptions<State, Event>;
  readonly #turns = new Turns();
  readonly #turnsOfDear = new Turns();

  constructor(options: ExecutorOptions<State, Event>) {
    this.#options = options;
  }

  execute<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
  ): Promise<Outcome<Answer, Refusal | NotExecuted>> {
    return execution.isDear === true ? this.#executeDear(execution) : this.#executeInTurn(execution);
  }

  async #executeDear<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
  ): Promise<Outcome<Answer, Refusal | NotExecuted>> {
    const { stream, decide } = execution;
    const turn = this.#turnsOfDear.take(stream);
    if (turn === 'full') return contended;
    await turn;
    try {
      const repeated = await this.repeated(execution);
      if (repeated !== null) return repeated;
      const loaded = await this.#options.streams.get(stream);
      await decide(loaded.state, this.#options.clock());
      return await this.#executeInTurn(execution, loaded);
    } finally {
      this.#turnsOfDear.pass(stream);
    }
  }

  #executeInTurn<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
    before: Loaded<State> | null = null,
  ): Promise<Outcome<Answer, Refusal | NotExecuted>> {
    const turn = this.#turns.take(execution.stream);
    if (turn === 'full') return Promise.resolve(contended);
    const run = (execution.by.idempotency ?? null) === null ? execution : this.#unlessRepeated(execution);
    return turn === null ? this.#race(run, before) : turn.then(() => this.#race(run, before));
  }

  /** What another process may have done for the same call is looked for each time that it is decided. */
  #unlessRepeated<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
  ): Execution<State, Event, Refusal | IdempotencyKeyReused, Answer> {
    return {
      ...execution,
      decide: async (state, now): Promise<Verdict<Event, Refusal | IdempotencyKeyReused, Answer>> => {
        const repeated = await this.repeated(execution);
        return repeated === null
          ? execution.decide(state, now)
          : { events: [], outcome: repeated, told: repeated };
      },
    };
  }

  /** What the call was answered when it came first; null where it did nothing yet, or has no key. */
  async repeated<Refusal, Answer>(
    execution: Omit<Execution<State, Event, Refusal, Answer>, 'decide'>,
  ): Promise<Outcome<Answer, Refusal | IdempotencyKeyReused> | null> {
    const { streams, kind, log, clock, usedKeys } = this.#options;
    const { stream, by, recall } = execution;
    const { idempotency = null } = by;
    if (idempotency === null) return null;
    const now = clock();
    if (usedKeys.isForAnother(idempotency, now)) return refusedReused;
    const { changedAt } = await streams.get(stream);
    if (streams.trusted && now - changedAt >= repeatableMs) return null;
    const found = await findRecorded(log, stream, { idempotency, now });
    if (found === null) return null;
    if (found === 'another-request') return refusedReused;
    const { state, position } = await streams.current(stream);
    const { events, undone } = found;
    const told = recall({ events: events.map((event) => kind.decode(event)), undone }, state, now);
    if (told.kind === 'rejected') return told;
    by.reached?.moveTo(position);
    return again(told.answer, events);
  }

  /** @param before what was found a moment ago: of a stream that is not there nothing is at hand. */
  #known(
    { stream, isDrawn = false }: Pick<Execution<State, Event, never, never>, 'stream' | 'isDrawn'>,
    before: Loaded<State> | null,
  ) {
    const { streams } = this.#options;
    if (isDrawn) return { known: streams.nothing, proven: false };
    if (before !== null && !streams.isAtHand(stream)) return { known: before, proven: false };
    return { known: streams.get(stream), proven: streams.trusted };
  }

  async #race<Refusal, Answer>(
    execution: Execution<State, Event, Refusal, Answer>,
    before: Loaded<State> | null,
  ): Promise<Outcome<Answer, Refusal | NotExecuted>> {
    const { streams, clock } = this.#options;
    const { stream } = execution;
    try {
      const begun = this.#known(execution, before);
      let { proven } = begun;
      let loaded = begun.known instanceof Promise ? await begun.known : begun.known;
      for (let lost = 0; lost < attemptsMax; ) {
        const now = clock();
        const deciding = execution.decide(loaded.state, now);
        const decision = deciding instanceof Promise ? await deciding : deciding;
        if (decision.events.length > 0) {
          const after = await this.#appendIfAdmitted(execution, { loaded, events: decision.events, now });
          if (after !== null) return tellAfter(execution, decision, after);
          lost += 1;
        } else if (proven) return tell(execution, decision, loaded);
        // Nothing was appended that could prove what was decided on: the log has to be asked.
        loaded = await streams.fresh(stream);
        proven = true;
      }
      return contended;
    } finally {
      this.#turns.pass(stream);
    }
  }

  /** Null when another append came first. */
  #appendIfAdmitted(
    execution: Appending<State, Event>,
    { loaded, events, now }: { loaded: Loaded<State>; events: readonly Event[]; now: Instant },
  ): Promise<Loaded<State> | QuotaExhausted | null> {
    const { kind, gate } = this.#options;
    const state = events.reduce((before, event) => kind.evolve(before, event, now), loaded.state);
    const decided = { loaded, events, now, state };
    if (gate === undefined) return this.#append(execution, decided);
    const { by, stream, resourceOwner } = execution;
    const admitted = gate({ by, stream, resourceOwner, events, before: loaded.state, after: state, now });
    return admitted instanceof Promise
      ? admitted.then((found) => this.#appendAs(found, execution, decided))
      : this.#appendAs(admitted, execution, decided);
  }

  async #appendAs(
    admitted: Admitted,
    execution: Appending<State, Event>,
    decided: Decided<State, Event>,
  ): Promise<Loaded<State> | QuotaExhausted | null> {
    if (admitted === null) return this.#append(execution, decided);
    return 'code' in admitted ? admitted : this.#appendSettled(admitted, execution, decided);
  }

  async #appendSettled(
    { settle }: Admission,
    execution: Appending<State, Event>,
    decided: Decided<State, Event>,
  ): Promise<Loaded<State> | null> {
    try {
      const after = await this.#append(execution, decided);
      settle(after === null ? 'lost' : 'written');
      return after;
    } catch (error) {
      settle('unknown');
      throw error;
    }
  }

  /** Null when another append came first. */
  #append(
    execution: Appending<State, Event>,
    { loaded, events, now, state }: Decided<State, Event>,
  ): Promise<Loaded<State> | null> {
    const { kind, streams, newId, log, usedKeys } = this.#options;
    const { stream, by } = execution;
    const metadata = metadataOf(execution, now, kind.about?.(state) ?? null);
    const toAppend = events.map((event) => ({ id: newId(), ...kind.encode(event), metadata }));
    const attempt = {
      stream,
      events: toAppend,
      expected: loaded.revision === -1 ? ('no-stream' as const) : loaded.revision,
    };
    const written = (result: AppendResult | null) => {
      if (result === null) return null;
      const { revision, position } = result;
      const eventId = toAppend.at(-1)?.id ?? loaded.eventId;
      const after = { state, revision, changedAt: now, eventId, position };
      streams.put(stream, after);
      if (by.idempotency) usedKeys.note(by.idempotency, now);
      return after;
    };
    return log
      .append(stream, toAppend, attempt.expected)
      .then(written, (error) => this.#recover(attempt, error).then(written));
  }

  /**
   * Null for a conflict. Where the outcome is not known: with the same ids at the same revision it becomes
   * exactly one append, or a conflict.
   */
  async #recover({ stream, events, expected }: Attempt, error: unknown): Promise<AppendResult | null> {
    if (isConflict(error)) return null;
    if (!isUnknown(error)) throw error;
    let last = error;
    for (const delay of outcomeDelaysMs) {
      await new Promise((resolve) => setTimeout(resolve, delay));
      try {
        return await this.#options.log.append(stream, events, expected);
      } catch (failed) {
        if (isConflict(failed)) return null;
        // Whatever else is wrong now, it does not say what became of the earlier try.
        last = failed;
      }
    }
    this.#options.streams.distrust(stream);
    throw outcomeUnknown('it was tried again and again', last);
  }
}

type Appending<State, Event> = Pick<Execution<State, Event, never, never>, 'stream' | 'by' | 'resourceOwner'>;

interface Decided<State, Event> {
  readonly loaded: Loaded<State>;
  readonly events: readonly Event[];
  readonly now: Instant;
  /** After the events. */
  readonly state: State;
}

interface Attempt {
  readonly stream: string;
  readonly events: readonly NewEvent[];
  readonly expected: 'no-stream' | number;
}

const isConflict = (error: unknown) => error instanceof EventLogError && error.code === 'version-conflict';
const isUnknown = (error: unknown) => error instanceof EventLogError && error.code === 'outcome-unknown';

/** A decision, or what was told before. */
interface Verdict<Event, Refusal, Answer> extends Decision<Event, Refusal, Answer> {
  readonly told?: Outcome<Answer, Refusal>;
}

function tellAfter<State, Event, Refusal, Answer>(
  execution: Execution<State, Event, Refusal, Answer>,
  decision: Verdict<Event, Refusal, Answer>,
  after: Loaded<State> | QuotaExhausted,
): Outcome<Answer, Refusal | QuotaExhausted> {
  if ('code' in after) return { kind: 'rejected', refusal: after };
  execution.onAppended?.(after.eventId);
  return tell(execution, decision, after);
}

function tell<State, Event, Refusal, Answer>(
  execution: Execution<State, Event, Refusal, Answer>,
  { events, outcome, told }: Verdict<Event, Refusal, Answer>,
  { revision, changedAt, position }: Loaded<State>,
): Outcome<Answer, Refusal> {
  // Where the last event of a stream stands would tell whoever is refused that there is one.
  if (events.length > 0 || outcome.kind === 'accepted') execution.by.reached?.moveTo(position);
  if (told !== undefined) return told;
  if (outcome.kind === 'rejected') return outcome;
  const { resourceOwner } = execution;
  return {
    kind: 'accepted',
    details: { sequence: revision + 1, changeDate: changedAt, resourceOwner },
    answer: outcome.answer,
  };
}

/** The details of then. */
function again<Answer>(answer: Answer, events: readonly RecordedEvent[]): Outcome<Answer, never> {
  const last = events.at(-1);
  if (last === undefined) throw new TypeError('what was done left at least one event');
  const { time, organization } = last.metadata;
  const details = {
    sequence: last.revision + 1,
    changeDate: Date.parse(time),
    resourceOwner: String(organization),
  };
  return { kind: 'accepted', details, answer, repeated: true };
}

function metadataOf(
  { by, resourceOwner }: { by: Caller; resourceOwner: string },
  now: Instant,
  about: About | null,
): EventMetadata {
  const metadata = { time: textOf(now), organization: resourceOwner, editor: by.editor, call: by.callId };
  const { traceId, session = null, idempotency = null } = by;
  return {
    ...metadata,
    ...(traceId !== null && { trace: traceId }),
    ...(session !== null && { session }),
    ...about,
    ...(idempotency !== null && { idempotency: tagOf(idempotency) }),
  };
}

let lastNow: Instant = 0;
let lastText = new Date(lastNow).toISOString();

/** Many commands share a millisecond. */
function textOf(now: Instant): string {
  if (now !== lastNow) [lastNow, lastText] = [now, new Date(now).toISOString()];
  return lastText;
}
