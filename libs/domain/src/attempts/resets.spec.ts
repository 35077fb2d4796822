import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { type Account, evolveAccount, noAccount } from '#domain/account/state.js';
import { resetAttempts, resetFactors } from '#domain/attempts/decide.js';
import {
  acme,
  added,
  anotherOrganization,
  attemptsReset,
  codeFailed,
  codeSpent,
  disabled,
  enrolled,
  factorsReset,
  failed,
  generated,
  person,
  phone,
  reason,
  removed,
  succeeded,
  times,
  verified,
  watch,
} from '#domain/testing/factors.js';
import { accountOf, before, given, now } from '#domain/testing/specification.js';
import { verifyTotp } from '#domain/totp/decide.js';

const address = { organizationId: acme, totpId: null, digits: null, purpose: null };
const withPhone = [person, ...enrolled(phone)];

describe('resetting attempts', () => {
  it('takes back all counts and enables what was disabled', () => {
    const past = [
      ...withPhone,
      ...enrolled(watch),
      ...times(40, failed([phone])),
      disabled(phone),
      codeFailed,
    ];
    given(...past)
      .when(resetAttempts, { organizationId: acme, reason })
      .then(attemptsReset);
    const account = accountOf(...past, attemptsReset);
    expect(account.attempts).toEqual(noAccount.attempts);
    expect(account.totp).toEqual(accountOf(...withPhone, ...enrolled(watch)).totp);
  });

  it.each([
    { what: 'failures of a ready device', past: [failed([phone])] },
    { what: 'a disabled device', past: [disabled(phone)] },
  ])('takes back $what alone', ({ past }) => {
    expect(accountOf(...withPhone, ...past).totp).not.toEqual(accountOf(...withPhone).totp);
    expect(accountOf(...withPhone, ...past, attemptsReset).totp).toEqual(accountOf(...withPhone).totp);
  });

  it('leaves what is spent spent', () => {
    given(...withPhone, attemptsReset)
      .when(verifyTotp, { ...address, comparisons: [{ totpId: phone, steps: [100] }] })
      .thenRejected(
        { code: 'code-already-used', attemptsLeft: 19, nextAttemptAt: now },
        failed([phone], 'used'),
      );
  });
});

describe('resetting factors', () => {
  it('takes every device and code, all counts, and all sessions', () => {
    const past = [
      ...withPhone,
      added(watch),
      generated(['aa']),
      ...times(40, failed([phone])),
      disabled(phone),
    ];
    given(...past)
      .when(resetFactors, { organizationId: acme, reason })
      .then(factorsReset);
    const sessions = { generation: 1, kept: null };
    expect(accountOf(...past, factorsReset)).toEqual({ ...accountOf(person), sessions });
  });
});

describe.each([
  { name: 'resetting attempts', reset: resetAttempts, event: attemptsReset },
  { name: 'resetting factors', reset: resetFactors, event: factorsReset },
])('$name', ({ reset, event }) => {
  it('is recorded also where there is nothing to reset, for its reason', () => {
    given(person).when(reset, { organizationId: acme, reason }).then(event);
  });

  it('is done by an administrator, also for a locked user', () => {
    given(person, { type: 'user.locked' }).when(reset, { organizationId: acme, reason }).then(event);
  });

  it.each([['user.removed'], ['user.erased']] as const)('is refused after %s', (type) => {
    given(person, { type })
      .when(reset, { organizationId: acme, reason })
      .thenRejected({ code: 'user-not-found' });
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person)
      .when(reset, { organizationId: anotherOrganization, reason })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('devices and counts', () => {
  const account: Account = accountOf(...withPhone);

  it.each<[string, AccountEvent]>([
    ['a code of an unknown device', succeeded(watch, 101)],
    ['a confirmation of an unknown device', verified(watch, 7)],
    ['a removal of an unknown device', removed(watch)],
    ['a failure of an unknown device', failed([watch])],
    ['a recovery code', codeSpent('aa')],
    ['a reset of nothing', attemptsReset],
    ['a user', { type: 'user.locked' }],
  ])('are the object that they were after what does not concern them: %s', (_, event) => {
    expect(evolveAccount(account, event, before).totp).toBe(account.totp);
  });

  it.each<[string, AccountEvent]>([
    ['a success without failures', succeeded(phone, 101)],
    ['a recovery code', codeSpent('aa')],
    ['a user', { type: 'user.locked' }],
  ])('are counted in the same object after %s', (_, event) => {
    expect(evolveAccount(account, event, before).attempts).toBe(account.attempts);
  });
});
