// Replays over what a thread has of its own, in the thread that calls it.

import { Replays, type ReplaysOptions } from '#read-models/replay/replays.js';
import { ErasuresPassing } from '#server/erasures-passing.js';
import type { ProjectingParts } from '#server/projecting-parts.js';

/** Goes on with those that were under way. */
export function openReplays(
  { log, keys, store, projections, measure }: ProjectingParts,
  tell: Pick<ReplaysOptions, 'onSwitched' | 'onTrouble'>,
): Promise<Replays> {
  return Replays.open({
    store,
    projections,
    reading: () => {
      const erasures = new ErasuresPassing((stream) => keys.forget(stream));
      return { log: erasures.over(log), opener: keys, onMoved: (position) => erasures.movedTo(position) };
    },
    ...tell,
    ...(measure !== null && { measure }),
  });
}
