// How far the hook has come, as it is kept: up to where the log was looked at, what of it was not taken yet, and what was
// given up. One text, so that it is kept whole or not at all.

import type { Position } from '#event-log/event-log.js';

/** Of an event that may have to be told. What it says is read from the log when it is sent. */
export interface Waiting {
  /** Of the event. */
  readonly id: string;
  readonly type: string;
  readonly stream: string;
  readonly revision: number;
  readonly position: Position;
  /** The stream of the user whose notices come in order. */
  readonly user: string;
  /** When the event happened, and when the hook came to it; milliseconds since 1970. */
  readonly at: number;
  readonly since: number;
  /** Attempts that failed. */
  readonly failures: number;
}

export type GivenUpReason =
  /** For so long the receiver did not take it. */
  | 'not-taken'
  /** So many others of the same user waited. */
  | 'too-many'
  /** The event, or what is sealed in it, cannot be read. */
  | 'unreadable';

export interface GivenUp extends Omit<Waiting, 'since'> {
  readonly reason: GivenUpReason;
  readonly givenUpAt: number;
}

export interface Progress {
  /** Of the log: positions of another mean nothing. */
  readonly log: string;
  /** Everything up to here was told, waits, or was given up. */
  readonly position: Position;
  readonly waiting: readonly Waiting[];
  /** The latest. */
  readonly givenUp: readonly GivenUp[];
}

/** What an operator looks through; each has a line in the log besides. */
export const givenUpKeptMax = 100;
const form = 1;

export const textOf = (progress: Progress): string => `${JSON.stringify({ v: form, ...progress })}\n`;

/** Null for a text of another release, or one that is none. */
export function progressIn(text: string): Progress | null {
  try {
    const { v, ...progress } = JSON.parse(text) as Progress & { v: unknown };
    const isOne =
      v === form &&
      typeof progress.log === 'string' &&
      typeof progress.position === 'string' &&
      Array.isArray(progress.waiting) &&
      Array.isArray(progress.givenUp);
    return isOne ? progress : null;
  } catch {
    return null;
  }
}
