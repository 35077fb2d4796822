// What a replay is asked to do, and what is kept of it with its build, so that it is gone on with after a kill.

import type { Instant } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { ReplayNote, ReplayPhase } from '#read-models/store.js';

export interface ReplayAsked {
  /** The build is compared and then dropped. */
  readonly isDryRun?: boolean;
  /** A build by this name, beside; it is never live. */
  readonly side?: string;
  /** Of a side build: nothing after this position. */
  readonly upToPosition?: Position;
  /** Of a side build: nothing from the first event on that is later. The log so far is a state that really was. */
  readonly upToTime?: Instant;
  /** Of a side build: of this stream alone. */
  readonly onlyStream?: string;
  readonly eventsPerSecondMax?: number;
  /** An event that cannot be made into rows parks its stream instead of ending the replay. */
  readonly parks?: boolean;
  /** Also where the rows differ from those that are live. */
  readonly switchesAnyway?: boolean;
}

/** Where an event cannot be made into rows. */
export interface FailedAt {
  readonly position: Position;
  readonly stream: string;
  readonly type: string;
}

export interface ReplayDetails {
  readonly asked: ReplayAsked;
  /** Null until it was made. */
  readonly comparison: Comparison | null;
  readonly lastError: string | null;
  readonly failedAt: FailedAt | null;
  /** By the clock of who runs it. */
  readonly beganAt: Instant;
  readonly endedAt: Instant | null;
}

export class ReplayRefused extends Error {
  override readonly name = 'ReplayRefused';
}

export interface NotedReplay extends ReplayDetails {
  readonly build: number;
  readonly projection: string;
  readonly side: string | null;
  readonly phase: ReplayPhase;
}

export function noteOf({ build, projection, side, phase, ...details }: NotedReplay): ReplayNote {
  return { build, projection, side, phase, details: JSON.stringify(details) };
}

export function notedReplay({ details, ...note }: ReplayNote): NotedReplay {
  return { ...note, ...(JSON.parse(details) as ReplayDetails) };
}

export function isOver(phase: ReplayPhase): boolean {
  return phase === 'done' || phase === 'cancelled';
}

const nameForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/** Throws `ReplayRefused` for what does not go together. */
export function checkAsked(asked: ReplayAsked): void {
  const { side, upToPosition, upToTime, onlyStream, eventsPerSecondMax } = asked;
  const isPart = upToPosition !== undefined || upToTime !== undefined || onlyStream !== undefined;
  if (isPart && side === undefined)
    throw new ReplayRefused('a part of the log makes rows that are never live: give them a name beside');
  if (side !== undefined && !nameForm.test(side))
    throw new ReplayRefused('a name beside is up to 64 of a-z, 0-9, dot, underscore and hyphen');
  if (side !== undefined && asked.isDryRun)
    throw new ReplayRefused('a dry run drops its rows, and a name beside keeps them');
  if (eventsPerSecondMax !== undefined && !(eventsPerSecondMax > 0))
    throw new ReplayRefused('a rate is more than 0 events a second');
}
