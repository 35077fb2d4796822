// Replays as their notes tell of them, for who does not carry them out: they may be another server's, or at rest.

import { isOver, notedReplay } from '#read-models/replay/asked.js';
import { Replay, type ReplayStatus } from '#read-models/replay/replay.js';
import type { ReplayPhase } from '#read-models/store.js';
import type { ProjectingParts } from '#server/projecting-parts.js';

type Parts = Pick<ProjectingParts, 'log' | 'store' | 'keys' | 'projections' | 'measure'>;

export async function standingReplays(parts: Parts): Promise<readonly ReplayStatus[]> {
  const { log, store, keys, projections, measure } = parts;
  const statuses: ReplayStatus[] = [];
  for (const note of await store.notes()) {
    const projection = projections.find(({ name }) => name === note.projection);
    if (projection === undefined) continue;
    const given = { log, store, opener: keys, ...(measure !== null && { measure }) };
    const replay = new Replay(projection, notedReplay(note), given);
    await replay.look();
    statuses.push(replay.status());
    await replay.close();
  }
  return statuses;
}

/** Nothing goes on with it before somebody asks for that. */
export const isAtRest = (phase: ReplayPhase): boolean =>
  isOver(phase) || phase === 'paused' || phase === 'failed';

/** One was under way when its process ended, or the rows that are live are of an earlier version. */
export async function isReplayLeft({ store, projections }: Parts): Promise<boolean> {
  const notes = await store.notes();
  if (notes.some(({ phase }) => !isAtRest(phase))) return true;
  const live = (await store.builds()).filter(({ isLive }) => isLive);
  return projections.some(({ name, version }) =>
    live.some((one) => one.projection === name && one.version < version),
  );
}
