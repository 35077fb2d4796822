// The keys in use by the thread that projects. Others erase them; this one is told by the log.

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
  readonly stored: { get(subject: string): WrappedKey | null | Promise<WrappedKey | null> };
  readonly masterKeys: MasterKeys;
}

export class ProjectingKeys implements Opener {
  readonly #options: ProjectingKeysOptions;
  #keys = new RecentlyUsed<DataKey>(keysMax);
  readonly #reads = new Map<string, Promise<DataKey | null>>();

  constructor(options: ProjectingKeysOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** At once where the store answers at once. */
  open(place: Place, opening: Opening): Buffer | null | Promise<Buffer | null> {
    const { stream } = place;
    const key = this.#keys.get(stream) ?? this.#reads.get(stream) ?? this.#read(stream);
    return key instanceof Promise
      ? key.then((read) => openWith(read, place, opening))
      : openWith(key, place, opening);
  }

  forget(subject: string): void {
    this.#keys.delete(subject);
    this.#reads.delete(subject);
  }

  /** Nobody tells of erasures from now on. */
  forgetAll(): void {
    this.#keys = new RecentlyUsed(keysMax);
    this.#reads.clear();
  }

  #read(subject: string): DataKey | null | Promise<DataKey | null> {
    const stored = this.#options.stored.get(subject);
    if (!(stored instanceof Promise)) return this.#kept(subject, this.#unwrapped(stored));
    const reading: Promise<DataKey | null> = stored
      .then((wrapped) => {
        const key = this.#unwrapped(wrapped);
        // One that was forgotten meanwhile may be gone by now.
        return this.#reads.get(subject) === reading ? this.#kept(subject, key) : key;
      })
      .finally(() => {
        if (this.#reads.get(subject) === reading) this.#reads.delete(subject);
      });
    this.#reads.set(subject, reading);
    return reading;
  }

  #unwrapped(stored: WrappedKey | null): DataKey | null {
    return stored === null ? null : unwrapDataKey(this.#options.masterKeys, stored);
  }

  #kept(subject: string, key: DataKey | null): DataKey | null {
    if (key !== null) this.#keys.set(subject, key);
    return key;
  }
}

function openWith(
  key: DataKey | null,
  { stream, organizationId }: Place,
  { sealed, purpose, factor }: Opening,
): Buffer | null {
  if (key === null) return null;
  try {
    return open(key, { organizationId: organizationId ?? '', subject: stream, factor, purpose }, sealed);
  } catch (error) {
    if (error instanceof SealBroken) throw new Unopenable(error.message, { cause: error });
    throw error;
  }
}
