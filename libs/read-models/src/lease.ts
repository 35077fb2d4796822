// Of several servers that show the same rows one projects. Who does is decided by a lease that runs out, and by a
// number that grows with each holder: whoever was slow to notice that it lost the lease writes nothing.

import type { ModelStore } from '#read-models/store.js';

export interface Held {
  /** Grows with every holder. Every batch is written with it. */
  readonly token: number;
  /** Aborted when somebody else may hold it from now on. */
  readonly lost: AbortSignal;
}

export interface Lease {
  /**
   * Waits until nobody else holds the lease, then calls `project`, and once more whenever the lease was lost and got
   * again. `project` ends soon after `lost` is aborted. Ends, and gives the lease up, when `until` is aborted or
   * `project` ends by itself. Throws what `project` throws.
   */
  whileHeld(project: (held: Held) => Promise<void>, until: AbortSignal): Promise<void>;
}

/** Where no other process can have the rows open. */
export const heldAlways: Lease = {
  whileHeld: (project, until) => project({ token: 1, lost: until }),
};

/** The store as the holder of a lease writes to it. */
export function writingUnder(token: number, store: ModelStore): ModelStore {
  return {
    open: (projection) => store.open(projection),
    checkpoint: (build) => store.checkpoint(build),
    apply: (batch) => store.apply({ ...batch, token }),
    parked: (build) => store.parked(build),
    begin: (projection, beginning) => store.begin(projection, beginning),
    finish: (build) => store.finish(build),
    makeLive: (build, switching) => store.makeLive(build, switching),
    drop: (build, note) => store.drop(build, note),
    note: (note) => store.note(note),
    notes: () => store.notes(),
    builds: () => store.builds(),
    digest: (build, table) => store.digest(build, table),
    hold: (build, look) => store.hold(build, look),
    read: (ask) => store.read(ask),
    readBuild: (build, ask) => store.readBuild(build, ask),
    close: () => store.close(),
  };
}
