// Follows the log for one build of a projection: rows and checkpoint move together, an event that cannot be made into
// rows parks its stream and no other, and whatever is passing is tried again.

import { setTimeout as delay } from 'node:timers/promises';

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { EventQueue, type Taken } from '#read-models/event-queue.js';
import type { Opener } from '#read-models/opener.js';
import { Poison, Projector } from '#read-models/projector.js';
import { Rate } from '#read-models/rate.js';
import { type Stopped, StopRunning, stopFor } from '#read-models/runner-stop.js';
import {
  type Batch,
  type Build,
  type Checkpoint,
  Fenced,
  type ModelStore,
  type OpenedChange,
  type ParkedStream,
  RowRefused,
} from '#read-models/store.js';
import { applyStream, type GoneOn } from '#read-models/stream-replay.js';

export interface RunnerOptions {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly build: Build;
  readonly opener: Opener;
  /** It ends as fenced once another build is live. */
  readonly whileLive?: true;
  /** After each move: everything up to here is in the rows. */
  readonly onMoved?: (position: Position) => void;
  /** What an operator should know, once each time it begins. */
  readonly onTrouble?: (text: string) => void;
  readonly batchEventsMax?: number;
  /** Pauses before an event that could not be made into rows is tried again; then its stream is parked. */
  readonly poisonDelaysMs?: readonly number[];
  /** Pauses before log and store are tried again, up to the last of them. */
  readonly retryDelaysMs?: readonly number[];
  /** How many events lie between two positions, for engines that count them. */
  readonly countBetween?: (after: Position, upTo: Position) => number;
}

export type Phase =
  | 'starting'
  | 'catching-up'
  | 'following'
  | 'retrying'
  | 'paused'
  | 'stopped'
  /** Another server makes the rows. */
  | 'elsewhere'
  /** Rows of another version are live, and no runner makes those. */
  | 'to-be-replayed';

export interface RunnerStatus {
  readonly projection: string;
  readonly build: number;
  readonly phase: Phase;
  readonly position: Position;
  /** Null while the log does not answer. */
  readonly head: Position | null;
  readonly events: number;
  /** Null where the engine does not count. */
  readonly lagEvents: number | null;
  /** How long the oldest event that is missing in the rows has been in the log; 0 when none is. */
  readonly lagSeconds: number;
  readonly eventsPerSecond: number;
  readonly parked: readonly ParkedStream[];
  readonly lastError: string | null;
  readonly stopped: Stopped | null;
}

/** As many as make the cost of a transaction small beside theirs; measured (ADR 30). */
const batchEventsDefault = 1_000;
/** Batches that are read ahead. */
const batchesAhead = 3;
/**
 * Reading and writing cost as much for one event as for ten. Events that come one by one, as they do all day, are taken
 * together for so long, and whoever waits to see a write waits so much longer.
 */
const restMs = 10;
/** Others wait meanwhile, so all of them are less than a second. */
const poisonDelaysDefaultMs = [20, 100, 500];
const retryDelaysDefaultMs = [20, 100, 500, 2_000];

interface Task {
  readonly run: () => Promise<void>;
  readonly refuse: (error: Error) => void;
}

