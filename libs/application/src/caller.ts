import type { Instant, SessionId } from '#domain/ids.js';
import type { Position } from '#event-log/event-log.js';

/** Who sent a command, and by which call: it is kept with each event, and decides nothing. */
export interface Caller {
  /** The user, or the part of the system, that acts. */
  readonly editor: string;
  readonly callId: string;
  readonly traceId: string | null;
  /** The session that calls, or that something is checked for. */
  readonly session?: SessionId | null;
  /** What its user shows with the call, to be spent in the append of what is done. */
  readonly proof?: CallerProof | null;
  /** What makes the call repeatable, where it is. */
  readonly idempotency?: Idempotency | null;
  /** Of the call, whichever of its commands gets there. */
  readonly reached?: Reached;
}

/** At most one of the two. */
export interface CallerProof {
  readonly code: string | null;
  readonly recoveryCode: string | null;
}

/** Whoever reads the log up to here sees all that the call did, and what a yes was decided on. */
export class Reached {
  #position: Position | null = null;

  get position(): Position | null {
    return this.#position;
  }

  moveTo(position: Position): void {
    if (this.#position === null || this.#position < position) this.#position = position;
  }
}

/** Keyed hashes: what is kept of them tells nobody what the client sent. */
export interface Idempotency {
  /** Of the caller and the key that it chose. */
  readonly key: string;
  /** Of what was asked for by that key. */
  readonly request: string;
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
  /** It was done and answered before, under the same idempotency key: what is shown once is null here. */
  readonly repeated?: true;
}

export interface Refused<Refusal> {
  readonly kind: 'rejected';
  readonly refusal: Refusal;
}

export type Outcome<Answer, Refusal> = Done<Answer> | Refused<Refusal>;
