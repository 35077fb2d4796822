import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { deviceFailuresMax } from '#domain/attempts/bounds.js';
import { defaultSettings, settingRanges } from '#domain/organization/settings.js';
import { verifyRecoveryCode } from '#domain/recovery-codes/decide.js';
import {
  acme,
  added,
  attemptsReset,
  codeFailed,
  codeSpent,
  disabled,
  enrolled,
  factorsReset,
  failed,
  generated,
  imported,
  parameters,
  person,
  phone,
  removed,
  resynced,
  succeeded,
  tablet,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { accountOf, at, circumstances, given, now } from '#domain/testing/specification.js';
import { verifyTotp, verifyTotpRegistration } from '#domain/totp/decide.js';

const second = 1_000;
const day = 86_400_000;
const address = { organizationId: acme, totpId: null, digits: null, purpose: null };
const wrong = { ...address, comparisons: [{ totpId: phone, steps: [] }] };
const right = { ...address, comparisons: [{ totpId: phone, steps: [101] }] };
const wrongCode = { code: 'wrong-code', hint: null } as const;
const accepted = [{ totpId: phone }, succeeded(phone, 101)] as const;
const withPhone = [person, ...enrolled(phone)];
const failedAt = (time: number, count: number) => times(count, at(time, failed([phone])));
const inARow = (...past: readonly AccountEvent[]) => accountOf(...past).attempts.inARow?.failures ?? 0;

describe('failures in a row', () => {
  it.each([
    { failures: 5, seconds: 30 },
    { failures: 6, seconds: 60 },
    { failures: 7, seconds: 120 },
    { failures: 11, seconds: 1_920 },
    { failures: 12, seconds: 3_600 },
    { failures: 19, seconds: 3_600 },
  ])('delay the next guess: after $failures by $seconds seconds', ({ failures, seconds }) => {
    const past = [...withPhone, ...failedAt(now - seconds * second, failures)];
    given(...past)
      .when(verifyTotp, right, circumstances({ now: now - 1 }))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now, attemptsLeft: 20 - failures });
    given(...past)
      .when(verifyTotp, right)
      .thenAnswers(...accepted);
  });

  it('do not delay while they are few', () => {
    given(...withPhone, ...failedAt(now, 4))
      .when(verifyTotp, right)
      .thenAnswers(...accepted);
  });

  it('delay as the organization has it', () => {
    const settings = { failuresBeforeDelay: 1, delaySecondsFirst: 300, delaySecondsMax: 400 };
    given(...withPhone, ...failedAt(now, 1))
      .when(verifyTotp, right, circumstances({ settings }))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 300_000, attemptsLeft: 19 });
    given(...withPhone, ...failedAt(now, 2))
      .when(verifyTotp, right, circumstances({ settings }))
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 400_000, attemptsLeft: 18 });
  });

  it('are at most delayed by the longest delay, however many they are', () => {
    given(...withPhone, generated(['aa']), ...times(2_000, at(now, codeFailed)))
      .when(verifyRecoveryCode, { organizationId: acme, selector: 'aa', matches: true })
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 3_600_000, attemptsLeft: null });
  });

  it('are told of with the refusal that they come with', () => {
    given(...withPhone, ...failedAt(now - 30 * second, 5))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 14, nextAttemptAt: now + 60_000 }, failed([phone]));
  });

  it('are those of every factor together', () => {
    const pending = added(watch, now + 1);
    expect(
      inARow(...withPhone, pending, failed([phone]), failed([phone], 'used'), codeFailed, failed([watch])),
    ).toBe(4);
  });

  it.each<[string, AccountEvent]>([
    ['code', succeeded(phone, 101)],
    ['resync', resynced(phone, 1, 102)],
    ['recovery code', codeSpent('aa')],
    ['reset of attempts', attemptsReset],
    ['reset of factors', factorsReset],
  ])('end with a %s', (_, event) => {
    expect(inARow(...withPhone, added(watch), failed([phone]), codeFailed, event)).toBe(0);
  });

  it.each<[string, AccountEvent]>([
    ['a new registration', added(watch)],
    ['a confirmation', verified(watch, 7)],
    ['an import', imported(watch)],
    ['a removal', removed(phone)],
    ['new recovery codes', generated(['aa'])],
    ['an unlocking', { type: 'user.unlocked' }],
  ])('do not end with %s', (_, event) => {
    expect(inARow(...withPhone, added(watch), failed([phone]), codeFailed, event)).toBe(2);
  });
});

