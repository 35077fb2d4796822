// What people call themselves does not stand in the names of streams: a keyed hash does, the same for
// spellings that mean the same. Its key never changes, or every name would be free to be taken again.

import { createHmac, type KeyObject } from 'node:crypto';

import type { LoginKey } from '#domain/ids.js';
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

  /** In UTF-16, since UTF-8 has one form for all halves of a surrogate pair: two ids would be one. */
  #hash(use: 'login' | 'stream', text: string): string {
    const hash = createHmac('sha256', this.#key).update(`${use}:${text}`, 'utf16le').digest();
    return hash.subarray(0, hashBytes).toString('base64url');
  }
}

/** NFKC twice, since lower case can undo it. */
function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}
