// The reading half of the embedded store, for a thread that must not wait for a disk: questions go to threads that
// have connections of their own.

import { type ModelStore, ModelStoreError, type Reading } from '#read-models/store.js';
import { KeptThread, unavailable } from '#read-models/stores/sqlite/kept-thread.js';
import { readingOf } from '#read-models/stores/sqlite/sqlite-reading.js';

export interface SqliteQueriesOptions {
  /** Of a file that a store has opened already. */
  readonly path: string;
  readonly threads?: number;
  /** For a whole reading, with the wait for its turn. */
  readonly timeoutMs?: number;
  readonly onTrouble?: (text: string) => void;
}

/** One that is busy with a long question then holds up half of the others, and no more. */
const threadsDefault = 2;
/** Less than the default deadline of a call, so that the caller still hears of it. */
const timeoutDefaultMs = 5_000;
/** Each has a connection with a cache. More would only take turns with them. */
const readingsPerThreadMax = 4;
/** Beyond it the disk is not keeping up, and more would only wait. */
const readingsWaitingMax = 2_000;
/** A thread ends by itself what it can; afterwards it is given up. */
const graceMs = 250;
/** Threads that were given up, and are still busy: each takes a processor, so there are never more. */
const abandonedMax = 2;
const restartPauseMs = 250;

interface Slot {
  thread: KeptThread | null;
  pausedUntil: number;
}

interface Turn {
  readonly take: (thread: KeptThread) => void;
  readonly refuse: (error: Error) => void;
}

export class SqliteQueries implements Pick<ModelStore, 'read' | 'close'> {
  readonly #options: SqliteQueriesOptions;
  readonly #timeoutMs: number;
  readonly #slots: readonly Slot[];
  readonly #turns = new Set<Turn>();
  #abandoned = 0;
  #isClosed = false;

  private constructor(options: SqliteQueriesOptions) {
    this.#options = options;
    this.#timeoutMs = options.timeoutMs ?? timeoutDefaultMs;
    this.#slots = Array.from({ length: options.threads ?? threadsDefault }, () => ({
      thread: null,
      pausedUntil: 0,
    }));
  }

  /** Throws `ModelStoreError`. */
  static async open(options: SqliteQueriesOptions): Promise<SqliteQueries> {
    const queries = new SqliteQueries(options);
    try {
      await Promise.all(queries.#slots.map((slot) => queries.#start(slot).ready));
      return queries;
    } catch (error) {
      await queries.close();
      throw error;
    }
  }

  async read<Answer>(ask: (reading: Reading) => Promise<Answer>, signal?: AbortSignal): Promise<Answer> {
    signal?.throwIfAborted();
    const limit = new Limit(this.#timeoutMs, signal);
    try {
      const thread = await this.#turn(limit);
      try {
        return await this.#readIn(thread, limit, ask);
      } finally {
        thread.reading -= 1;
        this.#nextTurn();
      }
    } finally {
      limit.clear();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const { refuse } of this.#turns) refuse(closed());
    await Promise.all(this.#slots.map(({ thread }) => thread?.loss === null && this.#end(thread)));
  }

  /** One that does not end by itself is in a question that cannot be stopped. */
  async #end(thread: KeptThread): Promise<void> {
    const timer = setTimeout(() => thread.abandon(), graceMs * 4);
    await Promise.race([thread.close(), thread.lost]);
    clearTimeout(timer);
  }

  async #readIn<Answer>(thread: KeptThread, limit: Limit, ask: (reading: Reading) => Promise<Answer>) {
    await limit.over(thread.ready);
    const { read, shown } = thread.begin();
    const answered = <Outcome>(outcome: Promise<Outcome>) => this.#answered(thread, limit, outcome);
    try {
      const reading = readingOf(await answered(shown), (sql, parameters) =>
        limit.isOver
          ? Promise.reject(limit.error)
          : answered(thread.ask(read, { sql, parameters, withinMs: limit.leftMs })),
      );
      return await ask(reading);
    } finally {
      thread.end(read);
    }
  }

  async #answered<Outcome>(thread: KeptThread, limit: Limit, outcome: Promise<Outcome>): Promise<Outcome> {
    const given = setTimeout(() => this.#abandon(thread), limit.leftMs + graceMs);
    try {
      return await limit.over(outcome);
    } finally {
      // Where the caller has gone, it is still seen whether the thread comes back.
      const clear = () => clearTimeout(given);
      outcome.then(clear, clear);
    }
  }

  #abandon(thread: KeptThread): void {
    if (thread.loss !== null) return;
    this.#abandoned += 1;
    void thread.ended.then(() => {
      this.#abandoned -= 1;
    });
    thread.abandon();
    this.#options.onTrouble?.('a question to the read models took too long; its thread is replaced');
    this.#nextTurn();
  }

  #turn(limit: Limit): Promise<KeptThread> {
    if (this.#isClosed) return Promise.reject(closed());
    const free = this.#turns.size === 0 ? this.#freeThread() : null;
    if (free !== null) return Promise.resolve(free);
    if (this.#turns.size >= readingsWaitingMax)
      return Promise.reject(unavailable('too many readings are waiting'));
    const { promise, resolve, reject } = Promise.withResolvers<KeptThread>();
    const turn: Turn = { take: resolve, refuse: reject };
    this.#turns.add(turn);
    return limit.over(promise).finally(() => this.#turns.delete(turn));
  }

  #nextTurn(): void {
    for (const turn of this.#turns) {
      const thread = this.#freeThread();
      if (thread === null) return;
      this.#turns.delete(turn);
      turn.take(thread);
    }
  }

  /** The one with the fewest readings, which has now one more; null when each has all that it may have. */
  #freeThread(): KeptThread | null {
    const threads = this.#slots.flatMap((slot) => this.#threadOf(slot) ?? []);
    const [least] = threads.sort((one, other) => one.reading - other.reading);
    if (least === undefined || least.reading >= readingsPerThreadMax) return null;
    least.reading += 1;
    return least;
  }

  #threadOf(slot: Slot): KeptThread | null {
    if (slot.thread !== null) return slot.thread;
    if (this.#isClosed || this.#abandoned >= abandonedMax || performance.now() < slot.pausedUntil)
      return null;
    return this.#start(slot);
  }

  #start(slot: Slot): KeptThread {
    const thread = new KeptThread(this.#options.path);
    slot.thread = thread;
    void thread.lost.then((loss) => {
      slot.thread = null;
      slot.pausedUntil = performance.now() + restartPauseMs;
      if (this.#isClosed) return;
      this.#options.onTrouble?.(`a thread that reads is gone: ${loss.message}`);
      setTimeout(() => this.#nextTurn(), restartPauseMs + 1).unref();
    });
    return thread;
  }
}

function closed(): ModelStoreError {
  return unavailable('they are closed');
}

/** Until when somebody waits. */
class Limit {
  readonly #end: number;
  readonly #reached = Promise.withResolvers<never>();
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal | undefined;
  readonly error = new ModelStoreError('too-slow', 'a reading took too long');

  constructor(milliseconds: number, signal: AbortSignal | undefined) {
    this.#end = performance.now() + milliseconds;
    this.#reached.promise.catch(() => undefined);
    this.#timer = setTimeout(() => this.#reached.reject(this.error), milliseconds);
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort);
  }

  get leftMs(): number {
    return Math.max(0, this.#end - performance.now());
  }

  get isOver(): boolean {
    return this.leftMs === 0;
  }

  over<Outcome>(outcome: Promise<Outcome>): Promise<Outcome> {
    return Promise.race([outcome, this.#reached.promise]);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#reached.reject(this.#signal?.reason);
}
