import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { accept, acceptWith, assertNever, type Decision, type Rejected, reject } from '#domain/decider.js';
import type { Instant, OrganizationId, Sealed, TotpId } from '#domain/ids.js';
import {
  type RecoveryGuess,
  type RecoveryGuessRefusal,
  verifyRecoveryCode,
} from '#domain/recovery-codes/decide.js';
import type { TotpEvent, TotpParameters } from '#domain/totp/events.js';
import {
  type Address,
  type BoundRefusal,
  type CodeAddress,
  type Comparison,
  type FailedGuessRefusal,
  failedGuess,
  freshStep,
  type Hint,
  readyDevices,
  refusedByBounds,
  refusedUncompared,
  type TotpNotFound,
  type TotpTarget,
  type UncomparedRefusal,
} from '#domain/totp/guess.js';
import { type PendingTotp, pendingAt, type ReadyTotp } from '#domain/totp/state.js';
import { type KnownRefusal, known, type UsableRefusal, usable } from '#domain/user/decide.js';

/** A secret on a screen that was left open is not to be confirmed by who comes by later. */
export const pendingSeconds = 600;

/**
 * Ten minutes of a device's clock, far more than a phone drifts between two uses; the chance of two
 * consecutive codes at one of 41 places is still below one in ten thousand million.
 */
export const resyncStepsMax = 20;

/** A device with this id is enrolled, and no registration ever replaces it. */
interface TotpAlreadyReady {
  readonly code: 'totp-already-ready';
}

/** The user has as many devices, disabled ones included, as the organization allows. */
interface TotpDevicesMax {
  readonly code: 'totp-devices-max';
  readonly maximum: number;
}

export type StartTotpRegistrationRefusal = UsableRefusal | TotpAlreadyReady | TotpDevicesMax;

export type PendingTargetRefusal =
  | UsableRefusal
  | TotpNotFound
  | TotpAlreadyReady
  /** Its first code came too late; the registration has to be started anew. */
  | { readonly code: 'totp-registration-expired' }
  | TotpDevicesMax
  | BoundRefusal;

export type VerifyTotpRegistrationRefusal = PendingTargetRefusal | FailedGuessRefusal;

export type VerifyTotpRefusal = UncomparedRefusal | FailedGuessRefusal;

export type RegisterTotpSeedRefusal = KnownRefusal | TotpAlreadyReady | TotpDevicesMax;

export type RenameTotpRefusal = KnownRefusal | TotpNotFound;

export type RemoveTotpRefusal =
  | ProofRefusal
  /** Removing a factor takes a code of it, a recovery code, or an administrator. */
  | { readonly code: 'proof-required' };

export interface Seed {
  readonly organizationId: OrganizationId;
  readonly totpId: TotpId;
  readonly name: Sealed | null;
  readonly secret: Sealed;
  readonly parameters: TotpParameters;
}

export interface VerifyTotpRegistration extends Address {
  readonly comparison: Comparison;
  readonly hint: Hint | null;
}

export interface VerifyTotp extends CodeAddress {
  readonly comparisons: readonly Comparison[];
  /** What the code is given for, in the caller's words. */
  readonly purpose: Sealed | null;
}

export interface DeviceAddress extends Address {
  readonly totpId: TotpId;
}

export interface ResyncTotp extends DeviceAddress {
  /** The later of the two steps, by the device's own count, and how far that is ahead of our clock. */
  readonly match: { readonly step: number; readonly driftSteps: number } | null;
}

export interface RenameTotp extends DeviceAddress {
  readonly name: Sealed | null;
}

export interface RemoveTotp extends DeviceAddress {
  readonly proof: Proof | { readonly by: 'administrator' } | null;
}

/** What a user shows before something is done that must not be done by who found the screen open. */
export type Proof =
  | ({ readonly by: 'totp' } & Pick<VerifyTotp, 'digits' | 'comparisons'>)
  | ({ readonly by: 'recovery-code' } & Omit<RecoveryGuess, 'organizationId'>);

export type ProofRefusal = VerifyTotpRefusal | RecoveryGuessRefusal;

/** What a code has to be compared with; a rejection is uncompared, and leaves no trace. */
export type Targets<Refusal> =
  | { readonly kind: 'targets'; readonly targets: readonly TotpTarget[] }
  | Rejected<Refusal>;

export type Target<Refusal> = { readonly kind: 'target'; readonly target: TotpTarget } | Rejected<Refusal>;

/** A pending registration, and the codes made for it, are replaced. */
export function startTotpRegistration(
  account: Account,
  { organizationId, totpId, name, secret, parameters }: Seed,
  circumstances: Circumstances,
): Decision<TotpEvent, StartTotpRegistrationRefusal, { readonly expiresAt: Instant }> {
  const refused =
    usable(account, organizationId, circumstances) ?? refusedSeed(account, totpId, circumstances);
  if (refused !== null) return reject(refused.refusal);
  const expiresAt = circumstances.now + pendingSeconds * 1_000;
  const type = 'user.human.mfa.otp.added';
  return acceptWith({ expiresAt }, { type, totpId, name, secret, parameters, expiresAt });
}