describe('the cap of a device', () => {
  it.each([
    { digits: 6, stepsPast: 0, stepsFuture: 0, chosen: 100, cap: 100 },
    { digits: 6, stepsPast: 1, stepsFuture: 0, chosen: 100, cap: 50 },
    { digits: 6, stepsPast: 1, stepsFuture: 1, chosen: 100, cap: 33 },
    { digits: 8, stepsPast: 1, stepsFuture: 1, chosen: 100, cap: 100 },
    { digits: 6, stepsPast: 1, stepsFuture: 1, chosen: 20, cap: 20 },
    { digits: 6, stepsPast: 1, stepsFuture: 1, chosen: 0, cap: 1 },
  ] as const)(
    'is $cap for $digits digits, $stepsPast + 1 + $stepsFuture live codes and $chosen at most',
    (row) => {
      const { digits, stepsPast, stepsFuture, chosen, cap } = row;
      const settings = { ...defaultSettings, stepsPast, stepsFuture, deviceFailuresMax: chosen };
      expect(deviceFailuresMax({ ...parameters, digits }, settings)).toBe(cap);
    },
  );

  it('disables the device in the append of the guess that reaches it', () => {
    given(...withPhone, ...times(18, failed([phone])))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 1, nextAttemptAt: now + 3_600_000 }, failed([phone]));
    given(...withPhone, ...times(19, failed([phone])))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 0, nextAttemptAt: null }, failed([phone]), disabled(phone));
  });

  it('is reached by used codes too', () => {
    given(...withPhone, ...times(19, failed([phone])))
      .when(verifyTotp, { ...address, comparisons: [{ totpId: phone, steps: [100] }] })
      .thenRejected(
        { code: 'code-already-used', attemptsLeft: 0, nextAttemptAt: null },
        failed([phone], 'used'),
        disabled(phone),
      );
  });

  it('disables each device that reaches it, and leaves the attempts of the others', () => {
    const both = {
      ...address,
      comparisons: [
        { totpId: phone, steps: [] },
        { totpId: watch, steps: [] },
      ],
    };
    given(...withPhone, ...enrolled(watch), ...times(18, failed([phone, watch], 'used')), failed([phone]))
      .when(verifyTotp, both)
      .thenRejected(
        { ...wrongCode, attemptsLeft: 1, nextAttemptAt: now + 3_600_000 },
        failed([phone, watch]),
        disabled(phone),
      );
    given(...withPhone, ...enrolled(watch), ...times(19, failed([phone, watch], 'used')))
      .when(verifyTotp, both)
      .thenRejected(
        { ...wrongCode, attemptsLeft: 0, nextAttemptAt: null },
        failed([phone, watch]),
        disabled(phone),
        disabled(watch),
      );
  });

  it('counts the failures of that device alone, until it succeeds itself', () => {
    const failures = (...past: readonly AccountEvent[]) =>
      accountOf(...withPhone, ...enrolled(watch), ...past).totp.devices.map((device) => device.failures);
    expect(failures(failed([phone, watch]), failed([phone]), failed([watch], 'used'))).toEqual([2, 2]);
    expect(failures(failed([phone, watch]), codeFailed)).toEqual([1, 1]);
    expect(failures(failed([phone, watch]), succeeded(watch, 101))).toEqual([1, 0]);
    expect(failures(failed([phone, watch]), resynced(watch, 1, 101))).toEqual([1, 0]);
    expect(failures(failed([phone, watch]), codeSpent('aa'))).toEqual([1, 1]);
    expect(failures(failed([phone, watch]), removed(phone), ...enrolled(phone))).toEqual([1, 0]);
  });

  it('lets an enabled device have one guess where it was lowered below its failures', () => {
    const lowered = circumstances({ settings: { deviceFailuresMax: 5 } });
    given(...withPhone, ...failedAt(now, 10))
      .when(verifyTotp, right, lowered)
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 960_000, attemptsLeft: 1 });
    given(...withPhone, ...times(10, failed([phone])))
      .when(verifyTotp, wrong, lowered)
      .thenRejected({ ...wrongCode, attemptsLeft: 0, nextAttemptAt: null }, failed([phone]), disabled(phone));
  });

  it.each([now, now + 365 * day, now - 365 * day])(
    'the cap survives restart, replay and clock jumps (%d)',
    (time) => {
      given(...withPhone, ...times(20, failed([phone])), disabled(phone))
        .when(verifyTotp, { ...right, comparisons: [] }, circumstances({ now: time }))
        .thenRejected({ code: 'totp-disabled' });
    },
  );
});

