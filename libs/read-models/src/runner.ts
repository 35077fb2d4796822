// Follows the log for one build of a projection: rows and checkpoint move together, an event that cannot be made into
// rows parks its stream and no other, and whatever is passing is tried again.

import { setTimeout as delay } from 'node:timers/promises';

import type { Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { advance, type Step } from '#read-models/advance.js';
import { BetweenBatches } from '#read-models/between-batches.js';
import { EventQueue, type Taken } from '#read-models/event-queue.js';
import { ParkedStreams } from '#read-models/parked-streams.js';
import { PauseBudget } from '#read-models/pause-budget.js';
import { Poison, Projector } from '#read-models/projector.js';
import { Rate } from '#read-models/rate.js';
import type { RunnerOptions } from '#read-models/runner-options.js';
import { assertOfLog, type Stopped, stopFor } from '#read-models/runner-stop.js';
import { type Batch, type Checkpoint, type ParkedStream, RowRefused } from '#read-models/store.js';
import { applyStream, type GoneOn, reachingEvents } from '#read-models/stream-replay.js';

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
/** Others wait meanwhile, so all of them are less than a second. */
const poisonDelaysDefaultMs = [20, 100, 500];
const retryDelaysDefaultMs = [20, 100, 500, 2_000];

export class Runner {
  readonly #options: RunnerOptions;
  readonly #projector: Projector;
  readonly #batchEventsMax: number;
  readonly #rate = new Rate();
  readonly #closing = new AbortController();
  readonly #running: Promise<Stopped>;
  readonly #betweenBatches = new BetweenBatches();
  readonly #pauses = new PauseBudget();
  #parked: ParkedStreams;
  #checkpoint: Checkpoint | null = null;
  #identity = '';
  #queue: EventQueue | null = null;
  #phase: Phase = 'starting';
  #caughtUpAt = Date.now();
  #lastError: string | null = null;
  #stopped: Stopped | null = null;
  #failures = 0;
  #isPaused = false;
  #nudged = Promise.withResolvers<void>();

  constructor(options: RunnerOptions) {
    this.#options = options;
    this.#isPaused = options.isPaused === true;
    this.#batchEventsMax = options.batchEventsMax ?? batchEventsDefault;
    this.#projector = new Projector(options.build.projection, options.opener);
    this.#parked = new ParkedStreams(options.build.projection);
    this.#running = this.#run();
  }

  readonly isParked = (stream: string): boolean => this.#parked.of(stream) !== undefined;

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
      phase: this.#isPaused && this.#stopped === null ? 'paused' : this.#phase,
      position: this.position,
      head,
      events: this.#checkpoint?.events ?? 0,
      lagEvents: head === null || countBetween === undefined ? null : countBetween(this.position, head),
      lagSeconds: isBehind ? this.#lagSeconds() : 0,
      eventsPerSecond: this.#rate.perSecond(),
      parked: this.#parked.all(),
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
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#nudge();
  }

  /** Finishes the batch under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#nudge();
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
    const { log, hurry } = this.#options;
    const eventsMax = this.#batchEventsMax * batchesAhead;
    const queue = new EventQueue(log.subscribe({ after: this.position }), {
      eventsMax,
      ...(hurry && { hurry }),
    });
    this.#queue = queue;
    while (!this.#isClosing) {
      await this.#standStill();
      await this.#betweenBatches.run();
      const taken = await queue.take(this.#batchEventsMax);
      if (taken === null) return;
      await this.#standStill();
      if (this.#isClosing) return;
      await this.#take(taken);
    }
  }

  /** While it is paused. What it is asked for meanwhile is done. */
  async #standStill(): Promise<void> {
    while (this.#isPaused && !this.#isClosing) {
      const { promise } = this.#nudged;
      await this.#betweenBatches.run();
      await promise;
    }
  }

  #nudge(): void {
    this.#nudged.resolve();
    this.#nudged = Promise.withResolvers();
    this.#queue?.wake();
  }

  async #begin(): Promise<void> {
    const { log, store, build } = this.#options;
    this.#identity = await log.identity();
    this.#parked = new ParkedStreams(build.projection, await store.parked(build));
    this.#checkpoint = await store.checkpoint(build);
    if (this.#checkpoint === null) return;
    assertOfLog(build.projection, this.#checkpoint, { identity: this.#identity, head: await log.head() });
    // A build that was replayed may be further than the one before it, and nothing may come for long.
    this.#options.onMoved?.(this.#checkpoint.position);
  }

  async #take({ events, upTo, isCaughtUp }: Taken): Promise<void> {
    const position = upTo ?? events.at(-1)?.position;
    if (position !== undefined && position > this.position) await this.#advance(events, position);
    if (!isCaughtUp && events.length === 0) return;
    this.#phase = isCaughtUp ? 'following' : 'catching-up';
    if (isCaughtUp) this.#caughtUpAt = Date.now();
  }

  #advance(events: readonly RecordedEvent[], upTo: Position): Promise<void> {
    const advancing = {
      projector: this.#projector,
      parked: this.#parked,
      position: () => this.position,
      apply: (step: Step) => this.#apply(step),
      park: (poison: Poison) => this.#retryOrPark(poison),
    };
    return advance(advancing, events, upTo);
  }

  async #retryOrPark(first: Poison): Promise<void> {
    const { poisonDelaysMs = poisonDelaysDefaultMs } = this.#options;
    let poison = first;
    let attempts = 1;
    for (const milliseconds of poisonDelaysMs) {
      if (!this.#pauses.take(milliseconds, performance.now())) break;
      await this.#pause(milliseconds);
      if (this.#isClosing) throw new Error('it is closing');
      const again = await this.#tryOne(first.event);
      if (again === null) return;
      poison = again;
      attempts += 1;
    }
    await this.#park(poison, attempts);
  }

  async #tryOne(event: RecordedEvent): Promise<Poison | null> {
    const { events, parking } = this.#parked.dueOf([event]);
    const { changes, poison } = await this.#projector.project(events);
    if (poison !== null) return poison;
    try {
      await this.#apply({ changes, upTo: event.position, events: 1, parking });
      return null;
    } catch (error) {
      if (error instanceof RowRefused) return new Poison(event, error);
      throw error;
    }
  }

  /** Where it is parked already, it stays so from where it was: what would have ended that makes no rows either. */
  async #park({ event: { stream, position }, message }: Poison, attempts: number): Promise<void> {
    const parked = this.#parked.of(stream) ?? { position, error: message, attempts };
    await this.#apply({ changes: [], upTo: position, events: 1, parking: [{ stream, parked }] });
    this.#lastError = message;
    this.#options.onTrouble?.(`the stream ${stream} is parked at ${parked.position}: ${message}`);
  }

  async #apply({ changes, upTo, events, parking }: Step): Promise<void> {
    const { store, build, onMoved, whileLive } = this.#options;
    const from = this.#checkpoint;
    const to = { log: this.#identity, position: upTo, events: (from?.events ?? 0) + events };
    await store.apply({ build, changes, from, to, parking, ...(whileLive && { whileLive }) });
    this.#checkpoint = to;
    this.#parked.note(parking);
    this.#failures = 0;
    this.#rate.add(events);
    onMoved?.(upTo);
  }

  /** Most of the log that it takes is read before, while batches go on. */
  async #goOnWith(stream: string, how: 'with-event' | 'without-event'): Promise<GoneOn> {
    const before = this.#parked.of(stream);
    const seen = this.position;
    const reached = before === undefined ? [] : await this.#reachingAfter(before.position);
    const going = this.#betweenBatches.add(async () => {
      const parked = this.#parked.of(stream);
      if (parked === undefined) return 'not-parked';
      const rest = await this.#reachingAfter(before === undefined ? parked.position : seen);
      const again = await applyStream({
        parked,
        isEventSkipped: how === 'without-event',
        upTo: this.position,
        reaching: [...reached, ...rest],
        log: this.#options.log,
        projector: this.#projector,
        apply: (part) => this.#applyBeside(part),
      });
      return again === null ? 'gone-on' : 'parked-again';
    });
    this.#nudge();
    return going;
  }

  #reachingAfter(after: Position): Promise<readonly RecordedEvent[]> {
    const { log } = this.#options;
    const between = { after, upTo: this.position, until: this.#closing.signal };
    return reachingEvents({ log, projector: this.#projector }, between);
  }

  /** At the checkpoint that there is. */
  async #applyBeside(part: Pick<Batch, 'changes' | 'parking'>): Promise<void> {
    const { store, build, whileLive } = this.#options;
    const checkpoint = this.#checkpoint as Checkpoint;
    await store.apply({ build, from: checkpoint, to: checkpoint, ...(whileLive && { whileLive }), ...part });
    this.#parked.note(part.parking ?? []);
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
    this.#betweenBatches.refuse(new Error(`the runner stopped: ${stopped.text}`));
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
