// What a runner is given.

import type { EventLog, Position } from '#event-log/event-log.js';
import type { Hurry } from '#read-models/hurry.js';
import type { Opener } from '#read-models/opener.js';
import type { Build, ModelStore } from '#read-models/store.js';

export interface RunnerOptions {
  readonly log: EventLog;
  readonly store: ModelStore;
  readonly build: Build;
  readonly opener: Opener;
  /** It ends as fenced once another build is live. */
  readonly whileLive?: true;
  /** It stands still until it is resumed. */
  readonly isPaused?: boolean;
  /** After each move: everything up to here is in the rows. */
  readonly onMoved?: (position: Position) => void;
  /** What an operator should know, once each time it begins. */
  readonly onTrouble?: (text: string) => void;
  readonly batchEventsMax?: number;
  /** Asked by whoever waits for rows. Left out where they are not all in this process. */
  readonly hurry?: Hurry;
  /** Pauses before an event that could not be made into rows is tried again; then its stream is parked. */
  readonly poisonDelaysMs?: readonly number[];
  /** Pauses before log and store are tried again, up to the last of them. */
  readonly retryDelaysMs?: readonly number[];
  /** How many events lie between two positions, for engines that count them. */
  readonly countBetween?: (after: Position, upTo: Position) => number;
}
