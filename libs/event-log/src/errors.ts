import type { ExpectedRevision, Position } from '#event-log/event-log.js';

export type EventLogFailure =
  /** Another append came first. Load again and decide again. */
  | {
      readonly code: 'version-conflict';
      readonly stream: string;
      readonly expected: ExpectedRevision;
      readonly actual: number | 'no-stream';
    }
  /** Over a limit of the port; nothing was written and no retry will help. */
  | {
      readonly code: 'too-large';
      readonly limit: 'events' | 'event-bytes' | 'append-bytes';
      readonly maximum: number;
      readonly actual: number;
    }
  /** Nothing was written; the same call may succeed later. */
  | { readonly code: 'unavailable'; readonly reason: string }
  /** It may or may not have been written. Retry with the same ids at the same expected revision. */
  | { readonly code: 'outcome-unknown'; readonly reason: string }
  /** What is stored is not what was written. Nothing from `position` on is served. */
  | { readonly code: 'corrupt'; readonly position: Position | null; readonly reason: string };

export type EventLogErrorCode = EventLogFailure['code'];

/** The outside broke, or was overtaken. Misuse of the port is a `TypeError` instead: a bug. */
export class EventLogError extends Error {
  override readonly name = 'EventLogError';
  readonly failure: EventLogFailure;

  constructor(failure: EventLogFailure, options?: ErrorOptions) {
    super(describe(failure), options);
    this.failure = failure;
  }

  get code(): EventLogErrorCode {
    return this.failure.code;
  }
}

export const unavailable = (reason: string, cause?: unknown): EventLogError =>
  new EventLogError({ code: 'unavailable', reason }, { cause });

export const outcomeUnknown = (reason: string, cause?: unknown): EventLogError =>
  new EventLogError({ code: 'outcome-unknown', reason }, { cause });

export const corrupt = (position: Position | null, reason: string, cause?: unknown): EventLogError =>
  new EventLogError({ code: 'corrupt', position, reason }, { cause });

function describe(failure: EventLogFailure): string {
  switch (failure.code) {
    case 'version-conflict':
      return `stream ${failure.stream} is at ${failure.actual}, not at ${failure.expected}`;
    case 'too-large':
      return `${failure.actual} is over the limit of ${failure.maximum} ${failure.limit}`;
    case 'unavailable':
      return `the event log is unavailable: ${failure.reason}`;
    case 'outcome-unknown':
      return `it is unknown whether the append was written: ${failure.reason}`;
    case 'corrupt':
      return failure.position === null
        ? `the event log is damaged: ${failure.reason}`
        : `the event log is damaged at position ${failure.position}: ${failure.reason}`;
    default: {
      const missing: never = failure;
      throw new TypeError(`a failure without a text: ${JSON.stringify(missing)}`);
    }
  }
}
