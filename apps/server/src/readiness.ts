// Whether this process should be sent requests. A reason is one of a closed set; the cause is in the log.

import { setTimeout as delay } from 'node:timers/promises';

import { EventLogError } from '#event-log/errors.js';
import type { EventLog } from '#event-log/event-log.js';
import { describeError } from '#server/describe-error.js';
import type { Log } from '#server/log.js';

export type NotReadyReason =
  | 'stopping'
  /** The log answers; what is opened over it is not open yet, or does not show yet what there was at the start. */
  | 'starting'
  | 'event-log-unavailable'
  | 'event-log-slow'
  /** What is stored is not what was written: an operator has to look. */
  | 'event-log-damaged'
  /** Queries cannot be answered, and commands that need a key that is not at hand neither. */
  | 'read-models-unavailable'
  | 'read-models-slow';

export type ReadinessState =
  | { readonly status: 'ready' }
  | { readonly status: 'not-ready'; readonly reason: NotReadyReason };

/** What queries stand on. */
export interface LookedAtRows {
  /** They show what there was at the start. */
  readonly isCaughtUp: boolean;
  /** Rejects where they cannot be read just now. */
  look(): Promise<void>;
}

/** Longer, and callers wait longer than they would for another replica. */
const answerWithinMs = 1_000;
/** How old what is told without looking may be: a balancer that watches is told within this. */
const lookEveryMs = 1_000;
const notReady = (reason: NotReadyReason): ReadinessState => ({ status: 'not-ready', reason });
const alwaysThere: LookedAtRows = { isCaughtUp: true, look: () => Promise.resolve() };

interface Looked {
  readonly reason: NotReadyReason;
  readonly error?: unknown;
}

export class Readiness {
  readonly #eventLog: EventLog;
  readonly #log: Log;
  readonly #rows: LookedAtRows;
  /** Asking again while an answer is awaited joins the wait, so that probes do not pile up. */
  #looking: Promise<ReadinessState> | undefined;
  #isStopping = false;
  #last = '';
  readonly #subscribers = new Set<() => void>();
  readonly #timer: NodeJS.Timeout;

  constructor(eventLog: EventLog, log: Log, rows = alwaysThere) {
    this.#eventLog = eventLog;
    this.#log = log;
    this.#rows = rows;
    this.#timer = setInterval(() => void this.look(), lookEveryMs).unref();
  }

  /** As it was when somebody last looked. */
  get isReady(): boolean {
    return !this.#isStopping && this.#last === 'ready';
  }

  /** Calls back when that changes; answers how to stop it. */
  subscribe(changed: () => void): () => void {
    this.#subscribers.add(changed);
    return () => this.#subscribers.delete(changed);
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  stop(): void {
    this.#isStopping = true;
    clearInterval(this.#timer);
    for (const changed of this.#subscribers) changed();
  }

  async look(): Promise<ReadinessState> {
    if (this.#isStopping) return notReady('stopping');
    this.#looking ??= this.#lookAtAll().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #lookAtAll(): Promise<ReadinessState> {
    const [log, rows] = await Promise.all([
      lookAt(this.#eventLog.head(), { late: 'event-log-slow', reasonOf: reasonOfLog }),
      lookAt(this.#rows.look(), { late: 'read-models-slow', reasonOf: () => 'read-models-unavailable' }),
    ]);
    const found = log ?? rows;
    if (found !== null) return this.#tell(notReady(found.reason), found.error);
    return this.#tell(this.#rows.isCaughtUp ? { status: 'ready' } : notReady('starting'));
  }

  /** A line for each change, not for each probe. */
  #tell(state: ReadinessState, error?: unknown): ReadinessState {
    const now = state.status === 'ready' ? 'ready' : state.reason;
    if (now === this.#last) return state;
    this.#last = now;
    this.#write(state, error);
    for (const changed of this.#subscribers) changed();
    return state;
  }

  #write(state: ReadinessState, error: unknown): void {
    if (state.status === 'ready') this.#log.info('ready');
    else
      this.#log.warn(
        { reason: state.reason, ...(error !== undefined && { error: describeError(error) }) },
        'not ready',
      );
  }
}

interface Reasons {
  readonly late: NotReadyReason;
  readonly reasonOf: (error: unknown) => NotReadyReason;
}

/** Null where it answers in time. */
async function lookAt(answer: Promise<unknown>, { late, reasonOf }: Reasons): Promise<Looked | null> {
  const timer = new AbortController();
  try {
    const slow = delay(answerWithinMs, { reason: late }, { signal: timer.signal, ref: false });
    return await Promise.race([answer.then(() => null), slow]);
  } catch (error) {
    return { reason: reasonOf(error), error };
  } finally {
    timer.abort();
  }
}

function reasonOfLog(error: unknown): NotReadyReason {
  return error instanceof EventLogError && error.code === 'corrupt'
    ? 'event-log-damaged'
    : 'event-log-unavailable';
}
