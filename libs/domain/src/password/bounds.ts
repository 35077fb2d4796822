// The bounds on guessing passwords. They are their own: no wrong password makes a second factor wait, and none of
// its failures a password. A name that nobody has is guessed at under the same ones.

import type { Circumstances } from '#domain/account/circumstances.js';
import { delayAfter, type FailuresInARow } from '#domain/attempts/bounds.js';
import type { Instant } from '#domain/ids.js';

/** These refuse before anything is compared; they cost the guesser nothing and leave no trace. */
export type PasswordBoundRefusal =
  /** Too many wrong passwords in a row: this one was not compared. */
  | { readonly code: 'password-delayed'; readonly nextAttemptAt: Instant; readonly attemptsLeft: number }
  /** As many in a row as are allowed at all: it has to be set anew, by code or by an administrator. */
  | { readonly code: 'password-exhausted' };

export interface PasswordWrong {
  /** It is not the password of this user, or there is no such user, or the user has none: nobody can tell which. */
  readonly code: 'password-wrong';
  /** In a row, this one included. */
  readonly failures: number;
  /** Until the password has to be set anew. */
  readonly attemptsLeft: number;
  /** Null when waiting does not help: it has to be set anew. */
  readonly nextAttemptAt: Instant | null;
}

type Facts = Pick<Circumstances, 'now' | 'settings'>;

export function passwordBound(inARow: FailuresInARow | null, facts: Facts): PasswordBoundRefusal | null {
  const attemptsLeft = passwordAttemptsLeft(inARow, facts);
  if (attemptsLeft === 0) return { code: 'password-exhausted' };
  const nextAttemptAt = passwordDelayedUntil(inARow, facts);
  return nextAttemptAt === null ? null : { code: 'password-delayed', nextAttemptAt, attemptsLeft };
}

/** What is told of a wrong password, the failure itself being the last of those in a row. */
export function passwordWrong(inARow: FailuresInARow | null, facts: Facts): PasswordWrong {
  const attemptsLeft = passwordAttemptsLeft(inARow, facts);
  const nextAttemptAt = attemptsLeft === 0 ? null : (passwordDelayedUntil(inARow, facts) ?? facts.now);
  const failures = facts.settings.passwordFailuresMax - attemptsLeft;
  return { code: 'password-wrong', failures, attemptsLeft, nextAttemptAt };
}

function passwordAttemptsLeft(inARow: FailuresInARow | null, { settings }: Facts): number {
  return Math.max(0, settings.passwordFailuresMax - (inARow?.failures ?? 0));
}

function passwordDelayedUntil(inARow: FailuresInARow | null, facts: Facts): Instant | null {
  return delayAfter(inARow, facts.settings.passwordFailuresBeforeDelay, facts);
}
