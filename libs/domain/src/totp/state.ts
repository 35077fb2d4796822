import type { AccountEvent } from '#domain/account/events.js';
import type { AttemptsEvent } from '#domain/attempts/events.js';
import type { Instant, Sealed, TotpId } from '#domain/ids.js';
import type { TotpEvent, TotpParameters } from '#domain/totp/events.js';

interface Seed {
  readonly totpId: TotpId;
  readonly name: Sealed | null;
  readonly secret: Sealed;
  readonly parameters: TotpParameters;
}

/** Waits for its first code, and counts for nothing until it has come. */
export interface PendingTotp extends Seed {
  readonly status: 'pending';
  readonly createdAt: Instant;
  readonly expiresAt: Instant;
}

interface Enrolled extends Seed {
  /** When its enrolment began, or its seed came. */
  readonly createdAt: Instant;
  /** When its last right code came; null before the first. */
  readonly lastUsedAt: Instant | null;
  /** How far the device's count is ahead of ours; negative when behind. */
  readonly driftSteps: number;
  /** The last accepted step, by the device's own count: no code of it or of an older one is accepted again. */
  readonly spentStep: number;
  /** In a row; only a success of this very device takes them back. */
  readonly failures: number;
}

export interface ReadyTotp extends Enrolled {
  readonly status: 'ready';
}

/** Its codes are refused uncompared, whatever the time. */
export interface DisabledTotp extends Enrolled {
  readonly status: 'disabled';
}

export type EnrolledTotp = ReadyTotp | DisabledTotp;

export interface TotpState {
  /** In the order of their enrolment. */
  readonly devices: readonly EnrolledTotp[];
  readonly pending: PendingTotp | null;
}

export const noTotp: TotpState = { devices: [], pending: null };

/** Steps are counted from 1970 on: the spent one is before them all. */
const unused = { spentStep: -1, lastUsedAt: null } as const;

export function evolveTotp(state: TotpState, event: AccountEvent, at: Instant): TotpState {
  switch (event.type) {
    case 'user.human.mfa.otp.added':
      return {
        ...state,
        pending: { ...seedOf(event), status: 'pending', createdAt: at, expiresAt: event.expiresAt },
      };
    case 'user.human.mfa.otp.verified':
      return confirm(state, event, at);
    case 'user.human.mfa.otp.imported':
      return enrol(without(state, event.totpId), event, { createdAt: at, ...unused });
    case 'user.human.mfa.otp.check.succeeded':
      return change(state, event.totpId, { spentStep: event.step, failures: 0, lastUsedAt: at });
    case 'user.human.mfa.otp.check.failed':
      return countFailure(state, event.totpIds);
    case 'user.human.mfa.otp.disabled':
      return change(state, event.totpId, { status: 'disabled' });
    case 'user.human.mfa.otp.resynced':
      return change(state, event.totpId, {
        driftSteps: event.driftSteps,
        spentStep: event.step,
        failures: 0,
        lastUsedAt: at,
      });
    case 'user.human.mfa.otp.renamed':
      return rename(state, event.totpId, event.name);
    case 'user.human.mfa.otp.removed':
      return without(state, event.totpId);
    case 'user.mfa.attempts.reset':
      return enableAll(state);
    case 'user.mfa.reset':
      return noTotp;
    default:
      // An event of this noun that is forgotten does not compile.
      event satisfies Exclude<AccountEvent, TotpEvent | AttemptsEvent>;
      return state;
  }
}

/** After its time it is as if it had never been. */
export function pendingAt({ pending }: TotpState, now: Instant): PendingTotp | null {
  return pending !== null && now < pending.expiresAt ? pending : null;
}

function seedOf({ totpId, name, secret, parameters }: Seed): Seed {
  return { totpId, name, secret, parameters };
}

type Confirmed = Extract<TotpEvent, { type: 'user.human.mfa.otp.verified' }>;

function confirm(state: TotpState, { totpId, step }: Confirmed, at: Instant): TotpState {
  const { pending } = state;
  if (pending?.totpId !== totpId) return state;
  const { createdAt } = pending;
  return enrol({ ...state, pending: null }, pending, { createdAt, spentStep: step, lastUsedAt: at });
}

type Use = Pick<Enrolled, 'createdAt' | 'spentStep' | 'lastUsedAt'>;

function enrol(state: TotpState, seed: Seed, use: Use): TotpState {
  const device: ReadyTotp = { ...seedOf(seed), status: 'ready', ...use, driftSteps: 0, failures: 0 };
  return { ...state, devices: [...state.devices, device] };
}

type Change = Partial<Omit<EnrolledTotp, 'totpId' | 'secret' | 'parameters'>>;

function change(state: TotpState, totpId: TotpId, changed: Change): TotpState {
  const index = state.devices.findIndex((device) => device.totpId === totpId);
  const device = state.devices[index];
  return device === undefined
    ? state
    : { ...state, devices: state.devices.with(index, { ...device, ...changed }) };
}

function countFailure(state: TotpState, totpIds: readonly TotpId[]): TotpState {
  if (!state.devices.some((device) => totpIds.includes(device.totpId))) return state;
  const devices = state.devices.map((device) =>
    totpIds.includes(device.totpId) ? { ...device, failures: device.failures + 1 } : device,
  );
  return { ...state, devices };
}

function rename(state: TotpState, totpId: TotpId, name: Sealed | null): TotpState {
  if (state.pending?.totpId === totpId) return { ...state, pending: { ...state.pending, name } };
  return change(state, totpId, { name });
}

function without(state: TotpState, totpId: TotpId): TotpState {
  if (state.pending?.totpId === totpId) return { ...state, pending: null };
  const devices = state.devices.filter((device) => device.totpId !== totpId);
  return devices.length === state.devices.length ? state : { ...state, devices };
}

function enableAll(state: TotpState): TotpState {
  if (state.devices.every(({ status, failures }) => status === 'ready' && failures === 0)) return state;
  return { ...state, devices: state.devices.map((device) => ({ ...device, status: 'ready', failures: 0 })) };
}
