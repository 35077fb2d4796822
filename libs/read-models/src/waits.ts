// Reads see writes: a query waits, for a short time, until the rows show what its caller may already know of.

import { setTimeout as delay } from 'node:timers/promises';

import type { EventLog, Position } from '#event-log/event-log.js';
import { logStart } from '#event-log/event-log.js';
import type { Hurry } from '#read-models/hurry.js';
import { SharedRead } from '#read-models/shared-read.js';
import { WriteTimes } from '#read-models/write-times.js';

/** What was written is not in the rows yet; the same call may succeed soon. */
export interface NotYet {
  readonly code: 'not-yet';
  /** For how long the oldest write that is missing has been missing, as far as this process can know. */
  readonly behindMs: number;
}

/** Longer, and a caller is better told to come again. */
export const waitMaxMs = 1_000;
/** Half of it is what a query waits for in vain on average; each look is a small question to a database. */
const lookEveryMs = 10;

export interface WaitsOptions {
  readonly log: Pick<EventLog, 'head'>;
  /** No other process appends to this log, so that what this one was told is all there is to see. */
  readonly soleWriter: boolean;
  /** Where a thread of this process makes the rows: told that somebody waits. */
  readonly hurry?: Pick<Hurry, 'ask'>;
  /** Where another process may make the rows: how far they go by now. Asked only while somebody waits. */
  readonly lookUp?: () => Promise<Iterable<readonly [projection: string, position: Position]>>;
}

export interface Wanted {
  /** Whose rows the query reads. */
  readonly projections: readonly string[];
  /** Which the caller brought along; null for whatever was acknowledged before the query came. */
  readonly position: Position | null;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

interface Wait extends Wanted {
  readonly until: Position;
  readonly end: (failure?: Error) => void;
}

export class Waits {
  readonly #isSoleWriter: boolean;
  readonly #head: SharedRead<Position>;
  readonly #hurry: WaitsOptions['hurry'];
  readonly #lookUp: WaitsOptions['lookUp'];
  readonly #shown = new Map<string, Position>();
  readonly #waiting = new Set<Wait>();
  readonly #times = new WriteTimes();
  #written: Position = logStart;
  #isClosed = false;
  #isLooking = false;

  constructor({ log, soleWriter, hurry, lookUp }: WaitsOptions) {
    this.#isSoleWriter = soleWriter;
    this.#hurry = hurry;
    this.#lookUp = lookUp;
    this.#head = new SharedRead(() => log.head());
  }

  /** An append of this process was durable, and is about to be acknowledged. */
  note(position: Position): void {
    if (position <= this.#written) return;
    this.#written = position;
    this.#times.add(position, performance.now());
  }

  /** Every reading that begins from now on shows the rows up to here. */
  moveTo(projection: string, position: Position): void {
    this.#shown.set(projection, position);
    for (const wait of [...this.#waiting]) if (this.#shows(wait, wait.until)) wait.end();
    this.#times.dropUpTo([...this.#shown.values()].reduce((least, one) => (one < least ? one : least)));
  }

  /** How far the rows of a projection are known to go. */
  shownOf(projection: string): Position {
    return this.#shown.get(projection) ?? logStart;
  }

  /** How long the oldest write of this process that a projection does not show has been missing. */
  behindMs(projection: string): number {
    return this.#times.sinceFirstAfter(this.shownOf(projection), performance.now());
  }

  /** Null as soon as the rows show what is wanted. Rejects where log or rows cannot be asked how far they go. */
  async awaitPosition(wanted: Wanted): Promise<NotYet | null> {
    const began = performance.now();
    const until = wanted.position ?? (this.#isSoleWriter ? this.#written : await this.#headIn(waitMaxMs));
    if (until !== null && this.#shows(wanted, until)) return null;
    const leftMs = waitMaxMs - (performance.now() - began);
    if (until !== null && !this.#isClosed && leftMs > 0) await this.#wait(wanted, until, leftMs);
    if (until !== null && this.#shows(wanted, until)) return null;
    const lags = wanted.projections.map((projection) => this.behindMs(projection));
    return { code: 'not-yet', behindMs: Math.ceil(Math.max(performance.now() - began, ...lags)) };
  }

  /** Ends every wait; what is not there yet is then refused at once. */
  close(): void {
    this.#isClosed = true;
    for (const { end } of [...this.#waiting]) end();
  }

  #shows({ projections }: Wanted, position: Position): boolean {
    return projections.every((projection) => this.shownOf(projection) >= position);
  }

  /** What others wrote counts, too; null where the log takes too long to say. */
  async #headIn(milliseconds: number): Promise<Position | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), milliseconds);
    });
    try {
      return await Promise.race([this.#head.read(), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  #wait(wanted: Wanted, until: Position, milliseconds: number): Promise<void> {
    const { signal } = wanted;
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const end = (failure?: Error) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', leave);
        this.#waiting.delete(wait);
        if (failure === undefined) resolve();
        else reject(failure);
      };
      const leave = () => end();
      const wait: Wait = { ...wanted, until, end };
      const timer = setTimeout(leave, milliseconds);
      signal?.addEventListener('abort', leave);
      this.#waiting.add(wait);
      this.#hurry?.ask();
      if (!this.#isLooking && this.#lookUp !== undefined) void this.#lookWhileWaitedFor(this.#lookUp);
    });
  }

  async #lookWhileWaitedFor(lookUp: WaitsOptions['lookUp'] & {}): Promise<void> {
    this.#isLooking = true;
    while (this.#waiting.size > 0) {
      try {
        for (const [projection, position] of await lookUp()) this.moveTo(projection, position);
      } catch (error) {
        for (const { end } of [...this.#waiting]) end(error as Error);
      }
      await delay(lookEveryMs);
    }
    this.#isLooking = false;
  }
}
