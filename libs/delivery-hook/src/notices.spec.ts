import { describe, expect, it } from '@jest/globals';

import { type Notice, noticeOf, toldTypes } from '#delivery-hook/notices.js';
import type { AccountEvent } from '#domain/account/events.js';
import { evolveAccount } from '#domain/account/state.js';
import { defaultSettings, type Settings } from '#domain/organization/settings.js';
import {
  added,
  attemptsReset,
  codeFailed,
  codeSpent,
  codesRemoved,
  disabled,
  enrolled,
  factorsReset,
  failed,
  generated,
  imported,
  person,
  phone,
  removed,
  succeeded,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { sealed } from '#domain/testing/people.js';
import { accountOf, at, now, type Timed } from '#domain/testing/specification.js';
import { catalogue } from '#event-catalog/catalogue.js';

const timeOf = (instant: number) => new Date(instant).toISOString();
const withPhone = [person, ...enrolled(phone)];
type Past = readonly (AccountEvent | Timed<AccountEvent>)[];

/** What is told of the last of these, all before it being the past. */
function told(past: Past, event: AccountEvent, settings: Partial<Settings> = {}): Promise<Notice | null> {
  const before = accountOf(...past);
  return noticeOf({
    event,
    at: now,
    before,
    after: evolveAccount(before, event, now),
    settings: { ...defaultSettings, ...settings },
    now: now + 5_000,
    open: async (purpose, text) => `${purpose}: ${text}`,
  });
}

describe('a factor that was added', () => {
  it.each([
    ['a device, with its first code', [person, added(phone)], verified(phone, 100)],
    ['a device, with its seed', [person], imported(phone)],
  ])('is told: %s', async (_, past, event) => {
    expect(await told(past, event)).toEqual({ type: 'factor.added', factor: 'totp', factorId: phone });
  });

  it('is told of recovery codes, though not of those that wait for a device', async () => {
    const notice = { type: 'factor.added', factor: 'recovery-codes', factorId: null };
    expect(await told(withPhone, generated(['aa']))).toEqual(notice);
    expect(await told([person, added(phone)], generated(['aa'], phone))).toBeNull();
  });
});

describe('a factor that was removed', () => {
  it('is told of a device, though not of an enrolment that nobody finished', async () => {
    const notice = { type: 'factor.removed', factor: 'totp', factorId: phone };
    expect(await told(withPhone, removed(phone))).toEqual(notice);
    expect(await told([...withPhone, disabled(phone)], removed(phone))).toEqual(notice);
    expect(await told([...withPhone, added(watch)], removed(watch))).toBeNull();
  });

  it('is told of recovery codes, though not of those that never counted', async () => {
    const notice = { type: 'factor.removed', factor: 'recovery-codes', factorId: null };
    expect(await told([...withPhone, generated(['aa'])], codesRemoved)).toEqual(notice);
    expect(await told([person, added(phone), generated(['aa'], phone)], codesRemoved)).toBeNull();
  });

  it('is told once where all were reset, and not where there was none', async () => {
    const notice = { type: 'factor.removed', factor: 'all', factorId: null };
    expect(await told(withPhone, factorsReset)).toEqual(notice);
    expect(await told([person, generated(['aa'])], factorsReset)).toEqual(notice);
    expect(await told([person, added(phone)], factorsReset)).toBeNull();
  });
});

describe('recovery codes', () => {
  it('are told as low from three left on, with how many', async () => {
    const past = [person, generated(['aa', 'bb', 'cc', 'dd', 'ee'])];
    expect(await told(past, codeSpent('aa'))).toBeNull();
    expect(await told([...past, codeSpent('aa')], codeSpent('bb'))).toEqual({
      type: 'recovery-codes.low',
      left: 3,
    });
    expect(await told([person, generated(['aa'])], codeSpent('aa'))).toMatchObject({ left: 0 });
  });
});

describe('attempts that are blocked', () => {
  const blocked = (factor: string, until: string | null, factorId: string | null = null) => ({
    type: 'attempts.blocked',
    factor,
    factorId,
    until,
  });

  it.each([
    ['a code', failed([phone])],
    ['a used code', failed([phone], 'used')],
    ['a recovery code', codeFailed],
  ])('are told from the fifth failure in a row on, whichever factor it was: %s', async (_, event) => {
    const past = (count: number): Past => [...withPhone, ...times(count, at(now - 60_000, failed([phone])))];
    expect(await told(past(3), event)).toBeNull();
    expect(await told(past(4), event)).toEqual(blocked('all', timeOf(now + 30_000)));
    expect(await told(past(5), event)).toEqual(blocked('all', timeOf(now + 60_000)));
  });

  it('are told by the settings of the organization', async () => {
    const settings = { failuresBeforeDelay: 1, delaySecondsFirst: 300 };
    expect(await told(withPhone, codeFailed, settings)).toEqual(blocked('all', timeOf(now + 300_000)));
  });

  it('are told of a device that was disabled, for which waiting does not help', async () => {
    expect(await told(withPhone, disabled(phone))).toEqual(blocked('totp', null, phone));
  });

  it('are told of TOTP where the window is exhausted, until it slides', async () => {
    const day = 86_400_000;
    const hidden = times(29, [at(now - day, failed([phone])), at(now - day, succeeded(phone, 100))]).flat();
    expect(await told([...withPhone, ...hidden], failed([phone]))).toEqual(
      blocked('totp', timeOf(now + 29 * day)),
    );
  });

  it('are told of a password by a budget of its own, at whose end waiting does not help', async () => {
    const wrong = { type: 'user.human.password.check.failed' } as const;
    const settings = { passwordFailuresBeforeDelay: 2, passwordFailuresMax: 3, delaySecondsFirst: 30 };
    const fails = times(4, at(now, failed([phone])));
    expect(await told([person, ...fails], wrong, settings)).toBeNull();
    expect(await told([person, wrong], wrong, settings)).toEqual(blocked('password', timeOf(now + 30_000)));
    expect(await told([person, wrong, wrong], wrong, settings)).toEqual(blocked('password', null));
  });
});

describe('a password', () => {
  it.each(['set', 'changed', 'reset'] as const)('that was %s is told, and how', async (how) => {
    const changed = {
      type: 'user.human.password.changed',
      hash: sealed('hash'),
      changeRequired: false,
      how,
    } as const;
    expect(await told([person], changed)).toEqual({ type: 'password.changed', how });
  });
});

describe('a code that sets a password anew', () => {
  const code = sealed('K7PX2M');
  const made = (expiresAt: number, send: boolean): AccountEvent => ({
    type: 'user.human.password.code.added',
    code,
    expiresAt,
    send,
  });

  it('is opened and told where it was to be sent, until its time is over', async () => {
    expect(await told([person], made(now + 5_001, true))).toEqual({
      type: 'password.code',
      code: `password-code: ${code}`,
      expiresAt: timeOf(now + 5_001),
    });
    expect(await told([person], made(now + 5_000, true))).toBeNull();
  });

  it('is told to nobody here where whoever asked for it brings it', async () => {
    expect(await told([person], made(now + 600_000, false))).toBeNull();
  });
});

describe('what is told', () => {
  it('is of events that there are', () => {
    const known = { ...catalogue.account, ...catalogue.session, ...catalogue.organization };
    expect(toldTypes.filter((type) => !(type in known))).toEqual([]);
    expect(toldTypes).toHaveLength(15);
  });

  it('is nothing of everything else', async () => {
    expect(toldTypes).not.toContain('user.human.email.changed');
    expect(await told(withPhone, succeeded(phone, 101))).toBeNull();
    expect(await told(withPhone, attemptsReset)).toBeNull();
    expect(await told(withPhone, { type: 'user.locked' })).toBeNull();
  });
});
