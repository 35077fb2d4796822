import { describe, expect, test } from '@jest/globals';
import type { AccountEvent } from '#domain/account/events.js';
import { noAccount } from '#domain/account/state.js';
import {
  changePassword,
  passwordTarget,
  passwordToChange,
  resetPassword,
  setPassword,
  verifyPassword,
  withFirstPassword,
} from '#domain/password/decide.js';
import { codeFailed, enrolled, failed, phone, times } from '#domain/testing/factors.js';
import {
  another,
  changed,
  fine,
  notAnother,
  rehashed,
  resetCodeAdded,
  right,
  wrong,
} from '#domain/testing/passwords.js';
import {
  deactivated,
  elsewhere,
  here,
  human,
  humanAdded,
  locked,
  machineAdded,
  organizationId,
  removed,
  sealed,
} from '#domain/testing/people.js';
import { accountOf, at, before, circumstances, given, now } from '#domain/testing/specification.js';
import { addHuman } from '#domain/user/decide.js';

const person = [humanAdded, changed()];
const rightGuess = { organizationId, matches: true, rehashed: null };
const wrongGuess = { organizationId, matches: false, rehashed: null };
const set = { organizationId, password: another };
const wrongSet = { organizationId, password: notAnother };
const lastFailed = (failures: number, time = now) => times(failures, at(time, wrong));
const target = (...past: readonly AccountEvent[]) =>
  passwordTarget(accountOf(...past), here, circumstances());

describe('a password that is given', () => {
  test('is compared with the one that was set last', () => {
    expect(target(...person, changed('new', 'reset'))).toEqual({
      kind: 'target',
      hash: sealed('hash of new'),
    });
    expect(target(...person, rehashed)).toEqual({ kind: 'target', hash: sealed('new hash of old') });
  });

  test('is compared with nothing of the user where there is none, and no rehash makes one', () => {
    expect(target(humanAdded)).toEqual({ kind: 'target', hash: null });
    expect(target(machineAdded)).toEqual({ kind: 'target', hash: null });
    expect(target(humanAdded, rehashed)).toEqual({ kind: 'target', hash: null });
  });

  test('is right, and those before it count no longer', () => {
    given(...person)
      .when(verifyPassword, rightGuess)
      .then(right);
    given(...person, ...times(4, wrong), right, ...times(4, wrong))
      .when(verifyPassword, wrongGuess)
      .thenRejected(
        { code: 'password-wrong', failures: 5, attemptsLeft: 95, nextAttemptAt: now + 30_000 },
        wrong,
      );
    expect(accountOf(...person, right)).toEqual(accountOf(...person));
  });

  test('is kept under another hash in the append that finds it right', () => {
    given(...person)
      .when(verifyPassword, { ...rightGuess, rehashed: sealed('new hash of old') })
      .then(right, rehashed);
    given(...person)
      .when(verifyPassword, { organizationId, matches: true })
      .then(right);
  });

  test('is wrong, counts, and is told what is left', () => {
    given(...person)
      .when(verifyPassword, wrongGuess)
      .thenRejected({ code: 'password-wrong', failures: 1, attemptsLeft: 99, nextAttemptAt: now }, wrong);
    given(...person, ...times(3, wrong))
      .when(verifyPassword, wrongGuess)
      .thenRejected({ code: 'password-wrong', failures: 4, attemptsLeft: 96, nextAttemptAt: now }, wrong);
  });

  test.each([
    ['a person without one', [humanAdded]],
    ['a machine', [machineAdded]],
  ] as const)('is answered for %s as a wrong one is, to the end', (_, nobody) => {
    for (const failures of [0, 4, 5, 20, 99, 100]) {
      const facts = circumstances({ now: now + 3_600_000 });
      const [one, other] = [nobody, person].map((past) =>
        given(...past, ...lastFailed(failures)).when(verifyPassword, wrongGuess, facts),
      );
      expect(one?.decision).toEqual(other?.decision);
      const [later, otherLater] = [nobody, person].map((past) =>
        given(...past, ...lastFailed(failures)).when(verifyPassword, wrongGuess),
      );
      expect(later?.decision).toEqual(otherLater?.decision);
    }
  });

  test('that matches where there is none is a bug', () => {
    expect(() => given(humanAdded).when(verifyPassword, rightGuess)).toThrow(
      new TypeError('a password matches that is not there'),
    );
  });

  test.each([
    ['user-not-found', [], circumstances()],
    ['user-not-found', [{ ...humanAdded, ...elsewhere }, changed()], circumstances()],
    ['user-not-found', [...person, removed], circumstances()],
    ['user-locked', [...person, locked], circumstances()],
    ['user-inactive', [...person, deactivated], circumstances()],
    ['organization-not-found', person, circumstances({ organization: 'removed' })],
    ['organization-not-active', person, circumstances({ organization: 'inactive' })],
  ] as const)('%s: it is refused uncompared and without an event (%#)', (code, past, facts) => {
    expect(passwordTarget(accountOf(...past), here, facts)).toEqual({ kind: 'rejected', refusal: { code } });
    given(...past)
      .when(verifyPassword, rightGuess, facts)
      .thenRejected({ code });
    given(...past)
      .when(changePassword, wrongSet, facts)
      .thenRejected({ code });
  });
});

