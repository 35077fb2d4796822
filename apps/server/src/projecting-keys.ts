// The keys in use by the thread that projects. Another thread erases them; this one is told by the log.

import { type Opener, Unopenable } from '#read-models/opener.js';
import type { Opening, Place } from '#read-models/projection.js';
import type { DataKey } from '#secrets/data-keys.js';
import type { WrappedKey } from '#secrets/key-store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import { RecentlyUsed } from '#secrets/recently-used.js';
import { open, SealBroken } from '#secrets/sealing.js';
import { unwrapDataKey } from '#secrets/wrapping.js';

/** Of those whose events come now; a kilobyte each. A key that was forgotten is read anew. */
const keysMax = 20_000;

export interface ProjectingKeysOptions {
  readonly stored: { get(subject: string): WrappedKey | null };
  readonly masterKeys: MasterKeys;
}

export class ProjectingKeys implements Opener {
  readonly #options: ProjectingKeysOptions;
  readonly #keys = new RecentlyUsed<DataKey>(keysMax);

  constructor(options: ProjectingKeysOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#keys.size;
  }

  open({ stream, organizationId }: Place, { sealed, purpose, factor }: Opening): Buffer | null {
    const key = this.#keys.get(stream) ?? this.#read(stream);
    if (key === null) return null;
    try {
      return open(key, { organizationId: organizationId ?? '', subject: stream, factor, purpose }, sealed);
    } catch (error) {
      if (error instanceof SealBroken) throw new Unopenable(error.message, { cause: error });
      throw error;
    }
  }

  forget(subject: string): void {
    this.#keys.delete(subject);
  }

  #read(subject: string): DataKey | null {
    const stored = this.#options.stored.get(subject);
    if (stored === null) return null;
    const key = unwrapDataKey(this.#options.masterKeys, stored);
    this.#keys.set(subject, key);
    return key;
  }
}
