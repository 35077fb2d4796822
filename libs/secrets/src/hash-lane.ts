// Hashing, off the thread that serves and never more of it than was allowed: a hash is made to be dear, and whoever
// can ask for one must not be able to spend the machine with it. Rate limits come before the lane.

import { HashThreads } from '#secrets/hash-threads.js';
import { HashTurns } from '#secrets/hash-turns.js';
import type { HashJob } from '#secrets/hash-work.js';
import { type Argon2Parameters, readStoredHash } from '#secrets/stored-hash.js';

/** Many hashes share the cores, not one hash: that would only shorten the wait of a machine with nothing to do. */
export type WorkFactor = Omit<Argon2Parameters, 'parallelism'> & { readonly parallelism?: number };

/**
 * For 70 random bits: guessing them is out of reach at any price of a guess, and NIST SP 800-63B allows a small
 * one. It is the smallest memory among OWASP's parameters.
 */
export const recoveryWorkFactor: WorkFactor = { memoryKibibytes: 7_168, passes: 5 };

/** For what people choose, where no setting says otherwise: OWASP's first choice of those that need little memory. */
export const passwordWorkFactor: WorkFactor = { memoryKibibytes: 19_456, passes: 2 };

export class HashLaneFull extends Error {
  readonly code = 'hash-lane-full';
  /** By then, what waits is likely to be done. */
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super('more hashes are wanted than may wait');
    this.name = 'HashLaneFull';
    this.retryAfterMs = retryAfterMs;
  }
}

/** The stored text is no hash that is known here. What it is instead is not told. */
export class HashUnreadable extends Error {
  readonly code = 'hash-unreadable';

  constructor() {
    super('a stored hash cannot be read');
    this.name = 'HashUnreadable';
  }
}

export interface HashLaneLimits {
  /** Hashes at the same time: each has a thread of its own, and its memory. */
  readonly concurrent: number;
  /** What is asked for beyond these is refused. */
  readonly waitingMax: number;
  /** So is what would wait longer than this, as far as can be told: its caller would be gone by then. */
  readonly waitMaxMs?: number;
  /** That many may wait for however long: a few are no flood, whatever else the machine has to do. */
  readonly waitingLeast?: number;
}

/** Nobody is told to come back at once: a whole lane would. */
const retryAfterLeastMs = 1_000;

/** As long as a real one, and nobody knows what it is of. */
const nobodysHash = ({ memoryKibibytes, passes, parallelism }: Argon2Parameters) =>
  `$argon2id$v=19$m=${memoryKibibytes},t=${passes},p=${parallelism}$${'A'.repeat(22)}$${'A'.repeat(43)}`;

export class HashLane {
  readonly #limits: HashLaneLimits;
  readonly #threads: HashThreads;
  readonly #turns: HashTurns;

  constructor(limits: HashLaneLimits, beside?: HashLane) {
    if (!(limits.concurrent >= 1 && limits.waitingMax >= 0))
      throw new RangeError('a lane needs one hash at a time');
    this.#limits = limits;
    this.#threads = beside === undefined ? new HashThreads() : beside.#threads;
    this.#turns = beside === undefined ? new HashTurns(limits.concurrent) : beside.#turns;
  }

  /** Another one on the same threads, which takes turns with this one however much waits in either. */
  beside(): HashLane {
    return new HashLane(this.#limits, this);
  }

  /** In this lane and in those beside it. */
  get running(): number {
    return this.#turns.running;
  }

  get waiting(): number {
    return this.#turns.waitingOf(this);
  }

  /** Null where a hash would be taken that is asked for now; else how long what waits is likely to last. */
  busyForMs(): number | null {
    const waitMs = this.#turns.expectedWaitMs(this);
    return this.#isFull(waitMs) ? Math.max(retryAfterLeastMs, Math.ceil(waitMs)) : null;
  }

  /** In the PHC text form, with a salt of its own of 16 bytes. */
  async hash(text: string, workFactor: WorkFactor = recoveryWorkFactor): Promise<string> {
    return String(await this.#inTurn({ kind: 'hash', text, parameters: { parallelism: 1, ...workFactor } }));
  }

  /** At the cost that the stored hash was made with. */
  async verify(stored: string, text: string): Promise<boolean> {
    if (readStoredHash(stored) === null) throw new HashUnreadable();
    return (await this.#inTurn({ kind: 'verify', stored, text })) === true;
  }

  /** Takes as long as a comparison with a real hash, for where there is none to compare with. */
  async verifyDummy(text: string, workFactor: WorkFactor = recoveryWorkFactor): Promise<false> {
    await this.verify(nobodysHash({ parallelism: 1, ...workFactor }), text);
    return false;
  }

  async #inTurn(job: HashJob): Promise<string | boolean> {
    const busyForMs = this.busyForMs();
    if (busyForMs !== null) throw new HashLaneFull(busyForMs);
    const { told } = await this.#turns.take(this, () => this.#threads.run(job));
    if (told === null) throw new HashUnreadable();
    return told;
  }

  #isFull(waitMs: number): boolean {
    const { waitingMax, waitMaxMs = Number.POSITIVE_INFINITY, waitingLeast = 0 } = this.#limits;
    if (!this.#turns.isBusy) return false;
    return this.waiting >= waitingMax || (waitMs > waitMaxMs && this.waiting >= waitingLeast);
  }
}
