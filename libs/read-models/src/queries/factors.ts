// What second factors a user has, and how many guesses are left. Whether a guess is looked at is decided by the
// domain alone; what is told here is reckoned by the same functions.

import type { Circumstances } from '#domain/account/circumstances.js';
import { attemptsLeft, delayedUntil, nextTotpAttemptAt } from '#domain/attempts/bounds.js';
import type { AttemptsState } from '#domain/attempts/state.js';
import type { Instant, OrganizationId, TotpId, UserId } from '#domain/ids.js';
import { settingRanges } from '#domain/organization/settings.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { Answer, Sources, UserNotFound } from '#read-models/queries/queries.js';
import { effectiveSettings } from '#read-models/queries/settings.js';
import { ofUser, orNull, type UserRow } from '#read-models/queries/users.js';
import type { Reading } from '#read-models/store.js';

export type AuthenticationMethod = 'password' | 'totp' | 'recovery-code';

/** What the user can prove something by now: of devices that are disabled or wait for their first code, none. */
export async function listAuthenticationMethods(
  organizationId: OrganizationId,
  userId: UserId,
  sources: Sources,
): Promise<Answer<readonly AuthenticationMethod[], UserNotFound>> {
  const tell = ({ devices, recoveryCodes }: Factors, user: UserRow) => {
    const methods: AuthenticationMethod[] = [];
    if (user.password_changed_at !== null) methods.push('password');
    if (devices.some(isReady)) methods.push('totp');
    if (recoveryCodes.codesLeft > 0) methods.push('recovery-code');
    return methods;
  };
  return withFactors(organizationId, userId, { sources, tell });
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
  const tell = ({ devices }: Factors): readonly AuthenticationFactor[] => {
    const state: FactorState = devices.some(isReady) ? 'ready' : 'not-ready';
    const isWanted = states.length === 0 ? state === 'ready' : states.includes(state);
    return devices.length > 0 && isWanted ? [{ kind: 'totp', state }] : [];
  };
  return withFactors(organizationId, userId, { sources, tell });
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
  return withFactors(organizationId, userId, { sources, tell: (factors) => factors });
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
  return withFactors(organizationId, userId, { sources, tell: ({ recoveryCodes }) => recoveryCodes });
}

interface TellingFactors<Value> {
  readonly sources: Sources;
  readonly tell: (factors: Factors, user: UserRow) => Value;
}

async function withFactors<Value>(
  organizationId: OrganizationId,
  userId: UserId,
  { sources, tell }: TellingFactors<Value>,
): Promise<Answer<Value, UserNotFound>> {
  const { reading, now } = sources;
  return ofUser(organizationId, userId, {
    sources,
    tell: async (user) => {
      const settings = await effectiveSettings(organizationId, reading);
      const rows = await rowsOf(user, reading);
      // Whose organization is not there has no row.
      return tell(factorsOf(rows, { now, settings, organization: 'active' }), user);
    },
  });
}

interface FactorRow {
  readonly totp_id: TotpId;
  readonly state: Device['state'];
  readonly name: string | null;
  readonly algorithm: TotpParameters['algorithm'];
  readonly digits: number;
  readonly period_seconds: number;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly last_used_at: number | null;
}

interface CodeRow {
  readonly selector: string;
  readonly state: 'in-force' | 'pending';
  readonly pending_with: TotpId | null;
  readonly since: string;
}

interface FailureRow {
  readonly kind: 'in-a-row' | 'device' | 'window';
  readonly totp_id: TotpId;
  readonly place: string;
  readonly at: number;
}

interface Rows {
  readonly factors: readonly FactorRow[];
  readonly codes: readonly CodeRow[];
  readonly failures: readonly FailureRow[];
}

async function rowsOf({ organization_id, stream }: UserRow, reading: Reading): Promise<Rows> {
  const table = (name: string) =>
    reading.db
      .selectFrom(reading.tableOf('users', name))
      .selectAll()
      .where('organization_id', '=', organization_id)
      .where('stream', '=', stream);
  const factors = (await table('factors').orderBy('place').execute()) as FactorRow[];
  const codes = (await table('recovery_codes').execute()) as CodeRow[];
  const failures = (await table('failures').orderBy('place').execute()) as FailureRow[];
  return { factors, codes, failures };
}

