// Which events the outside is told of, and what. Nothing is told but ids, counts and times: whoever reads along learns
// no secret, and who is meant only where ids say it.

import type { Circumstances } from '#domain/account/circumstances.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { delayedUntil, exhaustedUntil, nextTotpAttemptAt } from '#domain/attempts/bounds.js';
import type { Instant, Sealed } from '#domain/ids.js';
import type { OrganizationEvent } from '#domain/organization/events.js';
import type { Settings } from '#domain/organization/settings.js';
import { passwordBound } from '#domain/password/bounds.js';
import type { PasswordChange } from '#domain/password/events.js';
import type { QuotaReached } from '#domain/quota/events.js';
import { fewCodesLeft } from '#domain/recovery-codes/decide.js';
import { hasSecondFactor } from '#domain/session/assurance.js';
import type { SessionEvent } from '#domain/session/events.js';

export type Notice =
  | {
      readonly type: 'factor.added';
      readonly factor: 'totp' | 'recovery-codes';
      readonly factorId: string | null;
    }
  | {
      readonly type: 'factor.removed';
      /** `all`: an administrator took every one of them away. */
      readonly factor: 'totp' | 'recovery-codes' | 'all';
      readonly factorId: string | null;
    }
  | { readonly type: 'recovery-codes.low'; readonly left: number }
  | {
      readonly type: 'attempts.blocked';
      /** `all`: TOTP and recovery codes alike. */
      readonly factor: 'totp' | 'all' | 'password';
      readonly factorId: string | null;
      /** Null where waiting does not help. */
      readonly until: string | null;
    }
  | { readonly type: 'password.changed'; readonly how: PasswordChange }
  /** To be brought to the user: the one notice that holds a secret. */
  | { readonly type: 'password.code'; readonly code: string; readonly expiresAt: string }
  | { readonly type: 'session.added' }
  /** Of an organization, and of no user. */
  | ({ readonly type: 'quota.reached' } & Omit<QuotaReached, 'type' | 'periodStart'> & {
        readonly periodStart: string;
      });

export interface Told<Event> {
  readonly event: Event;
  readonly at: Instant;
  readonly before: Account;
  readonly after: Account;
  /** Of the organization, as they are now. */
  readonly settings: Settings;
  readonly now: Instant;
  /** Null where the key of the user is gone. */
  readonly open: (purpose: string, sealed: Sealed) => Promise<string | null>;
}

/** Null where there is nothing to tell, or not any more. */
type Telling<Event> = (told: Told<Event>) => Notice | null | Promise<Notice | null>;

type Of<Type extends AccountEvent['type']> = Extract<AccountEvent, { readonly type: Type }>;

const totpAdded: Telling<Of<'user.human.mfa.otp.verified' | 'user.human.mfa.otp.imported'>> = ({
  event,
}) => ({
  type: 'factor.added',
  factor: 'totp',
  factorId: event.totpId,
});

/** As they were for whoever did it. Whether the organization was in use decides nothing here. */
const circumstancesOf = ({ at, settings }: Told<unknown>): Circumstances => ({
  now: at,
  settings,
  organization: 'active',
});

const allBlocked = (told: Told<unknown>): Notice | null => {
  const { attempts } = told.after;
  const until = delayedUntil(attempts, circumstancesOf(told));
  return until === null
    ? null
    : { type: 'attempts.blocked', factor: 'all', factorId: null, until: timeOf(until) };
};

const timeOf = (instant: Instant): string => new Date(instant).toISOString();

