// Where rows stand beside the log, and what replays make of them: the one form for both ways of asking.

import type { FailedAt } from '#read-models/replay/asked.js';
import type { Comparison } from '#read-models/replay/comparison.js';
import type { Progress } from '#read-models/replay/progress.js';
import type { ParkedStream, ReplayPhase } from '#read-models/store.js';

export interface Standing {
  /** Null while the log does not answer. */
  readonly head: string | null;
  readonly projections: readonly ProjectionStanding[];
  readonly replays: readonly ReplayStanding[];
}

export interface ProjectionStanding {
  readonly projection: string;
  /** Of the rows that are live; null where there are none yet. */
  readonly version: number | null;
  readonly build: number | null;
  /** What follows the log for it does; `not-running` where nobody does. */
  readonly state: string;
  readonly position: string | null;
  readonly events: number;
  /** Null where the engine does not count. */
  readonly lagEvents: number | null;
  /** How long the oldest event that is missing in the rows has been in the log. */
  readonly lagSeconds: number | null;
  readonly eventsPerSecond: number;
  readonly parked: readonly Pick<ParkedStream, 'stream' | 'position' | 'error' | 'attempts'>[];
  readonly lastError: string | null;
  /** All that have rows, the live one among them. */
  readonly builds: readonly BuildStanding[];
}

export interface BuildStanding {
  readonly build: number;
  readonly version: number;
  readonly isLive: boolean;
  readonly position: string | null;
  readonly events: number;
}

export interface ReplayStanding extends Progress {
  readonly build: number;
  readonly projection: string;
  /** The name beside of one that is never live. */
  readonly side: string | null;
  readonly isDryRun: boolean;
  readonly phase: ReplayPhase;
  readonly position: string | null;
  readonly comparison: Comparison | null;
  readonly lastError: string | null;
  readonly failedAt: FailedAt | null;
  readonly beganAt: string;
  readonly endedAt: string | null;
}

/** As people read it, where the engine counts. */
export function shownPosition(position: string | null): string {
  if (position === null || position === '') return 'none';
  return /^\d{16}$/.test(position) ? Number(position).toLocaleString('en') : position;
}

const underWay: readonly ReplayPhase[] = ['building', 'indexing', 'catching-up', 'comparing', 'switching'];

export const isUnderWay = ({ phase }: Pick<ReplayStanding, 'phase'>): boolean => underWay.includes(phase);
