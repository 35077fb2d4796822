// How every guess at a TOTP code is judged, whatever it is made for: what it may be compared with, and what it
// costs when it fails.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { Account } from '#domain/account/state.js';
import {
  attemptsLeft,
  delayedUntil,
  deviceFailuresMax,
  exhaustedUntil,
  nextTotpAttemptAt,
} from '#domain/attempts/bounds.js';
import type { AttemptsDelayed } from '#domain/attempts/decide.js';
import { evolveAttempts } from '#domain/attempts/state.js';
import { type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, Sealed, TotpId } from '#domain/ids.js';
import type { TotpEvent, TotpParameters } from '#domain/totp/events.js';
import { type EnrolledTotp, pendingAt, type ReadyTotp, type TotpState } from '#domain/totp/state.js';
import { type UsableRefusal, usable } from '#domain/user/decide.js';

/** What a code has to be compared with: this device's codes around our step plus its drift. */
export interface TotpTarget {
  readonly totpId: TotpId;
  readonly secret: Sealed;
  readonly parameters: TotpParameters;
  readonly driftSteps: number;
  readonly stepsPast: number;
  readonly stepsFuture: number;
}

/** The steps of a target's window, by the device's own count, whose code was given: mostly none or one. */
export interface Comparison {
  readonly totpId: TotpId;
  readonly steps: readonly number[];
}

export interface Address {
  readonly organizationId: OrganizationId;
  /** Null stands for every device that is ready. */
  readonly totpId: TotpId | null;
}

/** A code is one of the devices that show so many digits, and of no other. */
export interface CodeAddress extends Address {
  /** Null stands for any number of them. */
  readonly digits: number | null;
}

/** The user has no such device, or none at all. */
export interface TotpNotFound {
  readonly code: 'totp-not-found';
}

/** No device that was asked shows codes of this length. It was compared with nothing, and costs nothing. */
export interface MalformedCode {
  readonly code: 'malformed-code';
  /** Of the devices that were asked. */
  readonly digits: readonly number[];
}

/** These refuse before anything is compared; they cost the guesser nothing and leave no trace. */
export type BoundRefusal =
  /** The user's wrong TOTP codes of the last 30 days are as many as are allowed. */
  { readonly code: 'totp-exhausted'; readonly nextAttemptAt: Instant } | AttemptsDelayed;

export type UncomparedRefusal =
  | UsableRefusal
  | TotpNotFound
  /** The only device there is, or the one named, still waits for its first code. */
  | { readonly code: 'totp-not-ready' }
  | MalformedCode
  | BoundRefusal
  /** Each of the devices has had too many failures in a row; time alone will not enable it. */
  | { readonly code: 'totp-disabled' };

/** Of the likely cause of a wrong first code. */
export type Hint = 'default-parameters' | 'clock-drift';

export type FailedGuessRefusal =
  | {
      /** No device that was asked shows this code. */
      readonly code: 'wrong-code';
      readonly attemptsLeft: number;
      /** Null when waiting does not help: every device that was asked is disabled now. */
      readonly nextAttemptAt: Instant | null;
      readonly hint: Hint | null;
    }
  | {
      /** The code was right, and it, or one after it, has been accepted before. */
      readonly code: 'code-already-used';
      readonly attemptsLeft: number;
      readonly nextAttemptAt: Instant | null;
    };

export function refusedUncompared(
  account: Account,
  address: CodeAddress,
  circumstances: Circumstances,
): Rejected<UncomparedRefusal> | null {
  const refused =
    usable(account, address.organizationId, circumstances) ?? refusedAddress(account, address, circumstances);
  if (refused !== null) return refused;
  const ready = readyDevices(account.totp, address);
  const bounded = refusedByBounds(account, ready, circumstances);
  if (bounded !== null) return bounded;
  return ready.length === 0 ? { kind: 'rejected', refusal: { code: 'totp-disabled' } } : null;
}

