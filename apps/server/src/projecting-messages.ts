// What crosses between the serving thread and the one that projects. Master keys cross as key objects: their bytes are
// never copied into anything that is written or printed.

import type { Position } from '#event-log/event-log.js';
import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import type { RunnerStatus } from '#read-models/runner.js';
import type { ModelStore } from '#read-models/store.js';
import type { MasterKeys } from '#secrets/master-keys.js';
import type { Projected } from '#telemetry/traces.js';

export interface ProjectingData {
  /** Instead of following the log for the live rows. */
  readonly role?: 'replaying';
  readonly log:
    | { readonly engine: 'embedded'; readonly directory: string; readonly head: SharedArrayBuffer }
    | { readonly engine: 'eventstoredb'; readonly connectionString: string };
  readonly keysPath: string;
  readonly masterKeys: MasterKeys;
  readonly modelsPath: string;
  /** Rows and keys are not in those two files, but where other servers have them, too. */
  readonly shared?: SharedStore;
  /** Asked by who waits for rows that this process makes and shows alone. */
  readonly hurry?: SharedArrayBuffer;
  /** By their names. */
  readonly projections: readonly string[];
  /** What comes into rows is told by the traces of its calls. */
  readonly isTraced?: true;
}

export interface SharedStore {
  /** Of PostgreSQL, with its password. */
  readonly url: string;
  /** What the other servers know this one by. */
  readonly holder: string;
  /** Of the lease that this one has, for who does not take it itself. */
  readonly token?: number;
}

/** A stream, and the event that it is parked at. */
export interface ParkedAt {
  readonly projection: string;
  readonly stream: string;
  readonly position: string;
}

export type Order =
  | { readonly order: 'status' | 'builds' }
  | ({ readonly order: 'retry-parked' | 'skip-parked' } & ParkedAt)
  | { readonly order: 'pause' | 'resume'; readonly projection: string }
  /** Another build of it is live. */
  | { readonly order: 'follow'; readonly projection: string }
  | { readonly order: 'replays' }
  | { readonly order: 'start-replay'; readonly projection: string; readonly asked: ReplayAsked }
  | {
      readonly order: 'resume-replay';
      readonly build: number;
      readonly changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'>;
    }
  | { readonly order: 'pause-replay' | 'cancel-replay' | 'drop-build'; readonly build: number };

export type ProjectingRequest =
  | { readonly kind: 'close' }
  /** What follows from `held` is done. */
  | { readonly kind: 'heard'; readonly token: number | null }
  | { readonly kind: 'order'; readonly number: number; readonly order: Order };

export type ProjectingReply =
  | { readonly kind: 'ready' }
  /** Of each projection that moved, how far its rows now go. */
  | { readonly kind: 'moved'; readonly positions: readonly (readonly [string, Position])[] }
  /** The token of the lease to write rows; null once it is another's, or nobody's. */
  | { readonly kind: 'held'; readonly token: number | null }
  /** The streams of users whose keys are gone, whichever server erased them. */
  | { readonly kind: 'erased'; readonly streams: readonly string[] }
  /** Up to now users may have been erased of whom nothing was told. */
  | { readonly kind: 'erasures-missed' }
  /** Appends of traced calls that are in the rows of a projection, or parked. */
  | { readonly kind: 'projected'; readonly projected: readonly Projected[] }
  /** A replay is to be gone on with, or to be begun since rows of an earlier version are live. */
  | { readonly kind: 'replay-left' }
  /** A replay made another build live. */
  | { readonly kind: 'switched'; readonly projection: string }
  /** Something that an operator should know and no caller is told. */
  | { readonly kind: 'trouble'; readonly projection: string | null; readonly text: string }
  | {
      readonly kind: 'done';
      readonly number: number;
      readonly answer:
        | readonly RunnerStatus[]
        | Awaited<ReturnType<ModelStore['builds']>>
        | readonly ReplayStatus[]
        | ReplayStatus
        | string
        | null;
    }
  | { readonly kind: 'failed'; readonly number: number; readonly text: string; readonly as: OrderFailure };

/** What does not go with what is there, whom nobody reaches just now, and what is a bug or broken. */
export type OrderFailure = 'refused' | 'away' | 'failed';
