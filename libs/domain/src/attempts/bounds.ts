// The three bounds on guessing. They are reckoned from what the stream says and the time of the command, so
// that neither a restart nor a leap of the clock gives a guess away.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AttemptsState } from '#domain/attempts/state.js';
import type { Instant } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { ReadyTotp } from '#domain/totp/state.js';

/** Long enough that guesses hidden between its owner's logins stay few in a year. */
const windowDays = 30;

const windowMs = windowDays * 86_400_000;

/** Since the last success. */
export interface FailuresInARow {
  readonly failures: number;
  readonly lastAt: Instant;
}

/** The failures in a row make every factor wait; null when nothing has to. */
export function delayedUntil({ inARow }: AttemptsState, circumstances: Circumstances): Instant | null {
  return delayAfter(inARow, circumstances.settings.failuresBeforeDelay, circumstances);
}

export function delayAfter(
  inARow: FailuresInARow | null,
  failuresBeforeDelay: number,
  { now, settings }: Pick<Circumstances, 'now' | 'settings'>,
): Instant | null {
  if (inARow === null || inARow.failures < failuresBeforeDelay) return null;
  // Further ahead than any delay reaches: the clock was set back, and waiting for its old time could take years.
  if (inARow.lastAt - now > settings.delaySecondsMax * 1_000) return null;
  const doublings = inARow.failures - failuresBeforeDelay;
  const seconds = Math.min(settings.delaySecondsFirst * 2 ** doublings, settings.delaySecondsMax);
  return later(inARow.lastAt + seconds * 1_000, now);
}

/** The wrong codes of the window, those of a time to come included, are as many as it allows. */
export function exhaustedUntil(
  { wrongTotpAt }: AttemptsState,
  { now, settings }: Circumstances,
): Instant | null {
  const decisive = wrongTotpAt.at(-settings.failuresPerWindowMax);
  return decisive === undefined ? null : later(decisive + windowMs, now);
}

/** As things stand, a TOTP code is compared from then on. */
export function nextTotpAttemptAt(attempts: AttemptsState, circumstances: Circumstances): Instant {
  const { now } = circumstances;
  return Math.max(
    exhaustedUntil(attempts, circumstances) ?? now,
    delayedUntil(attempts, circumstances) ?? now,
  );
}

/** Failures in a row that disable a device: none of its bindings is guessed with a chance above one in 10,000. */
export function deviceFailuresMax({ digits }: TotpParameters, settings: Settings): number {
  const liveCodes = 1 + settings.stepsPast + settings.stepsFuture;
  return Math.max(1, Math.min(settings.deviceFailuresMax, Math.floor(10 ** (digits - 4) / liveCodes)));
}

/**
 * Before the window is exhausted, in which each device that is compared counts, or the last of them disabled.
 *
 * @param devices null for an enrolment, which no failure disables
 */
export function attemptsLeft(
  attempts: AttemptsState,
  devices: readonly Pick<ReadyTotp, 'parameters' | 'failures'>[] | null,
  circumstances: Circumstances,
): number {
  const inWindow = windowAttemptsLeft(attempts, circumstances);
  if (devices === null) return inWindow;
  let most = 0;
  for (const { parameters, failures } of devices) {
    // Where the bound was lowered afterwards, an enabled device still has the guess that will disable it.
    most = Math.max(most, 1, deviceFailuresMax(parameters, circumstances.settings) - failures);
  }
  return Math.min(most, Math.ceil(inWindow / Math.max(1, devices.length)));
}

function windowAttemptsLeft({ wrongTotpAt }: AttemptsState, { now, settings }: Circumstances): number {
  const counted = wrongTotpAt.filter((time) => later(time + windowMs, now) !== null).length;
  return Math.max(0, settings.failuresPerWindowMax - counted);
}

function later(time: Instant, now: Instant): Instant | null {
  return time > now ? time : null;
}
