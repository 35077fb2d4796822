// HOTP by RFC 4226, on two one-shot hashes a code: an HMAC object of node:crypto costs five times as much to
// make as all that it then does. otplib, which tests hold this to, makes one for each code.

import { hash } from 'node:crypto';

import type { TotpAlgorithm } from '#domain/totp/events.js';

/** Of RFC 2104: the hash's block, and the bytes that the key is mixed with before either hash. */
const hashes = {
  SHA1: { name: 'sha1', blockBytes: 64, digestBytes: 20 },
  SHA256: { name: 'sha256', blockBytes: 64, digestBytes: 32 },
  SHA512: { name: 'sha512', blockBytes: 128, digestBytes: 64 },
} as const satisfies Record<TotpAlgorithm, object>;
const innerPad = 0x36;
const outerPad = 0x5c;
const counterBytes = 8;
const keyBytesMin = 16;

/** Codes of one key, as numbers. */
export class HotpCodes {
  readonly #name: (typeof hashes)[TotpAlgorithm]['name'];
  readonly #blockBytes: number;
  readonly #modulus: number;
  readonly #inner: Buffer;
  readonly #outer: Buffer;

  /** @param key of 128 bits or more (RFC 4226, R6), and not longer than the block of its hash: no seed that is taken is */
  constructor(key: Uint8Array, algorithm: TotpAlgorithm, digits: number) {
    const { name, blockBytes, digestBytes } = hashes[algorithm];
    if (key.length < keyBytesMin || key.length > blockBytes)
      throw new RangeError(`a key must have ${keyBytesMin} to ${blockBytes} bytes`);
    this.#name = name;
    this.#blockBytes = blockBytes;
    this.#modulus = 10 ** digits;
    this.#inner = Buffer.alloc(blockBytes + counterBytes, innerPad);
    this.#outer = Buffer.alloc(blockBytes + digestBytes, outerPad);
    for (const [at, byte] of key.entries()) {
      this.#inner[at] = byte ^ innerPad;
      this.#outer[at] = byte ^ outerPad;
    }
  }

  codeAt(counter: number): number {
    this.#inner.writeUInt32BE(Math.floor(counter / 0x1_0000_0000), this.#blockBytes);
    this.#inner.writeUInt32BE(counter % 0x1_0000_0000, this.#blockBytes + 4);
    this.#outer.write(hash(this.#name, this.#inner, 'hex'), this.#blockBytes, 'hex');
    return truncate(hash(this.#name, this.#outer, 'hex')) % this.#modulus;
  }

  /** Nothing of the key stays behind. */
  forget(): void {
    this.#inner.fill(0);
    this.#outer.fill(0);
  }
}

/** RFC 4226 section 5.3: the last four bits say where the 31 bits of the code begin. */
function truncate(digest: string): number {
  const offset = Number.parseInt(digest.slice(-1), 16) * 2;
  return Number.parseInt(digest.slice(offset, offset + 8), 16) & 0x7fff_ffff;
}
