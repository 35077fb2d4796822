// Passwords: what people choose, so hashed at the price of a guess that OWASP asks for.

import type { Blocklist } from '#secrets/blocklist.js';
import { type HashLane, HashLaneFull, passwordWorkFactor, type WorkFactor } from '#secrets/hash-lane.js';
import { readStoredHash } from '#secrets/stored-hash.js';

export interface PasswordOptions {
  readonly lane: Pick<HashLane, 'busyForMs' | 'hash' | 'verify' | 'verifyDummy'>;
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

  /** Null where a password that came now would be compared: asked first, a full lane costs nothing else. */
  busyForMs(): number | null {
    return this.#lane.busyForMs();
  }

  hash(password: string): Promise<string> {
    return this.#lane.hash(asHashed(password), this.#workFactor);
  }

  /** Null where there is no password: that takes as long as a wrong one. */
  async verify(stored: string | null, password: string): Promise<boolean> {
    // Asked for at once: where there is no room for each, nobody learns what one of them said.
    const found = await Promise.all(formsOf(password).map((text) => this.#compare(stored, text)));
    if (found.includes(true)) return true;
    if (stored !== null) await this.#makeUpFor(stored, password);
    return false;
  }

  #compare(stored: string | null, text: string): Promise<boolean> {
    return stored === null ? this.#lane.verifyDummy(text, this.#workFactor) : this.#lane.verify(stored, text);
  }

  /** A wrong guess at a hash that was cheaper to make takes as long as at nobody's. */
  async #makeUpFor(stored: string, password: string): Promise<void> {
    const lacking = lackingIn(stored, this.#workFactor);
    if (lacking === null) return;
    const waited = formsOf(password).map((text) => this.#lane.verifyDummy(text, lacking));
    const [failure] = (await Promise.allSettled(waited)).filter(isFailure);
    if (failure !== undefined) throw failure.reason;
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
const asHashed = (password: string) => password.normalize('NFKC');

/** Other services may have hashed what was typed, letter by letter. Nobody's is compared as often. */
const formsOf = (password: string): readonly string[] => [...new Set([asHashed(password), password])];

/** What an Argon2 has of less memory and fewer passes is left to do; all of it for hashes of another kind. */
function lackingIn(stored: string, asked: WorkFactor): WorkFactor | null {
  const [, memoryKibibytes, passes] = /^\$argon2(?:id|i|d)\$(?:v=\d+\$)?m=(\d+),t=(\d+),/.exec(stored) ?? [];
  if (memoryKibibytes === undefined) return asked;
  const done = (Number(memoryKibibytes) * Number(passes)) / asked.passes;
  const left = Math.round(asked.memoryKibibytes - done);
  const isWorthIt = left >= kibibytesLeast * (asked.parallelism ?? 1);
  return isWorthIt ? { ...asked, memoryKibibytes: left } : null;
}

/** Of each lane (RFC 9106 section 3.1). */
const kibibytesLeast = 8;

/** A full lane is none: a wrong guess has to be counted, however much is being hashed. */
const isFailure = (settled: PromiseSettledResult<unknown>): settled is PromiseRejectedResult =>
  settled.status === 'rejected' && !(settled.reason instanceof HashLaneFull);
