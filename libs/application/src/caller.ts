import type { Instant } from '#domain/ids.js';

/** Who sent a command, and by which call: it is kept with each event, and decides nothing. */
export interface Caller {
  /** The user, or the part of the system, that acts. */
  readonly editor: string;
  readonly callId: string;
  readonly traceId: string | null;
}

/** What every change answers. */
export interface Details {
  /** Events in the stream so far. */
  readonly sequence: number;
  /** The time of the last of them. */
  readonly changeDate: Instant;
  readonly resourceOwner: string;
}

export interface Done<Answer> {
  readonly kind: 'accepted';
  readonly details: Details;
  readonly answer: Answer;
}

export interface Refused<Refusal> {
  readonly kind: 'rejected';
  readonly refusal: Refusal;
}

export type Outcome<Answer, Refusal> = Done<Answer> | Refused<Refusal>;
