// The keys of this process as another of its threads reads them: each read is a snapshot of its own and over when it
// is answered, so that none holds up an erasure.

import type { Database } from 'better-sqlite3';

import { openReader } from '#key-store-sqlite/key-file.js';
import { KeyStoreFailure, unavailable } from '#key-store-sqlite/key-store-failure.js';
import { Keys } from '#key-store-sqlite/keys.js';
import type { WrappedKey } from '#secrets/key-store.js';

export class KeysForReading {
  readonly #path: string;
  #open: { readonly database: Database; readonly keys: Keys } | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** Null where the subject has none: it never had, or was erased. Throws `KeyStoreFailure`. */
  get(subject: string): WrappedKey | null {
    try {
      this.#open ??= openAt(this.#path);
      return this.#open.keys.get(subject);
    } catch (error) {
      if (error instanceof KeyStoreFailure) throw error;
      // A connection that failed is not used again.
      this.close();
      throw unavailable('its file cannot be read', error);
    }
  }

  close(): void {
    this.#open?.database.close();
    this.#open = null;
  }
}

function openAt(path: string) {
  const database = openReader(path);
  return { database, keys: new Keys(database) };
}
