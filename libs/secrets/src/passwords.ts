// Passwords: what people choose, so hashed at the price of a guess that OWASP asks for.

import type { Blocklist } from '#secrets/blocklist.js';
import { type HashLane, passwordWorkFactor, type WorkFactor } from '#secrets/hash-lane.js';
import { readStoredHash } from '#secrets/stored-hash.js';

export interface PasswordOptions {
  readonly lane: Pick<HashLane, 'hash' | 'verify' | 'verifyDummy'>;
  /** What a hash is made with, and below what one is made anew. */
  readonly workFactor?: WorkFactor;
  /** Those that everybody tries first; null where none are known. */
  readonly blocklist?: Pick<Blocklist, 'has'> | null;
}

export class Passwords {
  readonly #lane: PasswordOptions['lane'];
  readonly #workFactor: WorkFactor;
  readonly #blocklist: Pick<Blocklist, 'has'> | null;

  constructor({ lane, workFactor = passwordWorkFactor, blocklist = null }: PasswordOptions) {
    this.#lane = lane;
    this.#workFactor = workFactor;
    this.#blocklist = blocklist;
  }

  hash(password: string): Promise<string> {
    return this.#lane.hash(asTyped(password), this.#workFactor);
  }

  /** Null where there is no password: that takes as long as a wrong one. */
  verify(stored: string | null, password: string): Promise<boolean> {
    if (stored === null) return this.#lane.verifyDummy(asTyped(password), this.#workFactor);
    return this.#lane.verify(stored, asTyped(password));
  }

  /** Made with less than is asked for now. Ask after a right password, which is the only time to make it anew. */
  needsRehash(stored: string): boolean {
    const made = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=\d+\$/.exec(stored);
    if (made === null) return true;
    const [, memoryKibibytes, passes] = made;
    return (
      Number(memoryKibibytes) < this.#workFactor.memoryKibibytes || Number(passes) < this.#workFactor.passes
    );
  }

  /** Of a hash that was made elsewhere: whether `verify` will be able to, at a price that the lane can bear. */
  canVerify(stored: string): boolean {
    return readStoredHash(stored) !== null;
  }

  isCommon(password: string): boolean {
    return this.#blocklist?.has(password) ?? false;
  }
}

/** Keyboards differ in how they put a letter together (NIST SP 800-63B section 3.1.1.2). */
const asTyped = (password: string) => password.normalize('NFKC');
