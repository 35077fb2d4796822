// HOTP by RFC 4226, on two one-shot hashes a code: an HMAC object of node:crypto costs five times as much to
// make as all that it then does. otplib, which tests hold this to, makes one for each code.

import { hash } from 'node:crypto';

import type { TotpAlgorithm } from '#domain/totp/events.js';

/** RFC 2104: the hash's block, and the bytes that the key is mixed with before either hash. */
const innerPad = 0x36;
const outerPad = 0x5c;
const counterBytes = 8;
const keyBytesMin = 16;

/** Where the hashes are fed from; memory of its own for each key would cost as much as a code. */
const hashes = {
  SHA1: { name: 'sha1', blockBytes: 64, ...roomFor(64, 20) },
  SHA256: { name: 'sha256', blockBytes: 64, ...roomFor(64, 32) },
  SHA512: { name: 'sha512', blockBytes: 128, ...roomFor(128, 64) },
} as const satisfies Record<TotpAlgorithm, object>;

export interface HotpKey {
  /** 128 bits or more (RFC 4226, R6), and not longer than the block of its hash: no seed that is taken is. */
  readonly key: Uint8Array;
  readonly algorithm: TotpAlgorithm;
  readonly digits: number;
}

/** The codes of so many counters in a row, as numbers. Nothing of the key stays behind. */
export function hotpCodes({ key, algorithm, digits }: HotpKey, from: number, count: number): number[] {
  const { name, blockBytes, inner, outer } = hashes[algorithm];
  if (key.length < keyBytesMin || key.length > blockBytes)
    throw new RangeError(`a key must have ${keyBytesMin} to ${blockBytes} bytes`);
  inner.fill(innerPad, 0, blockBytes);
  outer.fill(outerPad, 0, blockBytes);
  for (let at = 0; at < key.length; at += 1) {
    inner[at] = (key[at] as number) ^ innerPad;
    outer[at] = (key[at] as number) ^ outerPad;
  }
  const codes: number[] = [];
  for (let counter = from; counter < from + count; counter += 1) {
    inner.writeUInt32BE(Math.floor(counter / 0x1_0000_0000), blockBytes);
    inner.writeUInt32BE(counter % 0x1_0000_0000, blockBytes + 4);
    outer.write(hash(name, inner, 'hex'), blockBytes, 'hex');
    codes.push(truncate(hash(name, outer, 'hex')) % 10 ** digits);
  }
  inner.fill(0);
  outer.fill(0);
  return codes;
}

function roomFor(blockBytes: number, digestBytes: number) {
  return { inner: Buffer.alloc(blockBytes + counterBytes), outer: Buffer.alloc(blockBytes + digestBytes) };
}

/** RFC 4226 section 5.3: the last four bits say where the 31 bits of the code begin. */
function truncate(digest: string): number {
  const offset = Number.parseInt(digest.slice(-1), 16) * 2;
  return Number.parseInt(digest.slice(offset, offset + 8), 16) & 0x7fff_ffff;
}
