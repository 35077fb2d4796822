// What must not be read by who reads the log is in its events only sealed: under the data key of the one
// whom it is about, and bound to its place. Erasing that key erases it everywhere.

import type { Sealed } from '#domain/ids.js';
import { bindTo, decrypt, encrypt } from '#secrets/aead.js';
import type { DataKey } from '#secrets/data-keys.js';

/** Where a sealed text belongs. It opens nowhere else. */
export interface SealContext {
  readonly organizationId: string;
  readonly subject: string;
  readonly factor: string;
  readonly purpose: string;
}

const version = '1';

/** It was not sealed with this key for this place, or was changed. Which of them is not told. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';

  constructor() {
    super('a sealed text does not open here');
  }
}

/** `<version>.<key id>.<nonce, tag and ciphertext in base64url>` */
export function seal(key: DataKey, context: SealContext, plaintext: string | Uint8Array): Sealed {
  const bytes = encrypt(key.key, boundTo(key, context), plaintext);
  return `${prefixOf(key)}${bytes.toString('base64url')}` as Sealed;
}

/** Throws `SealBroken`. */
export function open(key: DataKey, context: SealContext, sealed: Sealed): Buffer {
  const bytes = bytesOf(key, sealed);
  const plaintext = bytes === null ? null : decrypt(key.key, boundTo(key, context), bytes);
  if (plaintext === null) throw new SealBroken();
  return plaintext;
}

/** Throws `SealBroken`. */
export function openText(key: DataKey, context: SealContext, sealed: Sealed): string {
  return open(key, context, sealed).toString('utf8');
}

function prefixOf(key: DataKey): string {
  return `${version}.${key.id}.`;
}

/** Null unless it is written as `seal` writes it: base64 has several texts for the same bytes. */
function bytesOf(key: DataKey, sealed: Sealed): Buffer | null {
  const prefix = prefixOf(key);
  if (!sealed.startsWith(prefix)) return null;
  const text = sealed.slice(prefix.length);
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : null;
}

function boundTo(key: DataKey, { organizationId, subject, factor, purpose }: SealContext): Buffer {
  return bindTo(['sealed', version, key.id, organizationId, subject, factor, purpose]);
}