describe('the window', () => {
  /** Each followed by a success, so that nothing else bounds. */
  const hidden = (time: number, count: number) =>
    Array.from({ length: count }, () => [at(time, failed([phone])), at(time, succeeded(phone, 100))]).flat();

  it('is exhausted by thirty wrong codes, which no success takes back', () => {
    given(...withPhone, ...hidden(now - day, 29))
      .when(verifyTotp, right)
      .thenAnswers(...accepted);
    given(...withPhone, ...hidden(now - day, 30))
      .when(verifyTotp, { ...right, comparisons: [] })
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 29 * day });
  });

  it('slides: after thirty days a wrong code is forgotten', () => {
    const past = [...withPhone, ...hidden(now - 30 * day, 10), ...hidden(now - 29 * day, 20)];
    given(...past)
      .when(verifyTotp, { ...right, comparisons: [] }, circumstances({ now: now - 1 }))
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now });
    given(...past)
      .when(verifyTotp, right)
      .thenAnswers(...accepted);
  });

  it('says how many attempts it leaves, and when the next is after the last', () => {
    given(...withPhone, ...hidden(now - 31 * day, 7), ...hidden(now - day, 20))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 9, nextAttemptAt: now }, failed([phone]));
    given(...withPhone, ...hidden(now - day, 29))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 0, nextAttemptAt: now + 29 * day }, failed([phone]));
  });

  it('counts a wrong code once for each device that it was compared with', () => {
    const three = [...withPhone, ...enrolled(tablet), ...enrolled(watch)];
    const all = { ...address, comparisons: [phone, tablet, watch].map((totpId) => ({ totpId, steps: [] })) };
    given(...three, ...times(9, at(now - day, failed([phone, tablet, watch]))), succeeded(phone, 90))
      .when(verifyTotp, all)
      .thenRejected(
        { ...wrongCode, attemptsLeft: 0, nextAttemptAt: now + 29 * day },
        failed([phone, tablet, watch]),
      );
    given(...three, ...times(4, at(now - day, failed([phone, tablet, watch]))), succeeded(phone, 90))
      .when(verifyTotp, all)
      .thenRejected({ ...wrongCode, attemptsLeft: 5, nextAttemptAt: now }, failed([phone, tablet, watch]));
  });

  it('names the later time where a delay outlasts it', () => {
    const past = [...withPhone, ...hidden(now - 30 * day + 1, 25), ...failedAt(now, 5)];
    given(...past)
      .when(verifyTotp, { ...right, comparisons: [] })
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 30_000 });
  });

  it('counts wrong codes alone: neither used ones nor recovery codes', () => {
    const others = times(40, at(now - 2 * day, failed([phone], 'used')));
    expect(accountOf(...withPhone, ...others, codeFailed).attempts.wrongTotpAt).toEqual([]);
  });

  it('is that of the account: a new device does not reset it', () => {
    const past = [...withPhone, ...hidden(now - day, 30), removed(phone), added(watch, now + 1)];
    given(...past)
      .when(verifyTotpRegistration, {
        organizationId: acme,
        totpId: null,
        comparison: { totpId: watch, steps: [100] },
        hint: null,
      })
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 29 * day });
  });

  it('is as long as the organization has it', () => {
    const settings = { failuresPerWindowMax: 5 };
    given(...withPhone, ...hidden(now - day, 8))
      .when(verifyTotp, wrong, circumstances({ settings }))
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 29 * day });
  });

  it('leaves nothing, and not less, where fewer are allowed than there were', () => {
    const settings = { failuresPerWindowMax: 5, failuresBeforeDelay: 1 };
    given(...withPhone, ...hidden(now - day, 4), ...failedAt(now - 31 * second, 1))
      .when(verifyTotp, wrong, circumstances({ now: now - 30 * second, settings }))
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 29 * day });
  });

  it('remembers as many as organizations may allow at most, and no more', () => {
    const failuresPerWindowMax = settingRanges.failuresPerWindowMax.maximum;
    expect(accountOf(...withPhone, ...hidden(now, 250)).attempts.wrongTotpAt).toEqual(
      times(failuresPerWindowMax, now),
    );
  });
});

describe('a leap of the clock', () => {
  const year = 365 * day;

  it('back: a delay whose end would be a year away is taken as served', () => {
    const past = [...withPhone, ...failedAt(now + year, 5)];
    given(...past)
      .when(verifyTotp, right)
      .thenAnswers(...accepted);
  });

  it('back: the next failure is recorded at the new time, and delays from then on', () => {
    given(...withPhone, ...failedAt(now + year, 5))
      .when(verifyTotp, wrong)
      .thenRejected({ ...wrongCode, attemptsLeft: 14, nextAttemptAt: now + 60_000 }, failed([phone]));
    given(...withPhone, ...failedAt(now + year, 5), ...failedAt(now, 1))
      .when(verifyTotp, right)
      .thenRejected({ code: 'attempts-delayed', nextAttemptAt: now + 60_000, attemptsLeft: 14 });
  });

  it.each([
    { ahead: 3_600_000, refused: true },
    { ahead: 3_600_001, refused: false },
  ])('back by less than the longest delay: it is waited for ($ahead)', ({ ahead, refused }) => {
    const { outcome } = given(...withPhone, ...failedAt(now + ahead, 5)).when(verifyTotp, right).decision;
    expect(outcome.kind === 'rejected').toBe(refused);
  });

  it('back: what was wrong at a time to come still counts in the window', () => {
    const past = [
      ...withPhone,
      ...times(30, at(now + year, failed([phone]))),
      at(now, succeeded(phone, 100)),
    ];
    given(...past)
      .when(verifyTotp, { ...right, comparisons: [] })
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + year + 30 * day });
  });

  it('forward and back: nothing is forgotten on the way', () => {
    const past = [
      ...withPhone,
      ...failedAt(now - day, 15),
      ...failedAt(now + year, 1),
      ...failedAt(now - 2 * day, 14),
      at(now - day, succeeded(phone, 100)),
    ];
    given(...past)
      .when(verifyTotp, { ...right, comparisons: [] })
      .thenRejected({ code: 'totp-exhausted', nextAttemptAt: now + 28 * day });
    expect(accountOf(...past).attempts.wrongTotpAt).toEqual([
      ...times(14, now - 2 * day),
      ...times(15, now - day),
      now + year,
    ]);
  });
});
