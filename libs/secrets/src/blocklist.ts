// Passwords that everybody tries first, from a file with one a line. A million of them take eight megabytes: of each
// only 48 bits of a hash are kept, sorted. Another password in some hundred millions is refused with them.

import { hash } from 'node:crypto';

const keptBytes = 6;

/** What counts as the same password: keyboards differ in how they put a letter together, and case is soon tried. */
const inLowerCase = (password: string): string => password.normalize('NFKC').toLowerCase();

export class Blocklist {
  readonly #sorted: Float64Array;

  private constructor(sorted: Float64Array) {
    this.#sorted = sorted;
  }

  /** Of UTF-8; null for what is none. Empty lines are none of it. */
  static read(file: Uint8Array): Blocklist | null {
    const text = decoded(file);
    return text === null ? null : new Blocklist(Float64Array.from(keptOf(inLowerCase(text))).sort());
  }

  get size(): number {
    return this.#sorted.length;
  }

  has(password: string): boolean {
    const wanted = keep(inLowerCase(password));
    let [from, to] = [0, this.#sorted.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((this.#sorted[middle] ?? 0) < wanted) from = middle + 1;
      else to = middle;
    }
    return this.#sorted[from] === wanted;
  }
}

function decoded(file: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file);
  } catch {
    return null;
  }
}

function* keptOf(text: string): Generator<number> {
  for (let start = 0; start < text.length; ) {
    const found = text.indexOf('\n', start);
    const next = found === -1 ? text.length : found;
    const end = text[next - 1] === '\r' ? next - 1 : next;
    if (end > start) yield keep(text.slice(start, end));
    start = next + 1;
  }
}

const keep = (text: string) => hash('sha256', text, 'buffer').readUIntBE(0, keptBytes);
