// What operators' calls stand on, in the process of a test: no threads, and one master key.

import { ParkedOrders } from '#read-models/parked-orders.js';
import type { RunnerStatus } from '#read-models/runner.js';
import { type Following, models } from '#read-models/testing/following.js';
import type { MasterKeysAtWork, Operating } from '#transport/operating.js';

export interface OperatingHere extends Operating {
  /** As on a server that does not make the rows. */
  isElsewhere: boolean;
  readonly masterKeys: MasterKeysAtWork & { isFileChanged: boolean; rotated: number };
}

export function operatingHere({ runners, replays, store }: Following): OperatingHere {
  const runnerOf = (projection: string) => {
    const runner = runners.get(projection);
    if (runner === undefined) throw new Error(`no rows are made of ${projection}`);
    return runner;
  };
  const parkedOrders = new ParkedOrders();
  const operating: OperatingHere = {
    isElsewhere: false,
    projections: models.map(({ name, version }) => ({ name, version })),
    projecting: {
      status: async (): Promise<readonly RunnerStatus[]> => {
        const made = await Promise.all([...runners.values()].map((runner) => runner.status()));
        return operating.isElsewhere ? made.map((one) => ({ ...one, phase: 'elsewhere' })) : made;
      },
      builds: () => store.builds(),
      retryParked: (at) => parkedOrders.give(runnerOf(at.projection), { ...at, how: 'retry' }),
      skipParked: (at) => parkedOrders.give(runnerOf(at.projection), { ...at, how: 'skip' }),
      pause: async (projection) => runnerOf(projection).pause(),
      resume: async (projection) => runnerOf(projection).resume(),
    },
    replaying: {
      status: async () => replays.status(),
      begin: (projection, asked) => replays.start(projection, asked),
      pause: (build) => replays.pause(build),
      resume: (build, changed) => replays.resume(build, changed),
      cancel: (build) => replays.cancel(build),
      drop: (build) => replays.drop(build),
    },
    masterKeys: masterKeys(),
  };
  return operating;
}

function masterKeys(): OperatingHere['masterKeys'] {
  const keys: OperatingHere['masterKeys'] = {
    isFileChanged: false,
    rotated: 0,
    status: async () => ({
      keys: [
        { id: 'new', wraps: 5, seals: true, loaded: true },
        { id: 'old', wraps: 2, seals: false, loaded: true },
      ],
      rotation: { running: keys.rotated > 0, beganAt: null, endedAt: null, lastError: null },
    }),
    sealing: async () => (keys.isFileChanged ? null : 'new'),
    rotate: () => {
      keys.rotated += 1;
    },
  };
  return keys;
}
