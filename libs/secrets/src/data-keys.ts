// The data keys in use: one for each subject, made before its first event, at hand while it is active, and
// gone for good once it is erased.

import type { KeyObject } from 'node:crypto';

import type { KeyStore, WrappedKey } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { RecentlyUsed } from '#secrets/recently-used.js';
import { KeyBroken, newDataKey, unwrapDataKey } from '#secrets/wrapping.js';

export interface DataKey {
  readonly id: string;
  /** Whose data it protects: the name of a stream. */
  readonly subject: string;
  readonly key: KeyObject;
}

export interface DataKeysOptions {
  readonly store: KeyStore;
  readonly masterKeys: MasterKeys;
  readonly entriesMax?: number;
}

/** As many as there are users at hand, whose commands would wait for their keys else: about 180 MB of key objects. */
const entriesMaxDefault = 200_000;
/** Each time somebody erased the key between finding it there and reading it, which nobody does twice. */
const createAttemptsMax = 5;

/** What names are hashed with. Without it nobody's login name leads to anybody, so it is never erased. */
export const namesSubject = 'names';

export class DataKeys {
  readonly #store: KeyStore;
  readonly #masterKeys: MasterKeys;
  readonly #entriesMax: number;
  #keys: RecentlyUsed<DataKey>;
  readonly #reads = new Map<string, Promise<DataKey | null>>();
  /** Moves when an erasure begins and when it ends: a key read or made meanwhile is not kept. */
  #erasures = 0;

  constructor({ store, masterKeys, entriesMax = entriesMaxDefault }: DataKeysOptions) {
    this.#store = store;
    this.#masterKeys = masterKeys;
    this.#entriesMax = entriesMax;
    this.#keys = new RecentlyUsed(entriesMax);
  }

  /** How many keys are at hand. */
  get size(): number {
    return this.#keys.size;
  }

  /** Durable when it resolves. The one that the subject has, if it has one. */
  async create(subject: string): Promise<DataKey> {
    const known = this.#keys.get(subject);
    if (known !== undefined) return known;
    for (let attempt = 0; attempt < createAttemptsMax; attempt += 1) {
      const erasures = this.#erasures;
      const { key, wrapped } = newDataKey(subject, this.#masterKeys.sealing);
      if (await this.#store.add(wrapped)) return this.#keep(key, erasures);
      const found = await this.#read(subject);
      if (found !== null) return found;
    }
    throw new Error('a data key is erased as fast as it is made');
  }

  /** At once when it is at hand. Null when the subject has none: it never had, or was erased. */
  get(subject: string): DataKey | Promise<DataKey | null> {
    const known = this.#keys.get(subject);
    if (known !== undefined) return known;
    const underWay = this.#reads.get(subject);
    if (underWay !== undefined) return underWay;
    const reading = this.#read(subject).finally(() => {
      if (this.#reads.get(subject) === reading) this.#reads.delete(subject);
    });
    this.#reads.set(subject, reading);
    return reading;
  }

  /** When it resolves, the key is neither stored nor at hand. */
  async erase(subject: string): Promise<void> {
    if (subject === namesSubject) throw new TypeError('the key of names is never erased');
    this.forget(subject);
    try {
      await this.#store.erase(subject);
    } finally {
      this.forget(subject);
    }
  }

  /** It was erased elsewhere: what is at hand of it must go, too. */
  forget(subject: string): void {
    this.#erasures += 1;
    this.#keys.delete(subject);
    this.#reads.delete(subject);
  }

  /** Any of them may have been erased elsewhere. */
  forgetAll(): void {
    this.#erasures += 1;
    this.#keys = new RecentlyUsed(this.#entriesMax);
    this.#reads.clear();
  }

  async #read(subject: string): Promise<DataKey | null> {
    const erasures = this.#erasures;
    const stored = await this.#store.get(subject);
    return stored === null ? null : this.#keep(this.#unwrap(subject, stored), erasures);
  }

  #unwrap(subject: string, stored: WrappedKey): DataKey {
    if (stored.subject !== subject) throw new KeyBroken();
    return unwrapDataKey(this.#masterKeys, stored);
  }

  #keep(key: DataKey, erasures: number): DataKey {
    if (this.#erasures === erasures) this.#keys.set(key.subject, key);
    return key;
  }
}
