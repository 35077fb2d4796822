// What every token's text has in common: a prefix that tells its kind, base64url, and a checksum that lets a mistyped
// or made-up token be refused without a look at any stream, and a scanner of sources be sure that it has found
// one. It keeps nobody from making one up.

import { hash, timingSafeEqual } from 'node:crypto';

export const uuidBytes = 16;
export const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const checksumBytes = 4;

export class TokenText {
  readonly #prefix: string;
  readonly #bytesMin: number;
  readonly #bytesMax: number;
  /** Used again for each token: what is read in one piece may be summed in one. */
  readonly #summed: Buffer;

  /** @param bodyBytes the least and the most that stand between prefix and checksum */
  constructor(prefix: string, [least, most]: readonly [number, number]) {
    this.#prefix = prefix;
    this.#bytesMin = least + checksumBytes;
    this.#bytesMax = most + checksumBytes;
    this.#summed = Buffer.alloc(prefix.length + most);
    this.#summed.write(prefix, 'latin1');
  }

  write(body: Buffer): string {
    return this.#prefix + Buffer.concat([body, this.#checksumOf(body)]).toString('base64url');
  }

  /** Null for whatever was not written by `write`, to the character. */
  read(text: string): Buffer | null {
    const charactersMax = this.#prefix.length + Math.ceil((this.#bytesMax * 4) / 3);
    if (!text.startsWith(this.#prefix) || text.length > charactersMax) return null;
    const encoded = text.slice(this.#prefix.length);
    const bytes = Buffer.from(encoded, 'base64url');
    // Node reads past what is no base64url; a token has one spelling.
    if (bytes.length < this.#bytesMin || bytes.toString('base64url') !== encoded) return null;
    const body = bytes.subarray(0, -checksumBytes);
    return timingSafeEqual(bytes.subarray(-checksumBytes), this.#checksumOf(body)) ? body : null;
  }

  /** The prefix belongs to what is summed: a token of another kind of ours must not pass for one of these. */
  #checksumOf(body: Buffer): Buffer {
    const length = this.#prefix.length + body.copy(this.#summed, this.#prefix.length);
    return hash('sha256', this.#summed.subarray(0, length), 'buffer').subarray(0, checksumBytes);
  }
}

/** Without salt or work factor: nobody guesses 256 random bits (OWASP ASVS 6.5.2). */
export function hashToken(secret: Uint8Array): string {
  return hash('sha256', secret, 'base64url');
}

/** As long as a hash, and none. */
const nobodysHash = '-'.repeat(43);

/** @param hash null where there is none, which takes as long as a wrong one */
export const sameSecret = (secret: Uint8Array, hash: string | null): boolean =>
  sameHash(hashToken(secret), hash ?? nobodysHash);

export function sameHash(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export const uuidToBytes = (id: string) => Buffer.from(id.replaceAll('-', ''), 'hex');

export const bytesToUuid = (bytes: Buffer) => {
  const digits = bytes.toString('hex');
  const [one, two, three, four] = [
    digits.slice(0, 8),
    digits.slice(8, 12),
    digits.slice(12, 16),
    digits.slice(16, 20),
  ];
  return `${one}-${two}-${three}-${four}-${digits.slice(20)}`;
};