/** Every event of a user, so that whoever adds one says whether it is told. */
const tellings = {
  'user.human.mfa.otp.verified': totpAdded,
  'user.human.mfa.otp.imported': totpAdded,
  // An enrolment that nobody finished was never a factor.
  'user.human.mfa.otp.removed': ({ event: { totpId }, before }) =>
    before.totp.devices.some((device) => device.totpId === totpId)
      ? { type: 'factor.removed', factor: 'totp', factorId: totpId }
      : null,
  'user.human.mfa.otp.disabled': ({ event: { totpId } }) => ({
    type: 'attempts.blocked',
    factor: 'totp',
    factorId: totpId,
    until: null,
  }),
  'user.human.mfa.otp.check.failed': (told) => {
    const { attempts } = told.after;
    const circumstances = circumstancesOf(told);
    if (exhaustedUntil(attempts, circumstances) === null) return allBlocked(told);
    const until = timeOf(nextTotpAttemptAt(attempts, circumstances));
    return { type: 'attempts.blocked', factor: 'totp', factorId: null, until };
  },
  // With a device that is being enrolled they come into force, and are part of it.
  'user.human.mfa.recoverycode.added': ({ event: { pendingWith } }) =>
    pendingWith === null ? { type: 'factor.added', factor: 'recovery-codes', factorId: null } : null,
  'user.human.mfa.recoverycode.check.succeeded': ({ after: { recoveryCodes } }) => {
    const left = recoveryCodes.codes.length;
    return left <= fewCodesLeft ? { type: 'recovery-codes.low', left } : null;
  },
  'user.human.mfa.recoverycode.check.failed': allBlocked,
  'user.human.mfa.recoverycode.removed': ({ before: { recoveryCodes } }) =>
    recoveryCodes.codes.length > 0
      ? { type: 'factor.removed', factor: 'recovery-codes', factorId: null }
      : null,
  'user.mfa.reset': ({ before }) =>
    hasSecondFactor(before) ? { type: 'factor.removed', factor: 'all', factorId: null } : null,
  'user.human.password.changed': ({ event: { how } }) => ({ type: 'password.changed', how }),
  'user.human.password.check.failed': (told) => {
    const bound = passwordBound(told.after.password.inARow, circumstancesOf(told));
    if (bound === null) return null;
    const until = bound.code === 'password-delayed' ? timeOf(bound.nextAttemptAt) : null;
    return { type: 'attempts.blocked', factor: 'password', factorId: null, until };
  },
  // Told to whoever asked for it, or here, and never to both.
  'user.human.password.code.added': async ({ event: { code, expiresAt, send }, now, open }) => {
    if (!send || now >= expiresAt) return null;
    const text = await open('password-code', code);
    return text === null ? null : { type: 'password.code', code: text, expiresAt: timeOf(expiresAt) };
  },
  'user.human.password.hash.updated': null,
  'user.human.password.check.succeeded': null,
  'user.human.password.code.check.failed': null,
  'user.sessions.ended': null,
  'user.human.added': null,
  'user.machine.added': null,
  'user.username.changed': null,
  'user.human.profile.changed': null,
  'user.machine.changed': null,
  'user.human.email.changed': null,
  'user.human.email.code.added': null,
  'user.human.email.verified': null,
  'user.human.email.verification.failed': null,
  'user.human.phone.changed': null,
  'user.human.phone.removed': null,
  'user.deactivated': null,
  'user.reactivated': null,
  'user.locked': null,
  'user.unlocked': null,
  'user.removed': null,
  'user.erased': null,
  'user.human.mfa.otp.added': null,
  'user.human.mfa.otp.check.succeeded': null,
  'user.human.mfa.otp.resynced': null,
  'user.human.mfa.otp.renamed': null,
  'user.mfa.attempts.reset': null,
  'user.pat.added': null,
  'user.pat.removed': null,
  'user.metadata.set': null,
  'user.metadata.removed': null,
  'user.metadata.removed.all': null,
} satisfies { readonly [Type in AccountEvent['type']]: Telling<Of<Type>> | null };

const tellingOf = (type: string): Telling<AccountEvent> | null =>
  Object.hasOwn(tellings, type)
    ? (tellings[type as AccountEvent['type']] as Telling<AccountEvent> | null)
    : null;

/** Which event of a session makes it that of a user: that one is new to the user. */
const tellsOfSession = {
  'session.user.checked': true,
  'session.added': false,
  'session.password.checked': false,
  'session.totp.checked': false,
  'session.recoveryCode.checked': false,
  'session.token.set': false,
  'session.metadata.set': false,
  'session.lifetime.set': false,
  'session.terminated': false,
} satisfies { readonly [Type in SessionEvent['type']]: boolean };

const quotaReached = 'org.quota.reached';

/** The types of events that a notice may come of. */
export const toldTypes: readonly string[] = [
  ...Object.keys(tellings).filter((type) => tellingOf(type) !== null),
  ...Object.entries(tellsOfSession).flatMap(([type, isTold]) => (isTold ? [type] : [])),
  quotaReached,
];

/** Of an event of an organization; null where nothing is told of it. */
export function noticeOfOrganization(event: OrganizationEvent): Notice | null {
  if (event.type !== quotaReached) return null;
  return { ...event, type: 'quota.reached', periodStart: timeOf(event.periodStart) };
}

/** Of an event of a user. */
export async function noticeOf(told: Told<AccountEvent>): Promise<Notice | null> {
  return (await tellingOf(told.event.type)?.(told)) ?? null;
}
