// TOTP by RFC 6238. otplib makes the codes; here are the window, drift and comparison around it: otplib's own
// `verify` tells the first step that matches, and what is decided needs all of them.

import { createHmac, createSecretKey, type KeyObject, randomBytes, timingSafeEqual } from 'node:crypto';

import { generateSync } from 'otplib';

import type { Instant } from '#domain/ids.js';
import type { TotpAlgorithm, TotpParameters } from '#domain/totp/events.js';
import { randomBytesFromPool } from '#secrets/random-pool.js';

/** 160 bits, as RFC 4226 recommends: 32 characters of base32, which every app takes. */
const secretBytes = 20;

/** What apps compute that ignore the parameters of an otpauth URI. */
const parametersOfSimpleApps: TotpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };

/** A code is typed some seconds after it was shown, on a clock that may be some seconds off. */
const stepsOfTyping = 1;
/** Ten minutes at 30 s: no clock that ever met a network is off by more, short of a wrong time zone. */
const driftStepsOfDiagnosis = 20;

type OtpCrypto = NonNullable<Parameters<typeof generateSync>[0]['crypto']>;

export interface TotpSubject {
  /** Keep a KeyObject where many codes are verified: a Buffer is made into one each time. */
  readonly key: KeyObject | Buffer;
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
  return new CodeMaker(key, parameters).codeOf(stepAt(at, parameters));
}

/** Every step of the window whose code this is, by the device's own count, earliest first. */
export function matchingSteps(guess: TotpGuess): number[] {
  const { key, parameters, code, at, driftSteps, stepsPast, stepsFuture } = guess;
  const typed = codeBytes(code, parameters);
  if (typed === null) return [];
  const codes = new CodeMaker(key, parameters);
  const current = stepAt(at, parameters) + driftSteps;
  const matching: number[] = [];
  for (let step = Math.max(0, current - stepsPast); step <= current + stepsFuture; step += 1)
    if (timingSafeEqual(codes.bytesOf(step), typed)) matching.push(step);
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

/** Codes of one key. The key never leaves its KeyObject: HMAC takes five times as long with a Buffer. */
class CodeMaker {
  readonly #digits: TotpParameters['digits'];
  readonly #algorithm: (typeof algorithmNames)[TotpAlgorithm];
  readonly #crypto: OtpCrypto;
  readonly #standIn: Uint8Array;

  constructor(key: KeyObject | Buffer, { algorithm, digits }: TotpParameters) {
    const keyObject = Buffer.isBuffer(key) ? createSecretKey(key) : key;
    this.#digits = digits;
    this.#algorithm = algorithmNames[algorithm];
    this.#crypto = cryptoWith(keyObject);
    this.#standIn = standInOf(keyObject.symmetricKeySize ?? 0);
  }

  codeOf(step: number): string {
    return generateSync({
      strategy: 'hotp',
      secret: this.#standIn,
      counter: step,
      algorithm: this.#algorithm,
      digits: this.#digits,
      crypto: this.#crypto,
    });
  }

  bytesOf(step: number): Buffer {
    return Buffer.from(this.codeOf(step), 'latin1');
  }
}

const algorithmNames = { SHA1: 'sha1', SHA256: 'sha256', SHA512: 'sha512' } as const satisfies Record<
  TotpAlgorithm,
  string
>;

/** otplib hands its plugin the bytes of the secret, which are not the key here, and asks nothing else of it. */
function cryptoWith(key: KeyObject): OtpCrypto {
  return {
    name: 'node:crypto with a KeyObject',
    hmac: (algorithm, _standIn, counter) => createHmac(algorithm, key).update(counter).digest(),
    randomBytes,
    constantTimeEqual: () => false,
  };
}

/** As long as the key, so that otplib's bounds of 16 and 64 bytes hold for the key. */
function standInOf(length: number): Uint8Array {
  const known = standIns.get(length) ?? new Uint8Array(length);
  if (!standIns.has(length) && length <= 64) standIns.set(length, known);
  return known;
}

const standIns = new Map<number, Uint8Array>();

const stepAt = (at: Instant, { periodSeconds }: TotpParameters) => Math.floor(at / 1_000 / periodSeconds);

/** ASCII digits only: otherwise other characters could have the same bytes. */
function codeBytes(code: string, { digits }: TotpParameters): Buffer | null {
  return code.length === digits && /^[0-9]*$/.test(code) ? Buffer.from(code, 'latin1') : null;
}

const isSame = (one: TotpParameters, other: TotpParameters) =>
  one.algorithm === other.algorithm &&
  one.digits === other.digits &&
  one.periodSeconds === other.periodSeconds;
