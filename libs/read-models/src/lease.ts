// Of several servers that show the same rows one projects. Who does is decided by a lease that runs out, and by a
// number that grows with each holder: whoever was slow to notice that it lost the lease writes nothing.

import { LeaseLost, type ModelStore } from '#read-models/store.js';

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

/** The store as the holder of a lease writes to it: nothing without its number, and nothing once that was refused. */
export function writingUnder(token: number, store: ModelStore): ModelStore {
  let loss: LeaseLost | null = null;
  const unlessLost = async <Outcome>(work: () => Promise<Outcome>): Promise<Outcome> => {
    if (loss !== null) throw loss;
    try {
      return await work();
    } catch (error) {
      if (error instanceof LeaseLost) loss = error;
      throw error;
    }
  };
  return {
    open: (projection) => unlessLost(() => store.open(projection, { token })),
    checkpoint: (build) => store.checkpoint(build),
    apply: (batch) => unlessLost(() => store.apply({ ...batch, token })),
    parked: (build) => store.parked(build),
    begin: (projection, beginning) => unlessLost(() => store.begin(projection, { ...beginning, token })),
    finish: (build) => unlessLost(() => store.finish(build, { token })),
    makeLive: (build, switching) => unlessLost(() => store.makeLive(build, { ...switching, token })),
    drop: (build, note) => unlessLost(() => store.drop(build, note, { token })),
    note: (note) => unlessLost(() => store.note(note, { token })),
    notes: () => store.notes(),
    setPaused: (projection, isPaused) => unlessLost(() => store.setPaused(projection, isPaused, { token })),
    paused: () => store.paused(),
    builds: () => store.builds(),
    digest: (build, table) => store.digest(build, table),
    hold: (build, look) => store.hold(build, look),
    read: (ask) => store.read(ask),
    readBuild: (build, ask) => store.readBuild(build, ask),
    close: () => store.close(),
  };
}
