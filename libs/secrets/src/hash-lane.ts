// Argon2id, off the main thread and never more of it than was allowed: a hash is made to be dear, and whoever can
// ask for one must not be able to spend the machine with it. Rate limits come before the lane.

import { hash, verify } from '@node-rs/argon2';

export interface WorkFactor {
  readonly memoryKibibytes: number;
  readonly passes: number;
}

/**
 * For 70 random bits: guessing them is out of reach at any price of a guess, and NIST SP 800-63B allows a small
 * one. It is the smallest memory among OWASP's parameters.
 */
export const recoveryWorkFactor: WorkFactor = { memoryKibibytes: 7_168, passes: 5 };

/**
 * For what people choose. Memory as in OWASP's first choice, so that a lane needs little of it, and twice the
 * passes, since OWASP's are minima.
 */
export const passwordWorkFactor: WorkFactor = { memoryKibibytes: 19_456, passes: 4 };

/** Many hashes share the cores, not one hash: that would only shorten the wait of a machine with nothing to do. */
const parallelism = 1;

export class HashLaneFull extends Error {
  readonly code = 'hash-lane-full';

  constructor() {
    super('more hashes are wanted than may wait');
    this.name = 'HashLaneFull';
  }
}

/** The stored text is no Argon2 hash. What it is instead is not told. */
export class HashUnreadable extends Error {
  readonly code = 'hash-unreadable';

  constructor() {
    super('a stored hash cannot be read');
    this.name = 'HashUnreadable';
  }
}

export interface HashLaneLimits {
  /** Hashes at the same time: each has a thread of libuv's pool, of which there are four, and its memory. */
  readonly concurrent: number;
  /** What is asked for beyond these is refused. */
  readonly waitingMax: number;
}

export class HashLane {
  readonly #limits: HashLaneLimits;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(limits: HashLaneLimits) {
    if (!(limits.concurrent >= 1 && limits.waitingMax >= 0))
      throw new RangeError('a lane needs one hash at a time');
    this.#limits = limits;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** In the PHC text form, with a salt of its own of 16 bytes. */
  hash(text: string, workFactor: WorkFactor = recoveryWorkFactor): Promise<string> {
    return this.#inTurn(() => hash(text, argon2Options(workFactor)));
  }

  /** At the cost that the stored hash was made with. */
  verify(stored: string, text: string): Promise<boolean> {
    if (!stored.startsWith('$argon2id$')) return Promise.reject(new HashUnreadable());
    return this.#inTurn(() => verify(stored, text).catch(unreadable));
  }

  /** Takes as long as a comparison with a real hash, for where there is none to compare with. */
  async verifyDummy(text: string, workFactor: WorkFactor = recoveryWorkFactor): Promise<false> {
    await this.hash(text, workFactor);
    return false;
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    await this.#turn();
    try {
      return await work();
    } finally {
      this.#next();
    }
  }

  async #turn(): Promise<void> {
    if (this.#running < this.#limits.concurrent) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.size >= this.#limits.waitingMax) throw new HashLaneFull();
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** A turn that ends is handed on, so that nobody who comes later can slip in between. */
  #next(): void {
    const [first] = this.#waiting;
    if (first === undefined) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(first);
    first();
  }
}

function argon2Options({ memoryKibibytes, passes }: WorkFactor) {
  return { memoryCost: memoryKibibytes, timeCost: passes, parallelism };
}

function unreadable(): never {
  throw new HashUnreadable();
}
