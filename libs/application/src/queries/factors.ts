// What second factors a user has, and how many guesses are left. Whether a guess is looked at is decided by the
// domain alone; what is told here is reckoned by the same functions.

import type { KnownUser } from '#application/queries/known-user.js';
import type { Answer, Sources, UserNotFound } from '#application/queries/queries.js';
import { ofUser } from '#application/queries/users.js';
import type { Circumstances } from '#domain/account/circumstances.js';
import { attemptsLeft, delayedUntil, nextTotpAttemptAt } from '#domain/attempts/bounds.js';
import type { Instant, OrganizationId, TotpId, UserId } from '#domain/ids.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { readyDevices } from '#domain/totp/guess.js';
import { type EnrolledTotp, type PendingTotp, pendingAt } from '#domain/totp/state.js';

export type AuthenticationMethod = 'totp' | 'recovery-code';

/** What the user can prove something by now: of devices that are disabled or wait for their first code, none. */
export async function listAuthenticationMethods(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<readonly AuthenticationMethod[], UserNotFound>> {
  return withCircumstances(organizationId, userId, {
    sources,
    tell: ({ account: { totp, recoveryCodes } }) => {
      const methods: AuthenticationMethod[] = [];
      if (readyDevices(totp, everyDevice).length > 0) methods.push('totp');
      if (recoveryCodes.codes.length > 0) methods.push('recovery-code');
      return methods;
    },
  });
}

/** `not-ready`: it waits for its first code, or is disabled. What was removed is not known any more. */
export type FactorState = 'not-ready' | 'ready' | 'removed';

export interface AuthenticationFactor {
  readonly kind: 'totp';
  readonly state: FactorState;
}

export interface FactorsOfUser {
  readonly userId: UserId;
  /** None stands for `ready` alone. */
  readonly states: readonly FactorState[];
}

/** All devices of a user are one factor: clients that see it so cannot tell devices apart. */
export async function listAuthenticationFactors(
  organizationId: OrganizationId,
  { userId, states }: FactorsOfUser,
  sources: Sources,
): Promise<Answer<readonly AuthenticationFactor[], UserNotFound>> {
  return withCircumstances(organizationId, userId, {
    sources,
    tell: ({ account: { totp } }, { now }) => {
      const hasAny = totp.devices.length > 0 || pendingAt(totp, now) !== null;
      const state: FactorState = readyDevices(totp, everyDevice).length > 0 ? 'ready' : 'not-ready';
      const isWanted = states.length === 0 ? state === 'ready' : states.includes(state);
      return hasAny && isWanted ? [{ kind: 'totp', state }] : [];
    },
  });
}

export interface Device {
  readonly totpId: TotpId;
  readonly name: string | null;
  readonly state: 'pending' | 'ready' | 'disabled';
  readonly parameters: TotpParameters;
  readonly createdAt: Instant;
  /** Until when the first code has to come; null once it has. */
  readonly expiresAt: Instant | null;
  readonly lastUsedAt: Instant | null;
  /** Wrong codes given for this device alone, until it is disabled or no code is compared any more. */
  readonly attemptsLeft: number;
  /** Null where waiting does not help. */
  readonly nextAttemptAt: Instant | null;
}

export interface Factors {
  /** In the order of their enrolment; the one that waits for its first code comes last. */
  readonly devices: readonly Device[];
  /** Wrong codes given for no particular device. */
  readonly attemptsLeft: number;
  /** Null where no device is ready. */
  readonly nextAttemptAt: Instant | null;
  readonly recoveryCodes: RecoveryCodesLeft;
}

export async function listFactors(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<Factors, UserNotFound>> {
  return withCircumstances(organizationId, userId, { sources, tell: factorsOf });
}

export interface RecoveryCodesLeft {
  readonly codesLeft: number;
  /** Made for an enrolment that is not confirmed yet: they are worth nothing before. */
  readonly codesPending: number;
  readonly nextAttemptAt: Instant;
}

export async function recoveryCodesLeft(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<RecoveryCodesLeft, UserNotFound>> {
  return withCircumstances(organizationId, userId, { sources, tell: codesLeftOf });
}

const everyDevice = { totpId: null, digits: null } as const;

function factorsOf(user: KnownUser, circumstances: Circumstances): Factors {
  const { totp, attempts } = user.account;
  const ready = readyDevices(totp, everyDevice);
  const pending = pendingAt(totp, circumstances.now);
  return {
    devices: [...totp.devices, ...(pending === null ? [] : [pending])].map((device) =>
      deviceOf(user, device, circumstances),
    ),
    attemptsLeft: attemptsLeft(attempts, ready, circumstances),
    nextAttemptAt: ready.length === 0 ? null : nextTotpAttemptAt(attempts, circumstances),
    recoveryCodes: codesLeftOf(user, circumstances),
  };
}

function deviceOf(
  { account: { attempts }, sealer }: KnownUser,
  device: EnrolledTotp | PendingTotp,
  circumstances: Circumstances,
): Device {
  const { totpId, name, status, parameters, createdAt } = device;
  const asked = status === 'ready' ? [device] : [];
  return {
    totpId,
    name: name === null ? null : sealer.openText('totp-name', name, totpId),
    state: status,
    parameters,
    createdAt,
    expiresAt: status === 'pending' ? device.expiresAt : null,
    lastUsedAt: status === 'pending' ? null : device.lastUsedAt,
    attemptsLeft: attemptsLeft(attempts, status === 'pending' ? null : asked, circumstances),
    nextAttemptAt: status === 'disabled' ? null : nextTotpAttemptAt(attempts, circumstances),
  };
}

function codesLeftOf({ account }: KnownUser, circumstances: Circumstances): RecoveryCodesLeft {
  const { codes, pending } = account.recoveryCodes;
  const isPending = pending !== null && pendingAt(account.totp, circumstances.now)?.totpId === pending.totpId;
  return {
    codesLeft: codes.length,
    codesPending: isPending ? pending.codes.length : 0,
    nextAttemptAt: delayedUntil(account.attempts, circumstances) ?? circumstances.now,
  };
}

interface TellingNow<Value> {
  readonly sources: Sources;
  readonly tell: (user: KnownUser, circumstances: Circumstances) => Value;
}

async function withCircumstances<Value>(
  organizationId: OrganizationId,
  userId: UserId,
  { sources, tell }: TellingNow<Value>,
): Promise<Answer<Value, UserNotFound>> {
  const { surroundings, parts } = sources.application;
  const around = await surroundings.of(organizationId);
  const circumstances = { ...around, now: parts.clock() };
  return ofUser(organizationId, userId, { sources, tell: (user) => tell(user, circumstances) });
}
