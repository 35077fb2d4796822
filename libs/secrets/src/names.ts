// What people call themselves does not stand in the names of streams: a keyed hash does, the same for
// spellings that mean the same. Its key never changes, or every name would be free to be taken again.

import { createHmac, type KeyObject } from 'node:crypto';

import type { FingerprintKey, LoginKey, MetadataKeyHash } from '#domain/ids.js';
import { DataKeys, namesSubject } from '#secrets/data-keys.js';
import type { KeyStore } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';

/** 192 of the 256 bits: no two names will meet, and they fill 32 characters to the last bit. */
const hashBytes = 24;
const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export class Names {
  readonly #key: KeyObject;

  private constructor(key: KeyObject) {
    this.#key = key;
  }

  /** The first one to open makes the key. */
  static async open(store: KeyStore, masterKeys: MasterKeys): Promise<Names> {
    const { key } = await new DataKeys({ store, masterKeys }).create(namesSubject);
    return new Names(key);
  }

  loginKey(name: string): LoginKey {
    return this.#hash('login', canonicalName(name)) as LoginKey;
  }

  /** A UUID in lower case stays as it is; what callers may have chosen could be personal, or not ASCII. */
  streamId(id: string): string {
    return lowerCaseUuid.test(id) ? id : this.#hash('stream', id);
  }

  /** Of one user alone, whose stream has no colon in its name: two users with the same key have nothing in common. */
  metadataKey(userStream: string, key: string): MetadataKeyHash {
    return this.#hash('metadata', `${userStream}:${key}`) as MetadataKeyHash;
  }

  /** As it was sent: it is no name that people write. */
  fingerprintKey(fingerprint: string): FingerprintKey {
    return this.#hash('fingerprint', fingerprint) as FingerprintKey;
  }

  /** Of all parts in their order, each as long as it is: what a client chose, and what it asked for by that. */
  idempotencyHash(...parts: readonly (string | Uint8Array)[]): string {
    const hash = createHmac('sha256', this.#key).update('idempotency:', 'utf16le');
    for (const part of parts) {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'utf16le') : part;
      hash.update(`${typeof part === 'string' ? 'text' : 'bytes'}:${bytes.byteLength}:`).update(bytes);
    }
    return hash.digest().subarray(0, hashBytes).toString('base64url');
  }

  /** A UUIDv8 (RFC 9562): the same for the same text, and nobody without the key foretells it. */
  derivedId(text: string): string {
    const hash = createHmac('sha256', this.#key).update(`id:${text}`, 'utf16le').digest();
    hash[6] = 0x80 | ((hash[6] ?? 0) & 0x0f);
    hash[8] = 0x80 | ((hash[8] ?? 0) & 0x3f);
    const digits = hash.toString('hex');
    const part = (from: number, to: number) => digits.slice(from, to);
    return `${part(0, 8)}-${part(8, 12)}-${part(12, 16)}-${part(16, 20)}-${part(20, 32)}`;
  }

  /** In UTF-16, since UTF-8 has one form for all halves of a surrogate pair: two ids would be one. */
  #hash(use: 'login' | 'stream' | 'metadata' | 'fingerprint', text: string): string {
    const hash = createHmac('sha256', this.#key).update(`${use}:${text}`, 'utf16le').digest();
    return hash.subarray(0, hashBytes).toString('base64url');
  }
}

/** NFKC twice, since lower case can undo it. */
function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
