// Why a runner does not go on by itself.

import { EventLogError } from '#event-log/errors.js';
import type { Position } from '#event-log/event-log.js';
import type { Projection } from '#read-models/projection.js';
import { type Checkpoint, Fenced } from '#read-models/store.js';

export type Stopped =
  | { readonly code: 'closed'; readonly text: string }
  /** Another runner has moved the checkpoint, or the build was dropped. */
  | { readonly code: 'fenced'; readonly text: string }
  /** The checkpoint is of another log, or of one that was longer: the rows show what is not in this log. */
  | { readonly code: 'other-log' | 'shorter-log'; readonly text: string }
  | { readonly code: 'corrupt-log'; readonly text: string };

export class StopRunning extends Error {
  readonly stopped: Stopped;

  constructor(stopped: Stopped) {
    super(stopped.text);
    this.stopped = stopped;
  }
}

interface LogNow {
  readonly identity: string;
  readonly head: Position;
}

/** Throws `StopRunning` where rows at this checkpoint show what is not in the log. */
export function assertOfLog(
  { name }: Projection,
  { log, position }: Checkpoint,
  { identity, head }: LogNow,
): void {
  if (log !== identity)
    throw new StopRunning({
      code: 'other-log',
      text: `the rows of ${name} are made from another log (${log}) than this one (${identity}): build them anew`,
    });
  if (position > head)
    throw new StopRunning({
      code: 'shorter-log',
      text: `the rows of ${name} show the log up to ${position}, and it ends at ${head}: build them anew, if that is right`,
    });
}

/** Null for what may pass. */
export function stopFor(error: unknown): Stopped | null {
  if (error instanceof StopRunning) return error.stopped;
  if (error instanceof Fenced)
    return { code: 'fenced', text: `another runner goes on instead: ${error.message}` };
  if (error instanceof EventLogError && error.code === 'corrupt')
    return { code: 'corrupt-log', text: error.message };
  return null;
}
