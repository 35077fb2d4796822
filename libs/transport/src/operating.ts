// What operators' calls stand on besides commands: threads that make rows, and the keys, both of them wired elsewhere.

import type { ReplayAsked } from '#read-models/replay/asked.js';
import type { ReplayStatus } from '#read-models/replay/replay.js';
import type { RunnerStatus } from '#read-models/runner.js';
import type { ModelStore } from '#read-models/store.js';
import type { GoneOn } from '#read-models/stream-replay.js';

export type KnownBuild = Awaited<ReturnType<ModelStore['builds']>>[number];

/** A stream, and the event that it is parked at: nothing is done where that is another by now. */
export interface ParkedAt {
  readonly projection: string;
  readonly stream: string;
  readonly position: string;
}

/** Each call may reject with an error that is named `ProjectingAway`: what it asks is not there just now. */
export interface Operating {
  /** That this release makes rows of. */
  readonly projections: readonly { readonly name: string; readonly version: number }[];
  readonly projecting: {
    status(): Promise<readonly RunnerStatus[]>;
    builds(): Promise<readonly KnownBuild[]>;
    retryParked(at: ParkedAt): Promise<GoneOn>;
    skipParked(at: ParkedAt): Promise<GoneOn>;
    pause(projection: string): Promise<void>;
    resume(projection: string): Promise<void>;
  };
  /** Rejects with an error that is named `OrderRefused` where something changed meanwhile. */
  readonly replaying: {
    status(): Promise<readonly ReplayStatus[]>;
    begin(projection: string, asked: ReplayAsked): Promise<ReplayStatus>;
    pause(build: number): Promise<void>;
    resume(build: number, changed: Pick<ReplayAsked, 'parks' | 'switchesAnyway'>): Promise<void>;
    cancel(build: number): Promise<void>;
    drop(build: number): Promise<void>;
  };
  readonly masterKeys: MasterKeysAtWork;
}

export interface MasterKeysAtWork {
  status(): Promise<MasterKeysStatus>;
  /** The one that seals here; null where another one is the first of the file by now. */
  sealing(): Promise<string | null>;
  /** Begins, where none is under way. */
  rotate(): void;
}

export interface MasterKeysStatus {
  readonly keys: readonly {
    readonly id: string;
    readonly wraps: number;
    readonly seals: boolean;
    readonly loaded: boolean;
  }[];
  readonly rotation: {
    readonly running: boolean;
    readonly beganAt: number | null;
    readonly endedAt: number | null;
    readonly lastError: string | null;
  };
}