export class Runner {
  readonly #options: RunnerOptions;
  readonly #projector: Projector;
  readonly #batchEventsMax: number;
  readonly #rate = new Rate();
  readonly #closing = new AbortController();
  readonly #running: Promise<Stopped>;
  readonly #tasks: Task[] = [];
  #parked = new Map<string, ParkedStream>();
  #checkpoint: Checkpoint | null = null;
  #identity = '';
  #queue: EventQueue | null = null;
  #phase: Phase = 'starting';
  #caughtUpAt = Date.now();
  #lastError: string | null = null;
  #stopped: Stopped | null = null;
  #failures = 0;
  #paused: PromiseWithResolvers<void> | null = null;

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#batchEventsMax = options.batchEventsMax ?? batchEventsDefault;
    this.#projector = new Projector(options.build.projection, options.opener);
    this.#running = this.#run();
  }

  readonly isParked = (stream: string): boolean => this.#parked.has(stream);

  /** Why it stopped, once it has. It never rejects. */
  get ended(): Promise<Stopped> {
    return this.#running;
  }

  get position(): Position {
    return this.#checkpoint?.position ?? logStart;
  }

  async status(): Promise<RunnerStatus> {
    const { build, log, countBetween } = this.#options;
    const head = await log.head().catch(() => null);
    const isBehind = head === null || head > this.position;
    return {
      projection: build.projection.name,
      build: build.build,
      phase: this.#paused !== null && this.#stopped === null ? 'paused' : this.#phase,
      position: this.position,
      head,
      events: this.#checkpoint?.events ?? 0,
      lagEvents: head === null || countBetween === undefined ? null : countBetween(this.position, head),
      lagSeconds: isBehind ? this.#lagSeconds() : 0,
      eventsPerSecond: this.#rate.perSecond(),
      parked: [...this.#parked.values()],
      lastError: this.#lastError,
      stopped: this.#stopped,
    };
  }

  /** Makes rows of what was parked of this stream, in order, and then goes on with it. */
  unpark(stream: string): Promise<GoneOn> {
    return this.#goOnWith(stream, 'with-event');
  }

  /** Leaves out the event that failed, and goes on with what follows it in its stream. */
  skip(stream: string): Promise<GoneOn> {
    return this.#goOnWith(stream, 'without-event');
  }

  pause(): void {
    this.#paused ??= Promise.withResolvers();
  }

  resume(): void {
    this.#paused?.resolve();
    this.#paused = null;
  }

  /** Finishes the batch under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.resume();
    this.#queue?.wake();
    await this.#queue?.close();
    await this.#running;
  }

  async #run(): Promise<Stopped> {
    for (;;) {
      try {
        await this.#follow();
        this.#phase = 'retrying';
      } catch (error) {
        const stopped = stopFor(error);
        if (stopped !== null) return this.#stop(stopped);
        this.#fail(error);
      } finally {
        await this.#queue?.close();
        this.#queue = null;
      }
      if (!this.#isClosing) await this.#rest();
      if (this.#isClosing) return this.#stop({ code: 'closed', text: 'it was closed' });
    }
  }

  /** Until the log ends the subscription, or something fails. */
  async #follow(): Promise<void> {
    await this.#begin();
    const queue = new EventQueue(this.#options.log.subscribe({ after: this.position }), {
      eventsMax: this.#batchEventsMax * batchesAhead,
      restMs,
    });
    this.#queue = queue;
    while (!this.#isClosing) {
      await this.#paused?.promise;
      await this.#runTasks();
      const taken = await queue.take(this.#batchEventsMax);
      if (taken === null) return;
      await this.#paused?.promise;
      if (this.#isClosing) return;
      await this.#take(taken);
    }
  }

  async #begin(): Promise<void> {
    const { log, store, build } = this.#options;
    this.#identity = await log.identity();
    this.#parked = new Map((await store.parked(build)).map((one) => [one.stream, one]));
    this.#checkpoint = await store.checkpoint(build);
    if (this.#checkpoint === null) return;
    if (this.#checkpoint.log !== this.#identity)
      throw new StopRunning({
        code: 'other-log',
        text: `the rows of ${build.projection.name} are made from another log (${this.#checkpoint.log}) than this one (${this.#identity}): build them anew`,
      });
    const head = await log.head();
    if (this.position > head)
      throw new StopRunning({
        code: 'shorter-log',
        text: `the rows of ${build.projection.name} show the log up to ${this.position}, and it ends at ${head}: build them anew, if that is right`,
      });
  }

  async #take({ events, upTo, isCaughtUp }: Taken): Promise<void> {
    const position = upTo ?? events.at(-1)?.position;
    if (position !== undefined && position > this.position) await this.#advance(events, position);
    if (!isCaughtUp && events.length === 0) return;
    this.#phase = isCaughtUp ? 'following' : 'catching-up';
    if (isCaughtUp) this.#caughtUpAt = Date.now();
  }

  async #advance(events: readonly RecordedEvent[], upTo: Position): Promise<void> {
    const { changes, poison } = await this.#projector.project(this.#notParked(events));
    if (poison !== null) return this.#around(poison, events, upTo);
    try {
      await this.#apply({ changes, upTo, events: events.length });
    } catch (error) {
      if (!(error instanceof RowRefused)) throw error;
      await this.#oneByOne(events, upTo, error);
    }
  }

  #notParked(events: readonly RecordedEvent[]): readonly RecordedEvent[] {
    return this.#parked.size === 0 ? events : events.filter(({ stream }) => !this.#parked.has(stream));
  }

  /** What stands before it is written first, so that nothing is decided on rows that are not there. */
  async #around(poison: Poison, events: readonly RecordedEvent[], upTo: Position): Promise<void> {
    const at = events.indexOf(poison.event);
    const before = events.slice(0, at);
    const last = before.at(-1);
    if (last !== undefined) await this.#advance(before, last.position);
    await this.#retryOrPark(poison);
    const after = events.slice(at + 1);
    if (after.length > 0 || upTo > this.position) await this.#advance(after, upTo);
  }

  async #oneByOne(events: readonly RecordedEvent[], upTo: Position, refusal: RowRefused): Promise<void> {
    const [only] = events;
    if (only !== undefined && events.length === 1) {
      await this.#retryOrPark(new Poison(only, refusal));
      if (upTo > this.position) await this.#advance([], upTo);
      return;
    }
    for (const event of events) await this.#advance([event], event.position);
    if (upTo > this.position) await this.#advance([], upTo);
  }

  async #retryOrPark(first: Poison): Promise<void> {
    const { poisonDelaysMs = poisonDelaysDefaultMs } = this.#options;
    let poison = first;
    for (const milliseconds of poisonDelaysMs) {
      await this.#pause(milliseconds);
      if (this.#isClosing) throw new Error('it is closing');
      const again = await this.#tryOne(first.event);
      if (again === null) return;
      poison = again;
    }
    await this.#park(poison, poisonDelaysMs.length + 1);
  }

  async #tryOne(event: RecordedEvent): Promise<Poison | null> {
    const { changes, poison } = await this.#projector.project([event]);
    if (poison !== null) return poison;
    try {
      await this.#apply({ changes, upTo: event.position, events: 1 });
      return null;
    } catch (error) {
      if (error instanceof RowRefused) return new Poison(event, error);
      throw error;
    }
  }

  async #park({ event: { stream, position }, message }: Poison, attempts: number): Promise<void> {
    const parked = { position, error: message, attempts };
    await this.#apply({ changes: [], upTo: position, events: 1, parking: [{ stream, parked }] });
    this.#parked.set(stream, { stream, ...parked });
    this.#lastError = message;
    this.#options.onTrouble?.(`the stream ${stream} is parked at ${position}: ${message}`);
  }

  async #apply({ changes, upTo, events, parking = [] }: Step): Promise<void> {
    const { store, build, onMoved, whileLive } = this.#options;
    const from = this.#checkpoint;
    const to = { log: this.#identity, position: upTo, events: (from?.events ?? 0) + events };
    await store.apply({ build, changes, from, to, parking, ...(whileLive && { whileLive }) });
    this.#checkpoint = to;
    this.#failures = 0;
    this.#rate.add(events);
    onMoved?.(upTo);
  }

  #goOnWith(stream: string, how: 'with-event' | 'without-event'): Promise<GoneOn> {
    return this.#betweenBatches(async () => {
      const parked = this.#parked.get(stream);
      if (parked === undefined) return 'not-parked';
      const { log, store, build, whileLive } = this.#options;
      const checkpoint = this.#checkpoint as Checkpoint;
      const apply = (part: Pick<Batch, 'changes' | 'parking'>) =>
        store.apply({ build, from: checkpoint, to: checkpoint, ...(whileLive && { whileLive }), ...part });
      const again = await applyStream({
        parked,
        isEventSkipped: how === 'without-event',
        upTo: checkpoint.position,
        log,
        projector: this.#projector,
        apply,
      });
      if (again === null) this.#parked.delete(stream);
      else this.#parked.set(stream, again);
      return again === null ? 'gone-on' : 'parked-again';
    });
  }

  #betweenBatches<Outcome>(run: () => Promise<Outcome>): Promise<Outcome> {
    if (this.#stopped !== null) return Promise.reject(new Error(`the runner stopped: ${this.#stopped.text}`));
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>();
    this.#tasks.push({ run: () => run().then(resolve), refuse: reject });
    this.#queue?.wake();
    return promise;
  }

  /** One that fails is refused to who asked; being fenced ends the runner as well. */
  async #runTasks(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      try {
        await task.run();
      } catch (error) {
        task.refuse(error as Error);
        if (error instanceof Fenced) throw error;
      }
    }
  }

  #fail(error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    if (this.#isClosing) return;
    if (this.#phase !== 'retrying') this.#options.onTrouble?.(text);
    this.#phase = 'retrying';
    this.#lastError = text;
  }

  #stop(stopped: Stopped): Stopped {
    this.#phase = 'stopped';
    this.#stopped = stopped;
    // That another build is live is no trouble, and known to whoever follows what is live.
    const isExpected = stopped.code === 'fenced' && this.#options.whileLive === true;
    if (stopped.code !== 'closed' && !isExpected) {
      this.#lastError = stopped.text;
      this.#options.onTrouble?.(stopped.text);
    }
    for (const task of this.#tasks.splice(0)) task.refuse(new Error(`the runner stopped: ${stopped.text}`));
    return stopped;
  }

  async #rest(): Promise<void> {
    const { retryDelaysMs = retryDelaysDefaultMs } = this.#options;
    await this.#pause(retryDelaysMs[Math.min(this.#failures, retryDelaysMs.length - 1)] ?? 0);
    this.#failures += 1;
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  #lagSeconds(): number {
    const oldest = this.#queue?.oldest;
    const since = oldest ? Date.parse(oldest.metadata.time) : this.#caughtUpAt;
    return Math.max(0, (Date.now() - since) / 1_000);
  }

  get #isClosing(): boolean {
    return this.#closing.signal.aborted;
  }
}

interface Step {
  readonly changes: readonly OpenedChange[];
  readonly upTo: Position;
  readonly events: number;
  readonly parking?: Batch['parking'] & {};
}
