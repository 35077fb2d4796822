// The same from the files of a data directory, whether or not a service writes them.

import { existsSync } from 'node:fs';

import type { BuildStanding, ProjectionStanding, ReplayStanding, Standing } from '#cli/standing.js';
import { positionNumber, positionText } from '#event-log/counted-position.js';
import { type EventMetadata, logStart } from '#event-log/event-log.js';
import { ReadLog } from '#event-log-sqlite/read-log.js';
import { isOver, type NotedReplay, notedReplay } from '#read-models/replay/asked.js';
import {
  lookIntoModels,
  type SeenBuild,
  type SeenModels,
} from '#read-models/stores/sqlite/look-into-models.js';
import { modelsPath } from '#server/models-file.js';
import { models } from '#server/projecting-parts.js';

/** Throws `EventLogError` and `ModelStoreError`. */
export function standingIn(directory: string, now = Date.now()): Standing {
  const seen = seenIn(directory);
  // Opened after them, so that no rows are ahead of it.
  const log = ReadLog.open(directory);
  try {
    const around: Around = { seen, log, head: log.head(), now };
    return {
      head: positionText(around.head),
      projections: models.map((model) => projectionStanding(model, around)),
      replays: seen.notes.map((note) => replayStanding(notedReplay(note), around)),
    };
  } finally {
    log.close();
  }
}

export function seenIn(directory: string): SeenModels {
  const path = modelsPath(directory);
  return existsSync(path) ? lookIntoModels(path) : { builds: [], notes: [] };
}

interface Around {
  readonly seen: SeenModels;
  readonly log: ReadLog;
  readonly head: number;
  readonly now: number;
}

interface Model {
  readonly name: string;
  readonly version: number;
}

function projectionStanding({ name, version }: Model, around: Around): ProjectionStanding {
  const { seen, head } = around;
  const live = seen.builds.find((one) => one.projection === name && one.isLive);
  const position = numberOf(live);
  const isOther = live !== undefined && live.version !== version;
  return {
    projection: name,
    version: live?.version ?? null,
    build: live?.build ?? null,
    state: 'not-running',
    position: live?.checkpoint?.position ?? null,
    events: live?.checkpoint?.events ?? 0,
    lagEvents: Math.max(0, head - position),
    lagSeconds: lagSeconds(position, around),
    eventsPerSecond: 0,
    parked: live?.parked ?? [],
    lastError: isOther ? `version ${live.version} is live, and this release has version ${version}` : null,
    builds: seen.builds.filter((one) => one.projection === name).map(buildStanding),
  };
}

function buildStanding({ build, version, isLive, checkpoint }: SeenBuild): BuildStanding {
  const { position = null, events = 0 } = checkpoint ?? {};
  return { build, version, isLive, position, events };
}

function numberOf(build: SeenBuild | undefined): number {
  return positionNumber(build?.checkpoint?.position ?? logStart);
}

function lagSeconds(position: number, { log, head, now }: Around): number {
  if (position >= head) return 0;
  const [oldest] = log.after(position);
  if (oldest === undefined) return 0;
  const { time } = JSON.parse(oldest.metadata) as EventMetadata;
  return Math.max(0, (now - Date.parse(time)) / 1_000);
}

function replayStanding(noted: NotedReplay, { seen, head }: Around): ReplayStanding {
  const { asked, beganAt, endedAt, ...rest } = noted;
  const build = seen.builds.find((one) => one.build === noted.build);
  const done = numberOf(build);
  const total = Math.max(done, isOver(noted.phase) ? 0 : Math.min(head, aimOf(noted) ?? head));
  return {
    ...rest,
    isDryRun: asked.isDryRun === true,
    position: build?.checkpoint?.position ?? null,
    done,
    total,
    unit: 'events',
    eventsPerSecond: 0,
    etaSeconds: null,
    beganAt: new Date(beganAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
  };
}

function aimOf({ asked: { upToPosition } }: NotedReplay): number | null {
  return upToPosition === undefined ? null : positionNumber(upToPosition);
}