export function pendingTarget(
  account: Account,
  address: Address,
  circumstances: Circumstances,
): Target<PendingTargetRefusal> {
  const found = findPending(account, address, circumstances);
  if (found.kind === 'rejected') return found;
  return { kind: 'target', target: targetOf({ ...found.pending, driftSteps: 0 }, circumstances) };
}

/** The step that confirms is spent with it. */
export function verifyTotpRegistration(
  account: Account,
  command: VerifyTotpRegistration,
  circumstances: Circumstances,
): Decision<TotpEvent, VerifyTotpRegistrationRefusal, { readonly totpId: TotpId }> {
  const found = findPending(account, command, circumstances);
  if (found.kind === 'rejected') return reject(found.refusal);
  const { totpId } = found.pending;
  const steps = stepsOf(totpId, [command.comparison]);
  if (steps.length > 0) {
    return acceptWith({ totpId }, { type: 'user.human.mfa.otp.verified', totpId, step: Math.max(...steps) });
  }
  const failed = {
    totpIds: [totpId],
    devices: null,
    reason: 'wrong',
    purpose: null,
    hint: command.hint,
  } as const;
  return failedGuess(account, failed, circumstances);
}

export function registerTotpSeed(
  account: Account,
  { organizationId, totpId, name, secret, parameters }: Seed,
  circumstances: Circumstances,
): Decision<TotpEvent, RegisterTotpSeedRefusal> {
  const refused = known(account, organizationId) ?? refusedSeed(account, totpId, circumstances);
  if (refused !== null) return reject(refused.refusal);
  return accept({ type: 'user.human.mfa.otp.imported', totpId, name, secret, parameters });
}

export function totpTargets(
  account: Account,
  address: CodeAddress,
  circumstances: Circumstances,
): Targets<UncomparedRefusal> {
  const refused = refusedUncompared(account, address, circumstances);
  if (refused !== null) return refused;
  const devices = readyDevices(account.totp, address);
  return { kind: 'targets', targets: devices.map((device) => targetOf(device, circumstances)) };
}

export function verifyTotp(
  account: Account,
  command: VerifyTotp,
  circumstances: Circumstances,
): Decision<TotpEvent, VerifyTotpRefusal, { readonly totpId: TotpId }> {
  const refused = refusedUncompared(account, command, circumstances);
  if (refused !== null) return reject(refused.refusal);
  const { comparisons, purpose } = command;
  const devices = readyDevices(account.totp, command);
  if (comparisons.length !== devices.length) throw uncalledFor();
  for (const device of devices) {
    const { totpId } = device;
    const step = freshStep(device, stepsOf(totpId, comparisons));
    if (step === null) continue;
    return acceptWith({ totpId }, { type: 'user.human.mfa.otp.check.succeeded', totpId, step, purpose });
  }
  const reason = comparisons.some(({ steps }) => steps.length > 0) ? 'used' : 'wrong';
  return failedGuess(account, { ...compared(devices), reason, purpose, hint: null }, circumstances);
}

/** Two consecutive codes are looked for around our own clock, whatever the drift so far. */
export function resyncTarget(
  account: Account,
  address: DeviceAddress,
  circumstances: Circumstances,
): Target<UncomparedRefusal> {
  const refused = refusedUncompared(account, { ...address, digits: null }, circumstances);
  if (refused !== null) return refused;
  const { totpId, secret, parameters } = readyDevice(account, address);
  const window = { driftSteps: 0, stepsPast: resyncStepsMax, stepsFuture: resyncStepsMax };
  return { kind: 'target', target: { totpId, secret, parameters, ...window } };
}

export function resyncTotp(
  account: Account,
  command: ResyncTotp,
  circumstances: Circumstances,
): Decision<TotpEvent, VerifyTotpRefusal> {
  const refused = refusedUncompared(account, { ...command, digits: null }, circumstances);
  if (refused !== null) return reject(refused.refusal);
  const { match } = command;
  if (match !== null && Math.abs(match.driftSteps) > resyncStepsMax) throw uncalledFor();
  const device = readyDevice(account, command);
  if (match !== null && match.step > device.spentStep) {
    const { step, driftSteps } = match;
    return accept({ type: 'user.human.mfa.otp.resynced', totpId: device.totpId, driftSteps, step });
  }
  const reason = match === null ? 'wrong' : 'used';
  return failedGuess(account, { ...compared([device]), reason, purpose: null, hint: null }, circumstances);
}

