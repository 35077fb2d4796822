// How a build grows from the log, up to a place that is told, and not beyond: so that it can be held against another at
// that very place.

import type { EventLog, Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { advance, type Step } from '#read-models/advance.js';
import { EventQueue, type Taken } from '#read-models/event-queue.js';
import type { Opener } from '#read-models/opener.js';
import { ParkedStreams } from '#read-models/parked-streams.js';
import { type Poison, Projector } from '#read-models/projector.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';
import { StopRunning } from '#read-models/runner-stop.js';
import type { Build, Checkpoint, ModelStore } from '#read-models/store.js';

export interface GrowthOptions {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly build: Build;
  readonly opener: Opener;
  readonly asked: Pick<ReplayAsked, 'parks' | 'upToTime' | 'onlyStream'>;
  /** After each move. */
  readonly onMoved: (position: Position, events: number) => void;
}

/** Batches that are read ahead. */
const batchesAhead = 2;

export class Growth {
  readonly #options: GrowthOptions;
  readonly #projector: Projector;
  #parked: ParkedStreams;
  #checkpoint: Checkpoint | null = null;
  #identity = '';
  #queue: EventQueue | null = null;
  #left: Taken | null = null;
  #isBeyondTime = false;

  constructor(options: GrowthOptions) {
    this.#options = options;
    this.#projector = new Projector(options.build.projection, options.opener);
    this.#parked = new ParkedStreams(options.build.projection);
  }

  get position(): Position {
    return this.#checkpoint?.position ?? logStart;
  }

  get events(): number {
    return this.#checkpoint?.events ?? 0;
  }

  get log(): string {
    return this.#identity;
  }

  /** The log has come to the time that was asked for. */
  get isBeyondTime(): boolean {
    return this.#isBeyondTime;
  }

  /** From where the rows are; also after something failed. Throws `StopRunning`. */
  async begin(): Promise<void> {
    const { log, store, build } = this.#options;
    await this.close();
    this.#identity = await log.identity();
    this.#parked = new ParkedStreams(build.projection, await store.parked(build));
    this.#checkpoint = await store.checkpoint(build);
    if (this.#checkpoint === null) return;
    if (this.#checkpoint.log !== this.#identity)
      throw new StopRunning({ code: 'other-log', text: 'its rows are made from another log: cancel it' });
    if (this.position > (await log.head()))
      throw new StopRunning({ code: 'shorter-log', text: 'its rows show more than the log has: cancel it' });
  }

  /** One batch. Throws `Poison`, with all that stands before it written, where nothing is parked. */
  async step(upTo: Position, eventsMax: number): Promise<void> {
    const { events, upTo: reached } = this.#untilTime(await this.#takeUntil(upTo, eventsMax));
    if (reached !== null && reached > this.position) await this.#advance(events, reached);
  }

  async close(): Promise<void> {
    const queue = this.#queue;
    this.#queue = null;
    this.#left = null;
    await queue?.close();
  }

  /** What lies beyond is left for later. */
  async #takeUntil(upTo: Position, eventsMax: number): Promise<Taken> {
    const taken = this.#left ?? (await this.#take(eventsMax));
    this.#left = null;
    const reached = taken.upTo ?? taken.events.at(-1)?.position ?? this.position;
    if (reached <= upTo) return { ...taken, upTo: reached };
    const within = taken.events.findIndex(({ position }) => position > upTo);
    const count = within < 0 ? taken.events.length : within;
    this.#left = { ...taken, events: taken.events.slice(count) };
    return { events: taken.events.slice(0, count), upTo, isCaughtUp: false };
  }

  async #take(eventsMax: number): Promise<Taken> {
    const { log, asked } = this.#options;
    const filter = asked.onlyStream === undefined ? {} : { filter: { streamPrefixes: [asked.onlyStream] } };
    this.#queue ??= new EventQueue(log.subscribe({ after: this.position, ...filter }), {
      eventsMax: eventsMax * batchesAhead,
    });
    const taken = await this.#queue.take(eventsMax);
    if (taken === null) throw new Error('the log ended what it was read by');
    if (asked.onlyStream === undefined) return taken;
    return { ...taken, events: taken.events.filter(({ stream }) => stream === asked.onlyStream) };
  }

  #untilTime(taken: Taken): Taken {
    const { upToTime } = this.#options.asked;
    if (upToTime === undefined) return taken;
    const later = taken.events.findIndex(({ metadata }) => Date.parse(metadata.time) > upToTime);
    if (later < 0) return taken;
    this.#isBeyondTime = true;
    const events = taken.events.slice(0, later);
    return { ...taken, events, upTo: events.at(-1)?.position ?? null };
  }

  #advance(events: readonly RecordedEvent[], upTo: Position): Promise<void> {
    const advancing = {
      projector: this.#projector,
      parked: this.#parked,
      position: () => this.position,
      apply: (step: Step) => this.#apply(step),
      park: (poison: Poison) => this.#park(poison),
    };
    return advance(advancing, events, upTo);
  }

  async #park(poison: Poison): Promise<void> {
    if (!this.#options.asked.parks) throw poison;
    const { stream, position } = poison.event;
    const parked = { position, error: poison.message, attempts: 1 };
    // What would have ended that a stream is parked leaves it where it was.
    const parking = this.#parked.of(stream) ? [] : [{ stream, parked }];
    await this.#apply({ changes: [], events: 1, upTo: position, parking });
  }

  async #apply({ events, upTo, ...part }: Step): Promise<void> {
    const { store, build, onMoved } = this.#options;
    const to = { log: this.#identity, position: upTo, events: this.events + events };
    await store.apply({ build, from: this.#checkpoint, to, ...part });
    this.#checkpoint = to;
    this.#parked.note(part.parking);
    onMoved(upTo, events);
  }
}
