// The rules of passwords once more, by plain counters. They know nothing of other factors, nor those of them.

import type { Settings } from '#domain/organization/settings.js';
import type { Verdict } from '#domain/testing/model.js';

interface Present {
  readonly now: number;
  readonly settings: Settings;
}

export class ModelPassword {
  isSet = false;
  /** In a row. */
  failures = 0;
  #lastAt = 0;

  set(): void {
    this.isSet = true;
    this.failures = 0;
  }

  give(guess: 'right' | 'wrong', present: Present): Verdict {
    const { now, settings } = present;
    const left = settings.passwordFailuresMax - this.failures;
    if (left <= 0) return { code: 'password-exhausted' };
    const waits = this.#waitUntil(present);
    if (waits > now) return { code: 'password-delayed', nextAttemptAt: waits, attemptsLeft: left };
    if (guess === 'right' && this.isSet) {
      this.failures = 0;
      return { code: 'accepted' };
    }
    this.failures += 1;
    this.#lastAt = now;
    const nextAttemptAt = left === 1 ? null : this.#waitUntil(present);
    return { code: 'password-wrong', failures: this.failures, attemptsLeft: left - 1, nextAttemptAt };
  }

  #waitUntil(present: Present): number {
    const more = this.failures - present.settings.passwordFailuresBeforeDelay;
    return waitUntil({ more, lastAt: this.#lastAt }, present);
  }
}

/** `more` failures than are free; each of them doubles the delay. */
export function waitUntil(
  { more, lastAt }: { readonly more: number; readonly lastAt: number },
  { now, settings: { delaySecondsFirst, delaySecondsMax } }: Present,
): number {
  if (more < 0) return now;
  let seconds = delaySecondsFirst;
  for (let left = more; left > 0; left -= 1) seconds *= 2;
  // A clock that was set back by more than the longest delay makes nobody wait.
  if (lastAt > now + delaySecondsMax * 1_000) return now;
  return Math.max(now, lastAt + Math.min(seconds, delaySecondsMax) * 1_000);
}
