import type { Circumstances } from '#domain/account/circumstances.js';
import { attemptsLeft, delayedUntil, nextTotpAttemptAt } from '#domain/attempts/bounds.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { readyDevices } from '#domain/totp/guess.js';
import { type EnrolledTotp, type PendingTotp, pendingAt } from '#domain/totp/state.js';
import type {
  AuthenticationFactor,
  AuthenticationMethod,
  Device,
  FactorState,
  Factors,
  FactorsOfUser,
  RecoveryCodesLeft,
} from '#read-models/queries/factors.js';
import type { Answer, UserNotFound } from '#read-models/queries/queries.js';
import type { KnownUser } from '#read-models/testing/folded/known-user.js';
import type { FoldedSources } from '#read-models/testing/folded/sources.js';
import { ofUser } from '#read-models/testing/folded/users.js';

/** What the user can prove something by now: of devices that are disabled or wait for their first code, none. */
export async function listAuthenticationMethods(
  organizationId: OrganizationId,
  userId: UserId,
  sources: FoldedSources,
): Promise<Answer<readonly AuthenticationMethod[], UserNotFound>> {
  return withCircumstances(organizationId, userId, {
    sources,
    tell: ({ account: { password, totp, recoveryCodes } }) => {
      const methods: AuthenticationMethod[] = [];
      if (password.current !== null) methods.push('password');
      if (readyDevices(totp, everyDevice).length > 0) methods.push('totp');
      if (recoveryCodes.codes.length > 0) methods.push('recovery-code');
      return methods;
    },
  });
}

/** All devices of a user are one factor: clients that see it so cannot tell devices apart. */
export async function listAuthenticationFactors(
  organizationId: OrganizationId,
  { userId, states }: FactorsOfUser,
  sources: FoldedSources,
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

export async function listFactors(
  organizationId: OrganizationId,
  userId: UserId,
  sources: FoldedSources,
): Promise<Answer<Factors, UserNotFound>> {
  return withCircumstances(organizationId, userId, { sources, tell: factorsOf });
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
  readonly sources: FoldedSources;
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
