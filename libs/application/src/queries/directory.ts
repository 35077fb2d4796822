// Which users and which organizations there are: a list needs to know it, and no stream says it. Folded from the
// log from its start and kept in memory, about a hundred bytes a user (ADR 0027).

import type { Parts } from '#application/parts.js';
import { notedLog } from '#application/queries/noted-log.js';
import type { OrganizationId } from '#domain/ids.js';
import type { DomainEvent } from '#event-catalog/catalogue.js';
import type {
  EventLog,
  Position,
  RecordedEvent,
  SubscribeOptions,
  SubscriptionItem,
} from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';

/** What was written is not known here yet; the same call may succeed soon. */
export interface NotYet {
  readonly code: 'not-yet';
  /** For how long the oldest write that is missing has been missing. */
  readonly behindMs: number;
}

/** By their streams, in the order in which they were added to the log, each with its place in that order. */
export type Users = ReadonlyMap<string, number>;

/** Longer, and a caller is better told to come again. */
export const waitMaxMs = 1_000;

/** Before the log is followed again, up to the last of them. */
const retryDelaysMs = [20, 100, 500, 2_000];

const followed = [
  'org.added',
  'org.removed',
  'user.human.added',
  'user.machine.added',
  'user.removed',
  'user.erased',
] as const satisfies readonly DomainEvent['type'][];
type Followed = (typeof followed)[number];
const isFollowed = (type: string): type is Followed => followed.some((one) => one === type);

interface Waiting {
  readonly until: Position;
  readonly end: () => void;
}

interface OverLog {
  readonly directory: Directory;
  readonly log: EventLog;
}

export class Directory {
  readonly #log: EventLog;
  readonly #onTrouble: (error: unknown) => void;
  readonly #organizations = new Map<OrganizationId, Map<string, number>>();
  readonly #waiting = new Set<Waiting>();
  #added = 0;
  /** Everything up to here is known. */
  #seen: Position = logStart;
  /** Up to here this process was told that it has written. */
  #written: Position = logStart;
  #isCaughtUp = false;
  /** Null while nothing is missing. */
  #behindSince: number | null = performance.now();
  #following: Promise<void> | null = null;
  #subscription: ReturnType<EventLog['subscribe']> | null = null;
  #isClosed = false;
  #wake: () => void = () => undefined;

  constructor(log: EventLog, onTrouble: (error: unknown) => void) {
    this.#log = log;
    this.#onTrouble = onTrouble;
  }

  /** A directory, and the log by which an application tells it what it has written. */
  static over({ log, onTrouble }: Pick<Parts, 'log' | 'onTrouble'>): OverLog {
    const directory = new Directory(log, onTrouble);
    const note = (position: Position) => directory.#note(position);
    return { directory, log: notedLog({ log, concerns: isFollowed, note }) };
  }

  start(): void {
    this.#following ??= this.#follow();
  }

  /** Whether everything is known that was in the log when this began: before, no list would be whole. */
  get isReady(): boolean {
    return this.#isCaughtUp;
  }

  get behindMs(): number {
    return this.#behindSince === null ? 0 : Math.ceil(performance.now() - this.#behindSince);
  }

  /**
   * Waits, for a time, until everything up to a position is known here; null stands for what this process has
   * written. Answers null when it is.
   */
  async awaitWritten(position: Position | null = null): Promise<NotYet | null> {
    const until = position ?? this.#written;
    if (this.#knows(until)) return null;
    await new Promise<void>((resolve) => {
      const waiting = {
        until,
        end: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      const timer = setTimeout(waiting.end, waitMaxMs);
      this.#waiting.add(waiting);
    });
    return this.#knows(until) ? null : { code: 'not-yet', behindMs: this.behindMs };
  }

  /** In the order in which they were added. */
  organizations(): IteratorObject<OrganizationId> {
    return this.#organizations.keys();
  }

  /** None of an organization that is not there. */
  usersOf(organizationId: OrganizationId): Users {
    return this.#organizations.get(organizationId) ?? nobody;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake();
    for (const { end } of [...this.#waiting]) end();
    await this.#subscription?.return?.();
    await this.#following;
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#isClosed; failures += 1) {
      try {
        const options: SubscribeOptions = { after: this.#seen, filter: { eventTypes: followed } };
        this.#subscription = this.#log.subscribe(options);
        for await (const item of this.#subscription) {
          this.#take(item);
          failures = 0;
        }
      } catch (error) {
        this.#onTrouble(error);
      }
      await this.#rest(retryDelaysMs[Math.min(failures, retryDelaysMs.length - 1)]);
    }
  }

  #rest(milliseconds: number | undefined): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #take(item: SubscriptionItem): void {
    if (item.kind === 'event') this.#fold(item.event);
    this.#seen = item.kind === 'event' ? item.event.position : item.position;
    if (item.kind === 'caught-up') this.#isCaughtUp = true;
    if (!this.#isCaughtUp) return;
    if (this.#seen >= this.#written) this.#behindSince = null;
    for (const { until, end } of [...this.#waiting]) if (this.#knows(until)) end();
  }

  #fold({ type, stream, metadata }: RecordedEvent): void {
    if (!isFollowed(type)) return;
    const organizationId = metadata.organization as OrganizationId;
    const users = this.#organizations.get(organizationId);
    switch (type) {
      case 'org.added':
        this.#organizations.set(organizationId, new Map());
        return;
      case 'org.removed':
        this.#organizations.delete(organizationId);
        return;
      case 'user.human.added':
      case 'user.machine.added':
        // Where the organization was removed meanwhile, there is nobody any more.
        users?.set(stream, this.#added);
        this.#added += 1;
        return;
      case 'user.removed':
      case 'user.erased':
        users?.delete(stream);
    }
  }

  #knows(position: Position): boolean {
    return this.#isCaughtUp && this.#seen >= position;
  }

  #note(position: Position): void {
    if (position > this.#written) this.#written = position;
    if (this.#seen < this.#written) this.#behindSince ??= performance.now();
  }
}

const nobody: Users = new Map();
