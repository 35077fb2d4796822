// TOTP by RFC 6238: the window, drift and comparison around HOTP. What is decided needs every step that a code
// fits, not the first.

import type { Instant } from '#domain/ids.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { hotpCodes } from '#secrets/hotp.js';
import { randomBytesFromPool } from '#secrets/random-pool.js';

/** 160 bits, as RFC 4226 recommends: 32 characters of base32, which every app takes. */
const secretBytes = 20;

/** What apps compute that ignore the parameters of an otpauth URI. */
const parametersOfSimpleApps: TotpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

/** A code is typed some seconds after it was shown, on a clock that may be some seconds off. */
const stepsOfTyping = 1;
/** Ten minutes at 30 s: no clock that ever met a network is off by more, short of a wrong time zone. */
const driftStepsOfDiagnosis = 20;

export interface TotpSubject {
  readonly key: Uint8Array;
  readonly parameters: TotpParameters;
  readonly at: Instant;
}

export interface TotpGuess extends TotpSubject {
  /** Canonical: see `canonicalDigits`. */
  readonly code: string;
  /** How far the device's count is ahead of ours; negative when behind. */
  readonly driftSteps: number;
  readonly stepsPast: number;
  readonly stepsFuture: number;
}

export interface TotpResync extends TotpSubject {
  /** In the order in which the device showed them. */
  readonly codes: readonly [string, string];
  /** The drift that is known so far: the search is around it. */
  readonly driftSteps: number;
  readonly stepsMax: number;
}

export type TotpDiagnosis = 'default-parameters' | 'clock-drift';

export function newTotpSecret(): Buffer {
  return randomBytesFromPool(secretBytes);
}

export function totpCode({ key, parameters, at }: TotpSubject): string {
  const [code] = hotpCodes({ key, ...parameters }, stepAt(at, parameters), 1);
  return String(code).padStart(parameters.digits, '0');
}

/** Every step of the window whose code this is, by the device's own count, earliest first. */
export function matchingSteps(guess: TotpGuess): number[] {
  const { key, parameters, at, driftSteps, stepsPast, stepsFuture } = guess;
  const typed = numberOf(guess.code, parameters);
  if (typed === null) return [];
  const current = stepAt(at, parameters) + driftSteps;
  const from = Math.max(0, current - stepsPast);
  const codes = hotpCodes({ key, ...parameters }, from, current + stepsFuture - from + 1);
  const matching: number[] = [];
  for (const [index, code] of codes.entries()) if (isSameNumber(code, typed)) matching.push(from + index);
  return matching;
}

/**
 * Where two codes in a row are those of the device: the later step, and how far the device's count is then ahead of
 * ours. Null when that is nowhere within `stepsMax` steps of where the device was thought to be.
 */
export function findConsecutive(resync: TotpResync): { step: number; driftSteps: number } | null {
  const { key, parameters, at, codes, driftSteps, stepsMax } = resync;
  const search = { key, parameters, at, driftSteps, stepsPast: stepsMax + 1, stepsFuture: stepsMax };
  const firsts = matchingSteps({ ...search, code: codes[0] });
  const seconds = matchingSteps({ ...search, code: codes[1] });
  const step = seconds.find((second) => firsts.includes(second - 1));
  return step === undefined ? null : { step, driftSteps: step - stepAt(at, parameters) };
}

/** Why a wrong code may be wrong, for someone who has just scanned the secret. */
export function diagnose({
  key,
  parameters,
  at,
  code,
}: TotpSubject & { code: string }): TotpDiagnosis | null {
  const fits = (tried: TotpParameters, steps: number) =>
    matchingSteps({ key, parameters: tried, code, at, driftSteps: 0, stepsPast: steps, stepsFuture: steps })
      .length > 0;
  if (!isSame(parameters, parametersOfSimpleApps) && fits(parametersOfSimpleApps, stepsOfTyping))
    return 'default-parameters';
  return fits(parameters, driftStepsOfDiagnosis) ? 'clock-drift' : null;
}

const stepAt = (at: Instant, { periodSeconds }: TotpParameters) => Math.floor(at / 1_000 / periodSeconds);

/** Null unless it is so many ASCII digits: then different codes are different numbers. */
function numberOf(code: string, { digits }: TotpParameters): number | null {
  return code.length === digits && /^[0-9]*$/.test(code) ? Number(code) : null;
}

/** Two numbers below 2^31 in one machine instruction: how long it takes says nothing of where they differ. */
const isSameNumber = (one: number, other: number) => (one ^ other) === 0;

const isSame = (one: TotpParameters, other: TotpParameters) =>
  one.algorithm === other.algorithm &&
  one.digits === other.digits &&
  one.periodSeconds === other.periodSeconds;
