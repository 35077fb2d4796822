// States of streams, folded once and kept at hand. A cached state is never trusted for more than it can
// bear: what is appended is held against its revision by the log, and what is refused without an event
// is first looked at again, where others write to the log too.

import { Generations } from '#application/generations.js';
import type { Snapshots } from '#application/snapshots.js';
import type { Instant } from '#domain/ids.js';
import type { EventLog, NewEvent, Position, RecordedEvent } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import { eventsPerReadMax } from '#event-log/limits.js';

export interface Loaded<State> {
  readonly state: State;
  /** -1 while there is no event. */
  readonly revision: number;
  /** The time of the last event. */
  readonly changedAt: Instant;
  /** The id of the last event, which says what history this is the state of. */
  readonly eventId: string;
  /** Of the last event. */
  readonly position: Position;
}

export interface StreamKind<State, Event> {
  readonly initial: State;
  encode(event: Event): Pick<NewEvent, 'type' | 'data'>;
  decode(event: RecordedEvent): Event;
  evolve(state: State, event: Event, at: Instant): State;
  /** Whom a stream is about that is not a user's own: what is told of the user has its events, too. */
  readonly about?: (state: State) => About | null;
}

/** Kept in the metadata of events. */
export interface About {
  /** What follows `user-` in the name of the user's stream. */
  readonly user: string;
  readonly userOrganization: string;
}

export interface StreamsOptions<State, Event> {
  readonly log: EventLog;
  readonly kind: StreamKind<State, Event>;
  /** States kept at hand. */
  readonly entriesMax: number;
  readonly snapshots: Snapshots<State> | null;
  /** No other process appends to this log, so that what is at hand is what it holds. */
  readonly soleWriter: boolean;
}

export class Streams<State, Event> {
  readonly #log: EventLog;
  readonly #kind: StreamKind<State, Event>;
  readonly #snapshots: Snapshots<State> | null;
  readonly #cache: Generations<Loaded<State>>;
  readonly #loading = new Map<string, Promise<Loaded<State>>>();
  readonly #refreshing = new Map<string, Refresh<State>>();
  readonly #none: Loaded<State>;
  #trusted: boolean;

  constructor({ log, kind, entriesMax, snapshots, soleWriter }: StreamsOptions<State, Event>) {
    this.#log = log;
    this.#kind = kind;
    this.#snapshots = snapshots;
    this.#cache = new Generations(entriesMax);
    this.#none = { state: kind.initial, revision: -1, changedAt: 0, eventId: '', position: logStart };
    this.#trusted = soleWriter;
  }

  /** Whether what is at hand is what the log holds. */
  get trusted(): boolean {
    return this.#trusted;
  }

  /** Of a stream that nobody has written to. */
  get nothing(): Loaded<State> {
    return this.#none;
  }

  /** Whether it can be had without a read of the log. */
  isAtHand(stream: string): boolean {
    return this.#cache.get(stream) !== undefined;
  }

  /** At once where it is at hand. It may be older than the log. */
  get(stream: string): Loaded<State> | Promise<Loaded<State>> {
    return this.#cache.get(stream) ?? this.#load(stream);
  }

  /** What the log held at some moment after this call. Callers that wait for the same stream share one read. */
  fresh(stream: string): Promise<Loaded<State>> {
    const running = this.#refreshing.get(stream);
    if (running === undefined) return this.#startRefresh(stream);
    // The read under way may have begun too early for this caller.
    const again = () => this.#startRefresh(stream);
    running.next ??= running.now.then(again, again);
    return running.next;
  }

  /** What the log holds: at once where what is at hand proves it. */
  current(stream: string): Loaded<State> | Promise<Loaded<State>> {
    return this.#trusted ? this.get(stream) : this.fresh(stream);
  }

  /** After an append of ours was acknowledged. */
  put(stream: string, loaded: Loaded<State>): void {
    this.#keep(stream, loaded);
  }

  /** After an append that may still be written, at any later moment: from now on nothing at hand proves anything. */
  distrust(stream: string): void {
    this.#trusted = false;
    this.#cache.delete(stream);
  }

