// A data key outside of this process's memory is wrapped: encrypted by a master key, and bound to its subject
// and its id, so that a store cannot hand out one key for another.

import { createSecretKey, type KeyObject } from 'node:crypto';

import { aeadKeyBytes, bindTo, decrypt, encrypt } from '#secrets/aead.js';
import type { DataKey } from '#secrets/data-keys.js';
import type { WrappedKey } from '#secrets/key-store.js';
import type { MasterKey, MasterKeys } from '#secrets/master-keys.js';
import { randomBytesFromPool } from '#secrets/random-pool.js';

const version = 1;
const idBytes = 16;
/** What every store keeps in the same order, and every event log takes for the name of a stream. */
const subjectText = /^[\x21-\x7e]{1,255}$/;

/** A data key needs a master key that is not in the file: it was retired too early, or the file is another's. */
export class MasterKeyMissing extends Error {
  override readonly name = 'MasterKeyMissing';
  readonly masterKeyId: string;

  constructor(masterKeyId: string) {
    super(`data keys need the master key ${JSON.stringify(masterKeyId)}, which is not there`);
    this.masterKeyId = masterKeyId;
  }
}

/** What the store keeps is not what was wrapped, or its master key has another key's id. */
export class KeyBroken extends Error {
  override readonly name = 'KeyBroken';

  constructor() {
    super('a wrapped data key does not open');
  }
}

export function newDataKey(subject: string, masterKey: MasterKey): { key: DataKey; wrapped: WrappedKey } {
  if (!subjectText.test(subject)) throw new TypeError('a subject is 1 to 255 printable ASCII characters');
  const id = randomBytesFromPool(idBytes).toString('base64url');
  const bytes = randomBytesFromPool(aeadKeyBytes);
  const wrapped = wrap({ subject, keyId: id }, masterKey, bytes);
  return { key: { id, subject, key: keyOf(bytes) }, wrapped };
}

/** Throws `MasterKeyMissing`, `KeyBroken`. */
export function unwrapDataKey(masterKeys: MasterKeys, wrapped: WrappedKey): DataKey {
  return { id: wrapped.keyId, subject: wrapped.subject, key: keyOf(unwrap(masterKeys, wrapped)) };
}

/** The same data key, wrapped by the master key that seals. Throws `MasterKeyMissing`, `KeyBroken`. */
export function wrapAnew(masterKeys: MasterKeys, wrapped: WrappedKey): WrappedKey {
  const bytes = unwrap(masterKeys, wrapped);
  const anew = wrap(wrapped, masterKeys.sealing, bytes);
  bytes.fill(0);
  return anew;
}

type Named = Pick<WrappedKey, 'subject' | 'keyId'>;

function wrap({ subject, keyId }: Named, masterKey: MasterKey, bytes: Uint8Array): WrappedKey {
  const named = { subject, keyId, masterKeyId: masterKey.id };
  const encrypted = encrypt(masterKey.key, boundTo(named), bytes);
  return { ...named, wrapped: Buffer.concat([Buffer.of(version), encrypted]) };
}

function unwrap(masterKeys: MasterKeys, wrapped: WrappedKey): Buffer {
  const masterKey = masterKeys.byId.get(wrapped.masterKeyId);
  if (masterKey === undefined) throw new MasterKeyMissing(wrapped.masterKeyId);
  const stored = Buffer.from(wrapped.wrapped);
  const bytes = stored[0] === version ? decrypt(masterKey.key, boundTo(wrapped), stored.subarray(1)) : null;
  if (bytes === null) throw new KeyBroken();
  return bytes;
}

function boundTo({ subject, keyId, masterKeyId }: Omit<WrappedKey, 'wrapped'>): Buffer {
  return bindTo(['wrapped key', String(version), subject, keyId, masterKeyId]);
}

/** The key object holds a copy; the bytes are wiped. */
function keyOf(bytes: Buffer): KeyObject {
  const key = createSecretKey(bytes);
  bytes.fill(0);
  return key;
}
