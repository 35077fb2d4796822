// The deliveries of one server while it is its turn: the log is followed, each user's notices are sent one after the
// other, those of different users beside each other, and what came of it is kept.

import { setTimeout as delay } from 'node:timers/promises';

import { giveUpAfterMs } from '#delivery-hook/backoff.js';
import { Lanes } from '#delivery-hook/lanes.js';
import type { NoticeWriter } from '#delivery-hook/notice-writer.js';
import { toldTypes } from '#delivery-hook/notices.js';
import {
  type GivenUp,
  type GivenUpReason,
  givenUpKeptMax,
  type Progress,
  textOf,
  type Waiting,
} from '#delivery-hook/progress.js';
import { ClaimLost, type ProgressStore } from '#delivery-hook/progress-store.js';
import { Saver } from '#delivery-hook/saver.js';
import type { Delivery, Failure, Sent } from '#delivery-hook/send.js';
import { WaitingUsers } from '#delivery-hook/waiting-users.js';
import { EventLogError } from '#event-log/errors.js';
import type { EventLog, Position, RecordedEvent, SubscriptionItem } from '#event-log/event-log.js';

/** For whoever counts and tells. */
export interface HookTold {
  readonly onDelivered: (waiting: Waiting) => void;
  readonly onFailed: (
    waiting: Waiting,
    failure: { readonly reason: Failure; readonly code?: number },
  ) => void;
  readonly onGivenUp: (givenUp: GivenUp) => void;
  /** Something beside the receiver failed, and is tried again. */
  readonly onTrouble: (error: unknown) => void;
}

export interface DeliveringOptions extends HookTold {
  readonly log: Pick<EventLog, 'subscribe'>;
  readonly store: Pick<ProgressStore, 'write'>;
  readonly writer: Pick<NoticeWriter, 'write'>;
  readonly send: (delivery: Delivery, until: AbortSignal) => Promise<Sent>;
  readonly clock: () => number;
  /** In milliseconds, after so many failures. */
  readonly waitAfter: (failures: number) => number;
}

/** Connections to the receiver. A slow one has so many answers to give at a time. */
const lanesMax = 8;
/** What is sent is kept as soon as this: who is killed before that sends it once more. */
const saveSoonMs = 100;
/** Where nothing was sent, only so much of the log is looked at again. */
const saveLaterMs = 5_000;
/** Between two looks at a log or a key that is not to be had. */
const againMs = 1_000;
/** What is under way at an orderly end may end by itself within this. */
const graceMs = 500;

export class Delivering {
  readonly #options: DeliveringOptions;
  readonly #waiting = new WaitingUsers();
  readonly #lanes = new Lanes(lanesMax);
  readonly #ending = new AbortController();
  readonly #cut = new AbortController();
  readonly #users = new Set<Promise<void>>();
  readonly #saver: Saver;
  readonly #logIdentity: string;
  #position: Position;
  #givenUp: readonly GivenUp[];

