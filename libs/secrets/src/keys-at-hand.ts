// The data keys at hand: those in use as key objects, and many more as bare bytes beside the heap. A hundred thousand
// key objects would hold up the collection of garbage for longer than it takes to make a thousand of them anew; and
// bytes can be wiped.

import { createSecretKey } from 'node:crypto';

import { aeadKeyBytes } from '#secrets/aead.js';
import type { DataKey } from '#secrets/data-keys.js';
import { RecentlyUsed } from '#secrets/recently-used.js';

/** More than are in use at the same moment. */
const inUseMaxDefault = 4_096;
const keysPerChunk = 1_024;

export class KeysAtHand {
  readonly #entriesPerGeneration: number;
  readonly #inUse: RecentlyUsed<DataKey>;
  #young = new KeyBytes();
  #old = new KeyBytes();

  /** Never more than `entriesMax`, and at least half of it before anything is forgotten. */
  constructor(entriesMax: number, inUseMax = Math.min(entriesMax, inUseMaxDefault)) {
    this.#inUse = new RecentlyUsed(inUseMax);
    this.#entriesPerGeneration = Math.floor(entriesMax / 2);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(subject: string): DataKey | undefined {
    return this.#inUse.get(subject) ?? this.#takeUp(subject);
  }

  set(key: DataKey): void {
    this.#inUse.set(key.subject, key);
    const bytes = key.key.export();
    this.#keep(key.subject, key.id, bytes);
    bytes.fill(0);
  }

  delete(subject: string): void {
    this.#inUse.delete(subject);
    this.#young.delete(subject);
    this.#old.delete(subject);
  }

  #takeUp(subject: string): DataKey | undefined {
    const found = this.#young.get(subject) ?? this.#old.get(subject);
    if (found === undefined) return undefined;
    const key = { id: found.id, subject, key: createSecretKey(found.bytes) };
    this.#inUse.set(subject, key);
    this.#keep(subject, found.id, found.bytes);
    return key;
  }

  #keep(subject: string, id: string, bytes: Uint8Array): void {
    if (this.#young.size >= this.#entriesPerGeneration && !this.#young.has(subject)) {
      const dropped = this.#old;
      [this.#old, this.#young] = [this.#young, new KeyBytes()];
      this.#young.set(subject, id, bytes);
      dropped.wipe();
    } else this.#young.set(subject, id, bytes);
    this.#old.delete(subject);
  }
}

interface Kept {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** Bytes by subject, in pieces of memory that are filled one after the other. */
class KeyBytes {
  readonly #places = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #chunks: Buffer[] = [];

  get size(): number {
    return this.#places.size;
  }

  has(subject: string): boolean {
    return this.#places.has(subject);
  }

  get(subject: string): Kept | undefined {
    const place = this.#places.get(subject);
    return place === undefined ? undefined : { id: this.#ids[place] as string, bytes: this.#bytesAt(place) };
  }

  set(subject: string, id: string, bytes: Uint8Array): void {
    const place = this.#places.get(subject) ?? this.#ids.length;
    if (place === this.#chunks.length * keysPerChunk)
      this.#chunks.push(Buffer.alloc(keysPerChunk * aeadKeyBytes));
    this.#places.set(subject, place);
    this.#ids[place] = id;
    this.#bytesAt(place).set(bytes);
  }

  delete(subject: string): void {
    const place = this.#places.get(subject);
    if (place === undefined) return;
    this.#places.delete(subject);
    this.#bytesAt(place).fill(0);
  }

  wipe(): void {
    for (const chunk of this.#chunks) chunk.fill(0);
  }

  #bytesAt(place: number): Uint8Array {
    const from = (place % keysPerChunk) * aeadKeyBytes;
    return (this.#chunks[Math.floor(place / keysPerChunk)] as Buffer).subarray(from, from + aeadKeyBytes);
  }
}