export function renameTotp(
  account: Account,
  { organizationId, totpId, name }: RenameTotp,
  { now }: Circumstances,
): Decision<TotpEvent, RenameTotpRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  const pending = pendingAt(account.totp, now);
  const device = [...account.totp.devices, pending].find((one) => one?.totpId === totpId);
  if (device === undefined || device === null) return reject({ code: 'totp-not-found' });
  return device.name === name ? accept() : accept({ type: 'user.human.mfa.otp.renamed', totpId, name });
}

/** A success counts as one of the factor that proved it, in the same append. */
export function removeTotp(
  account: Account,
  { organizationId, totpId, proof }: RemoveTotp,
  circumstances: Circumstances,
): Decision<AccountEvent, RemoveTotpRefusal> {
  const refused = known(account, organizationId);
  if (refused !== null) return reject(refused.refusal);
  const removed: AccountEvent = { type: 'user.human.mfa.otp.removed', totpId };
  if (pendingAt(account.totp, circumstances.now)?.totpId === totpId) return accept(removed);
  if (!isEnrolled(account, totpId)) return reject({ code: 'totp-not-found' });
  if (proof === null) return reject({ code: 'proof-required' });
  if (proof.by === 'administrator') return accept(removed);
  return onceProven(prove(account, { organizationId, totpId, proof }, circumstances), removed);
}

export function prove(
  account: Account,
  { proof, ...address }: Address & { readonly proof: Proof },
  circumstances: Circumstances,
): Decision<AccountEvent, ProofRefusal, unknown> {
  switch (proof.by) {
    case 'totp':
      return verifyTotp(account, { ...address, ...proof, purpose: null }, circumstances);
    case 'recovery-code':
      return verifyRecoveryCode(account, { ...address, ...proof }, circumstances);
    default:
      return assertNever(proof);
  }
}

/** The proof is spent in the append of what it was given for, and a wrong one is counted. */
export function onceProven<Refusal>(
  { events, outcome }: Decision<AccountEvent, Refusal, unknown>,
  ...deeds: readonly AccountEvent[]
): Decision<AccountEvent, Refusal> {
  return outcome.kind === 'accepted' ? accept(...events, ...deeds) : { events, outcome };
}

function refusedSeed(
  account: Account,
  totpId: TotpId,
  circumstances: Circumstances,
): Rejected<TotpAlreadyReady | TotpDevicesMax> | null {
  if (isEnrolled(account, totpId)) return { kind: 'rejected', refusal: { code: 'totp-already-ready' } };
  return refusedForNumber(account, circumstances);
}

function refusedForNumber(
  { totp }: Account,
  { settings: { totpDevicesMax } }: Circumstances,
): Rejected<TotpDevicesMax> | null {
  if (totp.devices.length < totpDevicesMax) return null;
  return { kind: 'rejected', refusal: { code: 'totp-devices-max', maximum: totpDevicesMax } };
}

function findPending(
  account: Account,
  { organizationId, totpId }: Address,
  circumstances: Circumstances,
): { readonly kind: 'pending'; readonly pending: PendingTotp } | Rejected<PendingTargetRefusal> {
  const refused = usable(account, organizationId, circumstances);
  if (refused !== null) return refused;
  const { devices, pending } = account.totp;
  if (pending === null || (totpId !== null && pending.totpId !== totpId)) {
    const isReady = totpId === null ? devices.length > 0 : isEnrolled(account, totpId);
    return { kind: 'rejected', refusal: { code: isReady ? 'totp-already-ready' : 'totp-not-found' } };
  }
  if (pendingAt(account.totp, circumstances.now) === null) {
    return { kind: 'rejected', refusal: { code: 'totp-registration-expired' } };
  }
  const bounded = refusedForNumber(account, circumstances) ?? refusedByBounds(account, null, circumstances);
  return bounded ?? { kind: 'pending', pending };
}

function isEnrolled({ totp }: Account, totpId: TotpId): boolean {
  return totp.devices.some((device) => device.totpId === totpId);
}

/** Of an address that was not refused, so that there is one. */
function readyDevice({ totp }: Account, { totpId }: DeviceAddress): ReadyTotp {
  const [device] = readyDevices(totp, { totpId, digits: null }) as readonly [ReadyTotp];
  return device;
}

function targetOf(
  device: Pick<ReadyTotp, 'totpId' | 'secret' | 'parameters' | 'driftSteps'>,
  { settings: { stepsPast, stepsFuture } }: Circumstances,
): TotpTarget {
  const { totpId, secret, parameters, driftSteps } = device;
  return { totpId, secret, parameters, driftSteps, stepsPast, stepsFuture };
}

function compared(devices: readonly ReadyTotp[]) {
  return { totpIds: devices.map(({ totpId }) => totpId), devices };
}

function stepsOf(totpId: TotpId, comparisons: readonly Comparison[]): readonly number[] {
  const comparison = comparisons.find((made) => made.totpId === totpId);
  if (comparison === undefined) throw uncalledFor();
  return comparison.steps;
}

function uncalledFor(): TypeError {
  return new TypeError('what was compared is not what the targets say');
}
