import { describe, expect, it } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { accountAfter, evolveAccount, noAccount } from '#domain/account/state.js';
import {
  generateRecoveryCodes,
  recoveryTarget,
  removeRecoveryCodes,
  verifyRecoveryCode,
} from '#domain/recovery-codes/decide.js';
import {
  acme,
  added,
  anotherOrganization,
  attemptsReset,
  codeFailed,
  codeSpent,
  codes,
  codesRemoved,
  enrolled,
  factorsReset,
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
import { accountOf, at, before, circumstances, given, now } from '#domain/testing/specification.js';

const guess = (selector: string, matches: boolean) => ({ organizationId: acme, selector, matches });
const generate = (selectors: readonly string[], withPending = false) => ({
  organizationId: acme,
  codes: codes(...selectors),
  withPending,
});
const justAdded = added(phone, now + 1);
/** A sheet of ten. */
const ten = ['00', '01', '02', '03', '04', '05', '06', '07', '08', '09'];

const left = (...past: readonly AccountEvent[]) =>
  accountOf(...past).recoveryCodes.codes.map(({ selector }) => selector);

describe('generating recovery codes', () => {
  it('gives codes that can be used at once', () => {
    given(person)
      .when(generateRecoveryCodes, generate(['aa', 'bb']))
      .then(generated(['aa', 'bb']));
    expect(left(person, generated(['aa', 'bb']))).toEqual(['aa', 'bb']);
  });

  it('generating codes voids the old', () => {
    given(person, generated(['aa']), generated(['bb']))
      .when(verifyRecoveryCode, guess('aa', false))
      .thenRejected({ code: 'wrong-recovery-code', nextAttemptAt: now }, codeFailed);
    expect(left(person, generated(['aa']), generated(['bb']))).toEqual(['bb']);
  });

  it('generating codes voids also those that wait for an enrolment', () => {
    const past = [person, added(phone), generated(['pp'], phone), generated(['aa']), verified(phone, 7)];
    expect(left(...past)).toEqual(['aa']);
  });

  it.each([{ withPending: true }, { withPending: false }])(
    'is for a user of this organization, not of another organization (%o)',
    ({ withPending }) => {
      given(person, justAdded)
        .when(generateRecoveryCodes, {
          ...generate(['aa'], withPending),
          organizationId: anotherOrganization,
        })
        .thenRejected({ code: 'user-not-found' });
    },
  );

  it.each([
    { what: 'no code', selectors: [], bug: 'a set of 0 recovery codes' },
    {
      what: 'fifty-one codes',
      selectors: Array.from({ length: 51 }, (_, index) => `${index}`),
      bug: 'a set of 51 recovery codes',
    },
    {
      what: 'two codes with one selector',
      selectors: ['aa', 'bb', 'aa'],
      bug: 'two recovery codes have the same selector',
    },
  ])('takes a set of $what for a bug', ({ selectors, bug }) => {
    expect(() => given(person).when(generateRecoveryCodes, generate(selectors))).toThrow(new TypeError(bug));
  });

  it.each([1, 50])('makes as few as one and as many as fifty (%d)', (length) => {
    const selectors = Array.from({ length }, (_, index) => `${index}`);
    given(person).when(generateRecoveryCodes, generate(selectors)).then(generated(selectors));
  });
});

describe('recovery codes made with a pending factor', () => {
  it('name the enrolment that they wait for', () => {
    given(person, justAdded)
      .when(generateRecoveryCodes, generate(['pp'], true))
      .then(generated(['pp'], phone));
  });

  it('are no others than those made for it', () => {
    given(person, justAdded)
      .when(generateRecoveryCodes, generate(['aa']))
      .then(generated(['aa']));
  });

  it('stay as they are when one of the old is spent', () => {
    const past = [person, generated(['aa', 'bb']), added(phone), generated(['pp'], phone), codeSpent('aa')];
    expect(left(...past)).toEqual(['bb']);
    expect(left(...past, verified(phone, 7))).toEqual(['pp']);
  });

  it('count for nothing while the factor is pending', () => {
    given(person, justAdded, generated(['pp'], phone))
      .when(verifyRecoveryCode, guess('pp', false))
      .thenRejected({ code: 'recovery-codes-not-found' });
    given(person, generated(['aa']), justAdded, generated(['pp'], phone))
      .when(verifyRecoveryCode, guess('aa', true))
      .thenAnswers({ codesLeft: 0, notice: 'few-left' }, codeSpent('aa'));
  });

  it('replace the old ones when the factor is confirmed', () => {
    const past = [person, generated(['aa']), added(phone), generated(['pp', 'qq'], phone)];
    expect(left(...past)).toEqual(['aa']);
    expect(accountOf(...past, verified(phone, 7)).recoveryCodes).toEqual({
      codes: codes('pp', 'qq'),
      pending: null,
    });
  });

  it('are not those of another factor that is confirmed', () => {
    expect(left(person, added(phone), generated(['pp'], phone), verified(watch, 7))).toEqual([]);
  });

  it('stay the old ones when the factor is confirmed without new ones', () => {
    expect(left(person, generated(['aa']), added(phone), verified(phone, 7))).toEqual(['aa']);
  });

  it.each<[string, AccountEvent]>([
    ['replaced', added(watch)],
    ['replaced by one of the same id', added(phone)],
    ['imported instead', imported(phone)],
    ['removed', removed(phone)],
    ['reset', factorsReset],
  ])('die with the factor when it is %s', (_, event) => {
    const past = [person, added(phone), generated(['pp'], phone)];
    expect(accountOf(...past, event).recoveryCodes.pending).toBeNull();
    expect(left(...past, event, added(phone), verified(phone, 7))).toEqual([]);
  });

  it.each<[string, AccountEvent]>([
    ['removed', removed(watch)],
    ['imported', imported(watch)],
    ['used', succeeded(watch, 101)],
  ])('go on waiting when another device is %s', (_, event) => {
    const past = [person, ...enrolled(watch), added(phone), generated(['pp'], phone)];
    expect(left(...past, event, verified(phone, 7))).toEqual(['pp']);
  });

  it.each([
    { what: 'nothing is pending', past: [person] },
    { what: 'what was pending has expired', past: [person, added(phone, now)] },
    { what: 'the factor is ready already', past: [person, ...enrolled(phone)] },
  ])('are refused where $what', ({ past }) => {
    given(...past)
      .when(generateRecoveryCodes, generate(['pp'], true))
      .thenRejected({ code: 'totp-registration-not-found' });
  });
});

describe('verifying a recovery code', () => {
  it('finds the one hash to compare with by the selector', () => {
    expect(
      recoveryTarget(accountOf(person, generated(['aa', 'bb'])), guess('bb', true), circumstances()),
    ).toEqual({
      kind: 'target',
      hash: 'hash of bb',
    });
  });

  it('names no hash for a selector that is unknown, or spent', () => {
    const account = accountOf(person, generated(['aa', 'bb']), codeSpent('aa'));
    expect(recoveryTarget(account, guess('zz', false), circumstances())).toEqual({
      kind: 'target',
      hash: null,
    });
    expect(recoveryTarget(account, guess('aa', false), circumstances())).toEqual({
      kind: 'target',
      hash: null,
    });
  });

  it('spends it', () => {
    given(person, generated(ten))
      .when(verifyRecoveryCode, guess('04', true))
      .thenAnswers({ codesLeft: 9, notice: null }, codeSpent('04'));
    expect(left(person, generated(['aa', 'bb']), codeSpent('aa'))).toEqual(['bb']);
  });

  it.each([
    { spent: 5, codesLeft: 4, notice: null },
    { spent: 6, codesLeft: 3, notice: 'few-left' as const },
    { spent: 9, codesLeft: 0, notice: 'few-left' as const },
  ])('gives notice when three are left ($codesLeft)', ({ spent, ...told }) => {
    given(person, generated(ten), ...ten.slice(0, spent).map(codeSpent))
      .when(verifyRecoveryCode, guess('09', true))
      .thenAnswers(told, codeSpent('09'));
  });

  it('refuses when the last one is spent', () => {
    given(person, generated(['aa']), codeSpent('aa'))
      .when(verifyRecoveryCode, guess('aa', false))
      .thenRejected({ code: 'recovery-codes-not-found' });
  });

  it('one recovery code, sixty-four parallel uses: one spent', () => {
    const use = { account: accountOf(person, generated(ten)), events: [] as AccountEvent[] };
    for (let turn = 0; turn < 64; turn += 1) {
      const target = recoveryTarget(use.account, guess('04', true), circumstances());
      const matches = target.kind === 'target' && target.hash !== null;
      const { events } = verifyRecoveryCode(use.account, guess('04', matches), circumstances());
      use.account = accountAfter(use.account, events, now);
      use.events.push(...events);
    }
    // The five failures that are free; the rest was not compared.
    expect(use.events).toEqual([codeSpent('04'), ...times(5, codeFailed)]);
  });

  it('counts a wrong one, and says when the next is compared', () => {
    given(person, generated(ten))
      .when(verifyRecoveryCode, guess('04', false))
      .thenRejected({ code: 'wrong-recovery-code', nextAttemptAt: now }, codeFailed);
    given(person, generated(ten), ...times(4, codeFailed))
      .when(verifyRecoveryCode, guess('zz', false))
      .thenRejected({ code: 'wrong-recovery-code', nextAttemptAt: now + 30_000 }, codeFailed);
  });

  it('is delayed, uncompared and without an event, after too many failures', () => {
    const past = [person, generated(ten), ...times(5, codeFailed).map((event) => at(now - 29_999, event))];
    const delayed = { code: 'attempts-delayed', nextAttemptAt: now + 1, attemptsLeft: null } as const;
    given(...past)
      .when(verifyRecoveryCode, guess('04', true))
      .thenRejected(delayed);
    expect(recoveryTarget(accountOf(...past), guess('04', true), circumstances())).toEqual({
      kind: 'rejected',
      refusal: delayed,
    });
    given(...past)
      .when(verifyRecoveryCode, guess('04', true), circumstances({ now: now + 1 }))
      .thenAnswers({ codesLeft: 9, notice: null }, codeSpent('04'));
  });

  it('is never refused for good: they are the way back', () => {
    given(person, ...enrolled(phone), generated(ten), ...times(1_000, codeFailed))
      .when(verifyRecoveryCode, guess('04', true))
      .thenAnswers({ codesLeft: 9, notice: null }, codeSpent('04'));
  });

  it('takes a match with a code that is not there for a bug', () => {
    expect(() => given(person, generated(['aa'])).when(verifyRecoveryCode, guess('zz', true))).toThrow(
      new TypeError('a recovery code matches that is not there'),
    );
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person, generated(ten))
      .when(verifyRecoveryCode, { ...guess('04', true), organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('a locked, inactive, removed or erased user verifies nothing', () => {
  it.each([
    ['user.locked', 'user-locked'],
    ['user.deactivated', 'user-inactive'],
    ['user.removed', 'user-not-found'],
    ['user.erased', 'user-not-found'],
  ] as const)('no recovery code after %s', (type, code) => {
    const past = [person, generated(ten), { type }];
    given(...past)
      .when(verifyRecoveryCode, guess('04', true))
      .thenRejected({ code });
    given(...past)
      .when(generateRecoveryCodes, generate(['aa']))
      .thenRejected({ code });
    expect(recoveryTarget(accountOf(...past), guess('04', true), circumstances())).toEqual({
      kind: 'rejected',
      refusal: { code },
    });
  });
});

describe('removing recovery codes', () => {
  it('takes all of them, those that wait for an enrolment included', () => {
    given(person, generated(['aa']))
      .when(removeRecoveryCodes, { organizationId: acme })
      .then(codesRemoved);
    given(person, added(phone), generated(['pp'], phone))
      .when(removeRecoveryCodes, { organizationId: acme })
      .then(codesRemoved);
    expect(
      left(
        person,
        generated(['aa']),
        added(phone),
        generated(['pp'], phone),
        codesRemoved,
        verified(phone, 7),
      ),
    ).toEqual([]);
  });

  it('is accepted without an event when there are none', () => {
    given(person).when(removeRecoveryCodes, { organizationId: acme }).then();
  });

  it('is for a user of this organization, not of another organization', () => {
    given(person, generated(['aa']))
      .when(removeRecoveryCodes, { organizationId: anotherOrganization })
      .thenRejected({ code: 'user-not-found' });
  });
});

describe('recovery codes', () => {
  it.each<[string, AccountEvent]>([
    ['a spent code that is not there', codeSpent('zz')],
    ['a wrong code', codeFailed],
    ['an attempts reset', attemptsReset],
    ['a device', succeeded(phone, 101)],
    ['a confirmation', verified(phone, 7)],
    ['a registration', added(phone)],
    ['a user', { type: 'user.locked' }],
  ])('are the object that they were after what does not concern them: %s', (_, event) => {
    const account = accountOf(person, generated(ten));
    expect(evolveAccount(account, event, before).recoveryCodes).toBe(account.recoveryCodes);
    expect(evolveAccount(noAccount, event, before).recoveryCodes).toBe(noAccount.recoveryCodes);
  });
});