function factorsOf({ factors, codes, failures }: Rows, circumstances: Circumstances): Factors {
  const { now } = circumstances;
  const attempts = attemptsOf(failures);
  const present = factors.filter((row) => row.state !== 'pending' || now < Number(row.expires_at));
  const pending = present.filter(({ state }) => state === 'pending');
  const enrolled = present.filter(({ state }) => state !== 'pending');
  const ready = enrolled.filter(isReady).map((row) => guessedAt(row, failures));
  const nextAttemptAt = nextTotpAttemptAt(attempts, circumstances);
  const device = (row: FactorRow): Device => {
    const { state } = row;
    const asked = isReady(row) ? [guessedAt(row, failures)] : [];
    return {
      ...deviceOf(row),
      attemptsLeft: attemptsLeft(attempts, state === 'pending' ? null : asked, circumstances),
      nextAttemptAt: state === 'disabled' ? null : nextAttemptAt,
    };
  };
  return {
    devices: [...enrolled, ...pending].map(device),
    attemptsLeft: attemptsLeft(attempts, ready, circumstances),
    nextAttemptAt: ready.length === 0 ? null : nextAttemptAt,
    recoveryCodes: {
      ...codesLeft(codes, pending[0]?.totp_id ?? null),
      nextAttemptAt: delayedUntil(attempts, circumstances) ?? now,
    },
  };
}

const isReady = ({ state }: Pick<Device, 'state'>): boolean => state === 'ready';

const parametersOf = ({ algorithm, digits, period_seconds }: FactorRow): TotpParameters => ({
  algorithm,
  digits: Number(digits) as TotpParameters['digits'],
  periodSeconds: Number(period_seconds) as TotpParameters['periodSeconds'],
});

const guessedAt = (row: FactorRow, failures: readonly FailureRow[]) => ({
  parameters: parametersOf(row),
  failures: failures.filter(({ kind, totp_id }) => kind === 'device' && totp_id === row.totp_id).length,
});

function deviceOf(row: FactorRow): Omit<Device, 'attemptsLeft' | 'nextAttemptAt'> {
  const { totp_id, name, state, created_at, expires_at, last_used_at } = row;
  return {
    totpId: totp_id,
    name,
    state,
    parameters: parametersOf(row),
    createdAt: Number(created_at),
    expiresAt: state === 'pending' ? orNull(expires_at) : null,
    lastUsedAt: state === 'pending' ? null : orNull(last_used_at),
  };
}

/** Of a window, the latest decide: no more than a window may allow at most. */
const windowKeptMax = settingRanges.failuresPerWindowMax.maximum;

function attemptsOf(failures: readonly FailureRow[]): AttemptsState {
  const times = (kind: FailureRow['kind']) =>
    failures.filter((row) => row.kind === kind).map(({ at }) => Number(at));
  const inARow = times('in-a-row');
  const lastAt = inARow.at(-1);
  return {
    inARow: lastAt === undefined ? null : { failures: inARow.length, lastAt },
    wrongTotpAt: times('window')
      .toSorted((one, other) => one - other)
      .slice(-windowKeptMax),
  };
}

/** Each set has a row of its own beside those of its codes. */
function codesLeft(codes: readonly CodeRow[], pendingTotp: TotpId | null) {
  const inForce = codes.filter(({ state }) => state === 'in-force');
  const latest = inForce.reduce((since, row) => (row.since > since ? row.since : since), '');
  const isCode = ({ selector }: CodeRow) => selector !== '';
  return {
    codesLeft: inForce.filter((row) => row.since === latest && isCode(row)).length,
    codesPending: codes.filter(
      (row) => row.state === 'pending' && row.pending_with === pendingTotp && isCode(row),
    ).length,
  };
}
