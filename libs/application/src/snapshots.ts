// Folded states of long streams, so that a command on a user with a long history costs what others cost.
// A snapshot is a cache: it may be missing, old, or of other code, and can be dropped at any time.

import type { Loaded } from '#application/streams.js';

/** To be raised whenever a state or an `evolve` of the domain changes: snapshots of other versions are ignored. */
export const snapshotVersion = 13;

export interface StoredSnapshot {
  readonly version: number;
  /** Of the log whose stream this is. */
  readonly log: string;
  readonly loaded: unknown;
}

/** Where snapshots are kept. It proves what it answers; anything else is null. */
export interface SnapshotStore {
  get(stream: string): Promise<StoredSnapshot | null>;
  put(stream: string, snapshot: StoredSnapshot): Promise<void>;
}

export interface SnapshotsOptions {
  readonly store: SnapshotStore;
  readonly log: string;
  readonly onTrouble: (error: unknown) => void;
}

/** So many are folded in a millisecond or two; a snapshot of fewer would cost more than it spares. */
const eventsPerSnapshot = 256;

export class Snapshots<State> {
  readonly #options: SnapshotsOptions;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Whether so many events were folded to come from one revision to a later one. */
  isWorthwhile(from: number, to: number): boolean {
    return to - from >= eventsPerSnapshot;
  }

  /** Of a stream in use: whether a boundary was passed between one revision and a later one. */
  isDue(before: number, now: number): boolean {
    return Math.floor((before + 1) / eventsPerSnapshot) < Math.floor((now + 1) / eventsPerSnapshot);
  }

  async get(stream: string): Promise<Loaded<State> | null> {
    try {
      const stored = await this.#options.store.get(stream);
      if (stored === null || stored.version !== snapshotVersion || stored.log !== this.#options.log)
        return null;
      return stored.loaded as Loaded<State>;
    } catch (error) {
      this.#options.onTrouble(error);
      return null;
    }
  }

  /** Nobody waits for it, and its failure costs the next cold load some time. */
  put(stream: string, loaded: Loaded<State>): void {
    const snapshot = { version: snapshotVersion, log: this.#options.log, loaded };
    this.#options.store.put(stream, snapshot).catch(this.#options.onTrouble);
  }
}