describe('wrong passwords in a row', () => {
  const delayed = (attemptsLeft: number, nextAttemptAt: number) =>
    ({ code: 'password-delayed', attemptsLeft, nextAttemptAt }) as const;

  test.each([
    [5, 30],
    [6, 60],
    [11, 1_920],
    [12, 3_600],
    [99, 3_600],
  ])('%d of them make the next wait %d s, right or wrong, at no cost', (failures, seconds) => {
    const over = now + seconds * 1_000;
    const early = circumstances({ now: over - 1 });
    const past = [...person, ...lastFailed(failures)];
    given(...past)
      .when(verifyPassword, rightGuess, early)
      .thenRejected(delayed(100 - failures, over));
    given(...past)
      .when(verifyPassword, wrongGuess, early)
      .thenRejected(delayed(100 - failures, over));
    given(...past)
      .when(verifyPassword, rightGuess, circumstances({ now: over }))
      .then(right);
  });

  test('wait as the organization says', () => {
    const settings = { passwordFailuresBeforeDelay: 1, delaySecondsFirst: 10, delaySecondsMax: 30 };
    given(...person, ...lastFailed(1))
      .when(verifyPassword, rightGuess, circumstances({ settings }))
      .thenRejected(delayed(99, now + 10_000));
    given(...person, ...lastFailed(9))
      .when(verifyPassword, rightGuess, circumstances({ settings }))
      .thenRejected(delayed(91, now + 30_000));
    const others = { failuresBeforeDelay: 1 };
    given(...person, ...lastFailed(4))
      .when(verifyPassword, rightGuess, circumstances({ settings: others }))
      .then(right);
  });

  test('wait for no time that a clock set back makes endless', () => {
    given(...person, ...lastFailed(50, now + 3_600_001))
      .when(verifyPassword, rightGuess)
      .then(right);
  });

  test('the hundredth is the last, and says that waiting does not help', () => {
    given(...person, ...times(99, wrong))
      .when(verifyPassword, wrongGuess)
      .thenRejected({ code: 'password-wrong', failures: 100, attemptsLeft: 0, nextAttemptAt: null }, wrong);
  });

  test('a hundred of them have even the right one refused, whatever the time', () => {
    const facts = circumstances({ now: now + 400 * 86_400_000 });
    const past = [...person, ...times(100, wrong)];
    given(...past)
      .when(verifyPassword, rightGuess, facts)
      .thenRejected({ code: 'password-exhausted' });
    given(...past)
      .when(changePassword, set, facts)
      .thenRejected({ code: 'password-exhausted' });
  });

  test('are still too many after fewer are allowed', () => {
    given(...person, ...times(20, wrong))
      .when(verifyPassword, rightGuess, circumstances({ settings: { passwordFailuresMax: 10 } }))
      .thenRejected({ code: 'password-exhausted' });
  });

  test.each([
    ['an administrator', changed('new', 'set')],
    ['a code', changed('new', 'reset')],
  ])('are forgiven by a password that is set by %s', (_, event) => {
    given(...person, ...times(100, wrong), event)
      .when(verifyPassword, rightGuess)
      .then(right);
  });

  test('cost no second factor anything, and its failures no password', () => {
    const withFactors = accountOf(...person, ...enrolled(phone), ...times(4, failed([phone])), codeFailed);
    const guessed = accountOf(
      ...person,
      ...enrolled(phone),
      ...times(4, failed([phone])),
      codeFailed,
      ...times(100, wrong),
      right,
    );
    expect({ ...guessed, password: null }).toEqual({ ...withFactors, password: null });
    expect(withFactors.password).toEqual(accountOf(...person).password);
  });

  test('the times of failures are those of the events', () => {
    expect(accountOf(...person, wrong, at(now, wrong)).password.inARow).toEqual({ failures: 2, lastAt: now });
    expect(accountOf(...person, wrong).password.inARow).toEqual({ failures: 1, lastAt: before });
  });

  describe('a password that an administrator sets', () => {
    test('replaces the one before, or is the first', () => {
      given(...person)
        .when(setPassword, set)
        .then(changed('new', 'set'));
      given(humanAdded).when(setPassword, set).then(changed('new', 'set'));
    });

    test('may have to be changed at the next login', () => {
      given(humanAdded)
        .when(setPassword, { ...set, password: { ...another, changeRequired: true } })
        .then(changed('new', 'set', true));
      expect(accountOf(humanAdded, changed('new', 'set', true)).password.current).toEqual({
        hash: sealed('hash of new'),
        changeRequired: true,
      });
    });

    test('may be one of a user who may not log in now', () => {
      given(humanAdded, locked).when(setPassword, set).then(changed('new', 'set'));
    });

    test.each([
      ['user-not-found', [{ ...humanAdded, ...elsewhere }]],
      ['user-not-found', [humanAdded, removed]],
      ['user-not-human', [machineAdded]],
    ] as const)('%s: it is refused (%#)', (code, past) => {
      given(...past)
        .when(setPassword, set)
        .thenRejected({ code });
    });
  });

  describe('a password that somebody is added with', () => {
    const addedWith = (password: typeof another | null, facts = circumstances()) =>
      withFirstPassword(addHuman(noAccount, human, facts), password, facts);

    test('is set in the append that adds the person', () => {
      expect(addedWith(another).events.slice(1)).toEqual([changed('new', 'set')]);
      expect(addedWith(another).outcome).toEqual({ kind: 'accepted', answer: null });
      expect(addedWith(null)).toEqual(addHuman(noAccount, human, circumstances()));
    });

    test('is refused where its rules or the addition are, and nobody is added', () => {
      const settings = { passwordCharactersMin: 13 };
      expect(addedWith(another, circumstances({ settings }))).toEqual({
        events: [],
        outcome: { kind: 'rejected', refusal: { code: 'password-too-short', minimum: 13 } },
      });
      expect(addedWith(another, circumstances({ organization: 'unknown' }))).toEqual({
        events: [],
        outcome: { kind: 'rejected', refusal: { code: 'organization-not-found' } },
      });
    });
  });

  describe('a new password', () => {
    const refusals = [
      ['too short', { ...fine, characters: 7 }, {}, { code: 'password-too-short', minimum: 8 }],
      [
        'too short for its organization',
        { ...fine, characters: 14 },
        { passwordCharactersMin: 15 },
        { code: 'password-too-short', minimum: 15 },
      ],
      ['too long', { ...fine, characters: 201 }, {}, { code: 'password-too-long', maximum: 200 }],
      ['guessed first', { ...fine, isCommon: true }, {}, { code: 'password-too-common' }],
      [
        'without a capital letter',
        fine,
        { passwordRequiresUppercase: true },
        { code: 'password-composition', missing: ['uppercase'] },
      ],
      [
        'without a small letter',
        { ...fine, kinds: ['digit'] },
        { passwordRequiresLowercase: true },
        { code: 'password-composition', missing: ['lowercase'] },
      ],
      [
        'without a digit and a symbol',
        fine,
        { passwordRequiresLowercase: true, passwordRequiresDigit: true, passwordRequiresSymbol: true },
        { code: 'password-composition', missing: ['digit', 'symbol'] },
      ],
    ] as const;

    test.each(refusals)(
      'that is %s is refused, whoever chooses it, and nothing is compared for it',
      (_, traits, settings, refusal) => {
        const facts = circumstances({ settings });
        const password = { ...another, traits };
        given(...person)
          .when(setPassword, { ...set, password }, facts)
          .thenRejected(refusal);
        given(...person)
          .when(changePassword, { ...set, password }, facts)
          .thenRejected(refusal);
        given(...person)
          .when(changePassword, { organizationId, password: { ...notAnother, traits } }, facts)
          .thenRejected(refusal);
        given(...person, resetCodeAdded)
          .when(resetPassword, { ...set, password }, facts)
          .thenRejected(refusal);
      },
    );

    test.each([
      ['as short as may be', { ...fine, characters: 8 }, {}],
      ['as long as may be', { ...fine, characters: 200 }, {}],
      ['of every kind', { ...fine, kinds: ['uppercase', 'digit'] }, { passwordRequiresUppercase: true }],
      ['known by its hash alone', null, { passwordCharactersMin: 64, passwordRequiresSymbol: true }],
    ] as const)('may be %s', (_, traits, settings) => {
      given(humanAdded)
        .when(setPassword, { ...set, password: { ...another, traits } }, circumstances({ settings }))
        .then(changed('new', 'set'));
    });
  });

  describe('a password that its user changes', () => {
    test('takes the present one', () => {
      expect(passwordToChange(accountOf(...person), set, circumstances())).toEqual({
        kind: 'target',
        hash: sealed('hash of old'),
      });
      given(...person, ...times(4, wrong))
        .when(changePassword, set)
        .then(right, changed('new', 'changed'));
    });

    test('counts a wrong present one', () => {
      given(...person)
        .when(changePassword, wrongSet)
        .thenRejected({ code: 'password-wrong', failures: 1, attemptsLeft: 99, nextAttemptAt: now }, wrong);
    });

    test.each([
      ['password-not-set', [humanAdded]],
      ['user-not-human', [machineAdded]],
    ] as const)('%s: it is refused uncompared and without an event', (code, past) => {
      expect(passwordToChange(accountOf(...past), set, circumstances())).toEqual({
        kind: 'rejected',
        refusal: { code },
      });
      given(...past)
        .when(changePassword, wrongSet)
        .thenRejected({ code });
    });
  });
});