function refusedAddress(
  { totp }: Account,
  { totpId, digits }: CodeAddress,
  { now }: Circumstances,
): Rejected<UncomparedRefusal> | null {
  const named = totp.devices.filter((device) => isAddressed(device, { totpId, digits: null }));
  if (named.length === 0) {
    const pending = pendingAt(totp, now);
    const isPending = pending !== null && (totpId === null || pending.totpId === totpId);
    return { kind: 'rejected', refusal: { code: isPending ? 'totp-not-ready' : 'totp-not-found' } };
  }
  if (named.some((device) => isAddressed(device, { totpId, digits }))) return null;
  return { kind: 'rejected', refusal: malformedCode(named) };
}

export function malformedCode(asked: readonly Pick<EnrolledTotp, 'parameters'>[]): MalformedCode {
  const digits = new Set(asked.map(({ parameters }) => parameters.digits));
  return { code: 'malformed-code', digits: [...digits].toSorted((one, other) => one - other) };
}

/** @param devices null for an enrolment, which no failure disables */
export function refusedByBounds(
  { attempts }: Account,
  devices: readonly ReadyTotp[] | null,
  circumstances: Circumstances,
): Rejected<BoundRefusal> | null {
  if (exhaustedUntil(attempts, circumstances) !== null) {
    const nextAttemptAt = nextTotpAttemptAt(attempts, circumstances);
    return { kind: 'rejected', refusal: { code: 'totp-exhausted', nextAttemptAt } };
  }
  const nextAttemptAt = delayedUntil(attempts, circumstances);
  if (nextAttemptAt === null) return null;
  const left = attemptsLeft(attempts, devices, circumstances);
  return { kind: 'rejected', refusal: { code: 'attempts-delayed', nextAttemptAt, attemptsLeft: left } };
}

export function readyDevices({ devices }: TotpState, address: Asked): readonly ReadyTotp[] {
  return devices.filter(
    (device): device is ReadyTotp => device.status === 'ready' && isAddressed(device, address),
  );
}

/** The latest of the steps: with any earlier one spent, the same code would be right once more. */
export function freshStep({ spentStep }: ReadyTotp, steps: readonly number[]): number | null {
  const latest = Math.max(spentStep, ...steps);
  return latest > spentStep ? latest : null;
}

export interface FailedGuess {
  readonly totpIds: readonly TotpId[];
  /** Those that the code was compared with and that failures can disable: null for an enrolment. */
  readonly devices: readonly ReadyTotp[] | null;
  readonly reason: 'wrong' | 'used';
  readonly purpose: Sealed | null;
  readonly hint: Hint | null;
}

/** The failure, and what it disables, are one append with the refusal. */
export function failedGuess(
  account: Account,
  { totpIds, devices, reason, purpose, hint }: FailedGuess,
  circumstances: Circumstances,
): Decision<TotpEvent, FailedGuessRefusal, never> {
  const failed: TotpEvent = { type: 'user.human.mfa.otp.check.failed', totpIds, reason, purpose };
  const attempts = evolveAttempts(account.attempts, failed, circumstances.now);
  const enabled: ReadyTotp[] = [];
  const disabled: TotpEvent[] = [];
  for (const device of devices ?? []) {
    const failures = device.failures + 1;
    if (failures < deviceFailuresMax(device.parameters, circumstances.settings)) {
      enabled.push({ ...device, failures });
    } else disabled.push({ type: 'user.human.mfa.otp.disabled', totpId: device.totpId });
  }
  const allDisabled = devices !== null && enabled.length === 0;
  const told = {
    attemptsLeft: attemptsLeft(attempts, devices === null ? null : enabled, circumstances),
    nextAttemptAt: allDisabled ? null : nextTotpAttemptAt(attempts, circumstances),
  };
  return reason === 'used'
    ? reject({ code: 'code-already-used', ...told }, failed, ...disabled)
    : reject({ code: 'wrong-code', ...told, hint }, failed, ...disabled);
}

type Asked = Pick<CodeAddress, 'totpId' | 'digits'>;

function isAddressed({ totpId, parameters }: EnrolledTotp, asked: Asked): boolean {
  return (
    (asked.totpId === null || totpId === asked.totpId) &&
    (asked.digits === null || parameters.digits === asked.digits)
  );
}
