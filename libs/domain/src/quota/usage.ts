// What an organization pays for: turns, which are calls that checked or changed what its users log in with, and
// relationships, which are their factors. Both follow from the events alone, so that they can be counted again from the log.

import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import type { Instant } from '#domain/ids.js';
import type { Settings } from '#domain/organization/settings.js';
import { isAlive } from '#domain/user/state.js';

export type Quota = 'turns' | 'relationships';

export interface Usage {
  readonly turns: number;
  readonly relationships: number;
}

/** Of each quota the most that there may be; null where there is no such bound. */
export type Ceilings = Readonly<Record<Quota, number | null>>;

/** In milliseconds since 1970; the end is the beginning of the next one. */
export interface Period {
  readonly start: Instant;
  readonly end: Instant;
}

/** An administrator who helps a user, or takes one away, is never refused for what others used up. */
const metered = {
  'user.human.mfa.otp.added': true,
  'user.human.mfa.otp.verified': true,
  'user.human.mfa.otp.imported': true,
  'user.human.mfa.otp.check.succeeded': true,
  'user.human.mfa.otp.check.failed': true,
  'user.human.mfa.otp.disabled': true,
  'user.human.mfa.otp.resynced': true,
  'user.human.mfa.otp.renamed': true,
  'user.human.mfa.otp.removed': true,
  'user.human.mfa.recoverycode.added': true,
  'user.human.mfa.recoverycode.check.succeeded': true,
  'user.human.mfa.recoverycode.check.failed': true,
  'user.human.mfa.recoverycode.removed': true,
  'user.human.password.changed': true,
  'user.human.password.check.succeeded': true,
  'user.human.password.check.failed': true,
  'user.human.password.code.added': true,
  'user.human.password.code.check.failed': true,
  'user.human.password.hash.updated': true,
  'user.mfa.reset': false,
  'user.mfa.attempts.reset': false,
  'user.sessions.ended': false,
  'user.human.added': false,
  'user.machine.added': false,
  'user.username.changed': false,
  'user.human.profile.changed': false,
  'user.machine.changed': false,
  'user.human.email.changed': false,
  'user.human.email.code.added': false,
  'user.human.email.verified': false,
  'user.human.email.verification.failed': false,
  'user.human.phone.changed': false,
  'user.human.phone.removed': false,
  'user.deactivated': false,
  'user.reactivated': false,
  'user.locked': false,
  'user.unlocked': false,
  'user.removed': false,
  'user.erased': false,
  'user.pat.added': false,
  'user.pat.removed': false,
  'user.metadata.set': false,
  'user.metadata.removed': false,
  'user.metadata.removed.all': false,
} as const satisfies Record<AccountEvent['type'], boolean>;

/** An append with one of these is a turn, whatever else it did: no call checks or changes a user twice. */
export const meteredTypes: readonly string[] = Object.entries(metered).flatMap(([type, isMetered]) =>
  isMetered ? [type] : [],
);

export const isTurn = (events: readonly AccountEvent[]): boolean => events.some(({ type }) => metered[type]);

/** One that is disabled can be reset without being bound anew, and so has its place still. */
export const relationshipsOf = ({ user, totp }: Account): number => (isAlive(user) ? totp.devices.length : 0);

/** A calendar month of UTC. */
export function periodAt(now: Instant): Period {
  const at = new Date(now);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return { start: Date.UTC(year, month), end: Date.UTC(year, month + 1) };
}

export const ceilingsOf = ({ turnsPerPeriodMax, relationshipsMax }: Settings): Ceilings => ({
  turns: turnsPerPeriodMax || null,
  relationships: relationshipsMax || null,
});

/** The first quota that would have more than it may; what takes nothing away and adds nothing is never too much. */
export function exceeded(usage: Usage, more: Usage, ceilings: Ceilings): Quota | null {
  for (const quota of ['turns', 'relationships'] as const) {
    const ceiling = ceilings[quota];
    if (more[quota] > 0 && ceiling !== null && usage[quota] + more[quota] > ceiling) return quota;
  }
  return null;
}

/** In percent of a ceiling: what operators are told when it is reached. */
const warningPercents = [80, 100] as const;

export type WarningPercent = (typeof warningPercents)[number];

/** The highest that is reached; null below the first. */
export function reachedPercent(used: number, ceiling: number): WarningPercent | null {
  const reached = warningPercents.filter((percent) => used * 100 >= ceiling * percent);
  return reached.at(-1) ?? null;
}
