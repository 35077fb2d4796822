// AES-256-GCM (NIST SP 800-38D) as everything here is encrypted: a random nonce, a whole tag, and what the
// text belongs to bound to it, so that it opens nowhere else.

import { createCipheriv, createDecipheriv, type KeyObject } from 'node:crypto';

import { randomBytesFromPool } from '#secrets/random-pool.js';

const algorithm = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;
/** Node would take tags of 4 bytes, too: 2^32 guesses for a forged text. */
const options = { authTagLength: tagBytes } as const;

export const aeadKeyBytes = 32;

/** Nonce, tag, ciphertext. */
export function encrypt(key: KeyObject, bound: Buffer, plaintext: string | Uint8Array): Buffer {
  const nonce = randomBytesFromPool(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce, options);
  cipher.setAAD(bound);
  const ciphertext =
    typeof plaintext === 'string' ? cipher.update(plaintext, 'utf8') : cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext]);
}

/** Null when it was not encrypted under this key, bound to this; why is not told, so that nobody learns it. */
export function decrypt(key: KeyObject, bound: Buffer, bytes: Buffer): Buffer | null {
  try {
    const decipher = createDecipheriv(algorithm, key, bytes.subarray(0, nonceBytes), options);
    decipher.setAAD(bound);
    decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
    const plaintext = decipher.update(bytes.subarray(nonceBytes + tagBytes));
    decipher.final();
    return plaintext;
  } catch {
    return null;
  }
}

/**
 * Different for every list of texts: each is preceded by its length. In UTF-16, since UTF-8 has one form for
 * all halves of a surrogate pair, and ids that callers bring may hold such.
 */
export function bindTo(texts: readonly string[]): Buffer {
  let bound = '';
  for (const text of texts) bound += `${text.length}:${text}`;
  return Buffer.from(bound, 'utf16le');
}