  #startRefresh(stream: string): Promise<Loaded<State>> {
    const now = this.#refresh(stream);
    this.#refreshing.set(stream, { now, next: null });
    return now;
  }

  async #refresh(stream: string): Promise<Loaded<State>> {
    try {
      // A load under way began too early, and its failure is for those who asked for it.
      const loading = this.#loading.get(stream);
      if (loading !== undefined) await loading.catch(() => null);
      const known = this.#cache.get(stream);
      if (known === undefined) return await this.#load(stream);
      return this.#keep(stream, await this.#foldAll(stream, known));
    } finally {
      if (this.#refreshing.get(stream)?.next === null) this.#refreshing.delete(stream);
    }
  }

  #load(stream: string): Promise<Loaded<State>> {
    const loading = this.#loading.get(stream);
    if (loading !== undefined) return loading;
    const load = this.#read(stream).finally(() => this.#loading.delete(stream));
    this.#loading.set(stream, load);
    return load;
  }

  async #read(stream: string): Promise<Loaded<State>> {
    const resumed = await this.#resume(stream);
    const loaded = resumed?.loaded ?? (await this.#foldAll(stream, this.#none));
    const { revision } = resumed?.snapshot ?? this.#none;
    if (this.#snapshots?.isWorthwhile(revision, loaded.revision)) this.#snapshots.put(stream, loaded);
    return this.#keep(stream, loaded);
  }

  /** Null unless the log still holds, at the snapshot's revision, the event that it was made at. */
  async #resume(stream: string): Promise<Resumed<State> | null> {
    const snapshot = (await this.#snapshots?.get(stream)) ?? null;
    if (snapshot === null) return null;
    const asked = { from: snapshot.revision, limit: eventsPerReadMax };
    const page = await this.#log.readStream(stream, { direction: 'forward', ...asked });
    if (page.status === 'unknown') return null;
    const [last, ...later] = page.events;
    if (last?.id !== snapshot.eventId) return null;
    const loaded = this.#foldPage({ ...snapshot, position: last.position }, later);
    const isWhole = page.events.length < eventsPerReadMax;
    return { snapshot, loaded: isWhole ? loaded : await this.#foldAll(stream, loaded) };
  }

  async #foldAll(stream: string, from: Loaded<State>): Promise<Loaded<State>> {
    let loaded = from;
    for (;;) {
      const asked = { from: loaded.revision + 1, limit: eventsPerReadMax };
      const page = await this.#log.readStream(stream, { direction: 'forward', ...asked });
      if (page.status === 'unknown') return loaded;
      loaded = this.#foldPage(loaded, page.events);
      if (page.events.length < eventsPerReadMax) return loaded;
    }
  }

  #foldPage(from: Loaded<State>, events: readonly RecordedEvent[]): Loaded<State> {
    const last = events.at(-1);
    if (last === undefined) return from;
    let { state } = from;
    for (const event of events) {
      state = this.#kind.evolve(state, this.#kind.decode(event), Date.parse(event.metadata.time));
    }
    const { revision, position, id: eventId } = last;
    return { state, revision, changedAt: Date.parse(last.metadata.time), eventId, position };
  }

  /** Never an older state than the one at hand: what was read may have been overtaken by an append. */
  #keep(stream: string, loaded: Loaded<State>): Loaded<State> {
    const known = this.#cache.get(stream);
    if (known !== undefined && known.revision > loaded.revision) return known;
    if (loaded.revision >= 0) this.#cache.set(stream, loaded);
    if (known !== undefined && this.#snapshots?.isDue(known.revision, loaded.revision))
      this.#snapshots.put(stream, loaded);
    return loaded;
  }
}

/** A read under way, and the one that those wait for who came after it began. */
interface Refresh<State> {
  readonly now: Promise<Loaded<State>>;
  next: Promise<Loaded<State>> | null;
}

interface Resumed<State> {
  readonly snapshot: Loaded<State>;
  readonly loaded: Loaded<State>;
}
