// Rows that an earlier release made are of other tables: they are built anew, and readers wait for that. Nobody goes back
// by himself to what an earlier release would make, or servers of two releases would take turns with it for ever.

import type { Projection } from '#read-models/projection.js';
import { isOver } from '#read-models/replay/asked.js';
import type { Replays } from '#read-models/replay/replays.js';
import type { ModelStore } from '#read-models/store.js';

export interface BuildingAnew {
  readonly store: Pick<ModelStore, 'builds'>;
  readonly projections: readonly Projection[];
  readonly replays: Pick<Replays, 'status' | 'start' | 'cancel'>;
}

export async function buildAnew({ store, projections, replays }: BuildingAnew): Promise<void> {
  const builds = await store.builds();
  for (const { name, version } of projections) {
    const live = builds.find(({ projection, isLive }) => projection === name && isLive);
    if (live === undefined || live.version >= version) continue;
    const underWay = replays
      .status()
      .find((one) => one.projection === name && one.side === null && !isOver(one.phase));
    const made = builds.find(({ build }) => build === underWay?.build);
    if (made !== undefined && made.version === version) continue;
    // Begun by the earlier release: its tables are not those of this one either.
    if (underWay !== undefined) await replays.cancel(underWay.build);
    await replays.start(name);
  }
}