  constructor(options: DeliveringOptions, { log, position, waiting, givenUp }: Progress) {
    this.#options = options;
    this.#logIdentity = log;
    this.#position = position;
    this.#givenUp = givenUp;
    for (const one of waiting) this.#waiting.add(one);
    this.#saver = new Saver({
      write: () => options.store.write(textOf(this.#progress())),
      onFailed: (error) => this.#saveFailed(error),
    });
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get oldestAt(): number | null {
    return this.#waiting.oldestAt;
  }

  /** Until the signal. What is under way then has a little time, except where somebody else may deliver already. */
  async run(until: AbortSignal, isOrderly: () => boolean): Promise<void> {
    const end = () => {
      this.#ending.abort();
      setTimeout(() => this.#cut.abort(), isOrderly() ? graceMs : 0);
    };
    if (until.aborted) end();
    until.addEventListener('abort', end, { once: true });
    const ending = AbortSignal.any([until, this.#ending.signal]);
    for (const user of this.#waiting.users()) this.#beginUser(user);
    try {
      while (!ending.aborted) {
        await this.#follow(ending);
        await pause(againMs, ending);
      }
    } finally {
      if (!this.#ending.signal.aborted) end();
      await Promise.all(this.#users);
      await this.#saver.flush();
    }
  }

  #progress(): Progress {
    return {
      log: this.#logIdentity,
      position: this.#position,
      waiting: this.#waiting.all(),
      givenUp: this.#givenUp,
    };
  }

  /** What is at hand is right, and is kept with the next change, or tried again in a moment. */
  #saveFailed(error: unknown): void {
    if (error instanceof ClaimLost) {
      this.#ending.abort();
      this.#cut.abort();
      return;
    }
    this.#options.onTrouble(error);
    if (!this.#ending.signal.aborted) this.#saver.changed(againMs);
  }

  async #follow(until: AbortSignal): Promise<void> {
    const { log, onTrouble } = this.#options;
    try {
      const items = log.subscribe({ after: this.#position, filter: { eventTypes: toldTypes } });
      const leave = () => void items.return?.();
      until.addEventListener('abort', leave, { once: true });
      try {
        for await (const item of items) await this.#take(item, until);
      } finally {
        until.removeEventListener('abort', leave);
        await items.return?.();
      }
    } catch (error) {
      if (!(error instanceof EventLogError)) throw error;
      if (!until.aborted) onTrouble(error);
    }
  }

  async #take(item: SubscriptionItem, until: AbortSignal): Promise<void> {
    if (item.kind !== 'event') {
      this.#position = item.position;
      this.#saver.changed(saveLaterMs);
      return;
    }
    await this.#waiting.room(until);
    if (until.aborted) return;
    this.#wait(waitingOf(item.event, this.#options.clock()));
    this.#position = item.event.position;
    this.#saver.changed(saveSoonMs);
  }

  #wait(waiting: Waiting): void {
    const isFirst = this.#waiting.firstOf(waiting.user) === undefined;
    const dropped = this.#waiting.add(waiting);
    if (dropped !== null) this.#giveUp(dropped, 'too-many');
    if (isFirst) this.#beginUser(waiting.user);
  }

  #beginUser(user: string): void {
    const telling = this.#tellAllOf(user).finally(() => this.#users.delete(telling));
    this.#users.add(telling);
  }

  async #tellAllOf(user: string): Promise<void> {
    const { signal } = this.#ending;
    for (let first = this.#waiting.firstOf(user); first !== undefined; ) {
      if (signal.aborted) return;
      const one = first;
      const waitMs = await this.#lanes.run(() => this.#tell(one));
      if (waitMs === null) return;
      if (waitMs > 0) await pause(waitMs, signal);
      first = this.#waiting.firstOf(user);
    }
  }

  /** Answers how long to wait before the next of this user is tried; null where all of it ends. */
  async #tell(waiting: Waiting): Promise<number | null> {
    const { writer, send } = this.#options;
    if (this.#ending.signal.aborted) return null;
    const written = await writer.write(waiting).catch((error: unknown) => this.#unwritten(error));
    if (written === 'again') return againMs;
    if (written === 'unreadable') return this.#done(waiting, () => this.#giveUp(waiting, 'unreadable'));
    if (written.status === 'nothing') return this.#done(waiting, () => undefined);
    const sent = await send({ id: waiting.id, body: written.body }, this.#cut.signal);
    if (sent.status === 'delivered') return this.#done(waiting, () => this.#options.onDelivered(waiting));
    // Cut off here, not by the receiver.
    return this.#cut.signal.aborted ? null : this.#failed(waiting, sent);
  }

  #unwritten(error: unknown): 'again' | 'unreadable' {
    this.#options.onTrouble(error);
    return isPassing(error) ? 'again' : 'unreadable';
  }

  #done({ user }: Waiting, tell: () => void): number {
    this.#waiting.removeFirst(user);
    tell();
    this.#saver.changed(saveSoonMs);
    return 0;
  }

  #failed({ user, since }: Waiting, failure: Extract<Sent, { status: 'failed' }>): number {
    const { onFailed, waitAfter, clock } = this.#options;
    const failed = this.#waiting.failed(user);
    if (failed === undefined) throw new TypeError('what was tried waits no more');
    onFailed(failed, failure);
    if (clock() - since >= giveUpAfterMs) return this.#done(failed, () => this.#giveUp(failed, 'not-taken'));
    this.#saver.changed(saveSoonMs);
    return waitAfter(failed.failures);
  }

  #giveUp({ since: _, ...waiting }: Waiting, reason: GivenUpReason): void {
    const givenUp = { ...waiting, reason, givenUpAt: this.#options.clock() };
    this.#givenUp = [...this.#givenUp, givenUp].slice(-givenUpKeptMax);
    this.#options.onGivenUp(givenUp);
  }
}

function waitingOf(
  { id, type, stream, revision, position, data, metadata }: RecordedEvent,
  now: number,
): Waiting {
  // What a session or an organization tells comes in the order of its user, or of its own.
  const user = stream.startsWith('session-') ? `user-${String(data.user)}` : stream;
  return {
    id,
    type,
    stream,
    revision,
    position,
    user,
    at: Date.parse(metadata.time),
    since: now,
    failures: 0,
  };
}

/** The log or the keys are away. */
function isPassing(error: unknown): boolean {
  return error instanceof EventLogError || (error instanceof Error && error.name === 'KeyStoreError');
}

const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, { signal }).catch(() => undefined);
