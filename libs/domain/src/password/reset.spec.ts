import { describe, expect, test } from '@jest/globals';
import {
  passwordCodeGuessesLeft,
  passwordCodeGuessesMax,
  passwordCodeToCompare,
  requestPasswordCode,
  resetPassword,
} from '#domain/password/decide.js';
import { times } from '#domain/testing/factors.js';
import {
  another,
  changed,
  notAnother,
  resetCode,
  resetCodeAdded,
  wrong,
  wrongResetCode,
} from '#domain/testing/passwords.js';
import {
  deactivated,
  elsewhere,
  humanAdded,
  locked,
  machineAdded,
  organizationId,
  otherEmail,
  sealed,
} from '#domain/testing/people.js';
import { accountOf, circumstances, given } from '#domain/testing/specification.js';

const person = [humanAdded, changed()];
const rightCode = { organizationId, password: another };
const wrongCode = { organizationId, password: notAnother };

describe('a password that is set anew by a code', () => {
  const allGuesses = times(passwordCodeGuessesMax, wrongResetCode);
  const withCode = [...person, resetCodeAdded];

  test('the code may be asked for, with a password or without one', () => {
    given(...person)
      .when(requestPasswordCode, { organizationId, ...resetCode })
      .then(resetCodeAdded);
    given(humanAdded)
      .when(requestPasswordCode, { organizationId, ...resetCode, send: true })
      .then({ ...resetCodeAdded, send: true });
  });

  test('the code to compare with is the one asked for last', () => {
    const newer = { ...resetCodeAdded, code: sealed('9ZQ4TD') };
    expect(passwordCodeToCompare(accountOf(...withCode, newer), rightCode, circumstances())).toEqual({
      kind: 'accepted',
      answer: newer.code,
    });
  });

  test('the right code sets it', () => {
    given(...withCode)
      .when(resetPassword, rightCode)
      .then(changed('new', 'reset'));
    given(humanAdded, resetCodeAdded).when(resetPassword, rightCode).then(changed('new', 'reset'));
  });

  test('the code is the way back when no password is compared any more', () => {
    given(...withCode, ...times(100, wrong))
      .when(resetPassword, rightCode)
      .then(changed('new', 'reset'));
  });

  test('a wrong code is counted, and says how many guesses are left', () => {
    given(...withCode)
      .when(resetPassword, wrongCode)
      .thenRejected({ code: 'password-code-wrong', guessesLeft: 4 }, wrongResetCode);
    given(...withCode, ...allGuesses.slice(1))
      .when(resetPassword, wrongCode)
      .thenRejected({ code: 'password-code-wrong', guessesLeft: 0 }, wrongResetCode);
  });

  test('the last guess may be right, and a new code starts the guesses anew', () => {
    given(...withCode, ...allGuesses.slice(1))
      .when(resetPassword, rightCode)
      .then(changed('new', 'reset'));
    given(...withCode, ...allGuesses, resetCodeAdded)
      .when(resetPassword, wrongCode)
      .thenRejected({ code: 'password-code-wrong', guessesLeft: 4 }, wrongResetCode);
  });

  test('a code is good until just before it expires', () => {
    given(...withCode)
      .when(resetPassword, rightCode, circumstances({ now: resetCode.expiresAt - 1 }))
      .then(changed('new', 'reset'));
  });

  test('a wrong guess counts for nothing where there is no code, at which no guess is left', () => {
    expect(accountOf(...person, wrongResetCode)).toEqual(accountOf(...person));
    expect(passwordCodeGuessesLeft(null)).toBe(0);
  });

  const moved = { type: 'user.human.email.changed', ...otherEmail, verified: false } as const;
  const late = circumstances({ now: resetCode.expiresAt });

  test.each([
    ['user-not-found', [], circumstances()],
    ['user-not-found', [{ ...humanAdded, ...elsewhere }, resetCodeAdded], circumstances()],
    ['user-locked', [...withCode, locked], circumstances()],
    ['user-inactive', [...withCode, deactivated], circumstances()],
    ['organization-not-active', withCode, circumstances({ organization: 'inactive' })],
    ['user-not-human', [machineAdded], circumstances()],
    ['password-code-not-found', person, circumstances()],
    ['password-code-not-found', [...withCode, changed('new', 'reset')], circumstances()],
    ['password-code-not-found', [...withCode, changed('new', 'set')], circumstances()],
    ['password-code-not-found', [...withCode, moved], circumstances()],
    ['password-code-not-found', [...person, moved], circumstances()],
    ['password-code-expired', withCode, late],
    ['password-code-expired', [...withCode, ...allGuesses], late],
    ['password-code-exhausted', [...withCode, ...allGuesses], circumstances()],
  ] as const)('%s: a guess is refused uncompared and without an event (%#)', (code, past, facts) => {
    const refused = { kind: 'rejected', refusal: { code } };
    expect(passwordCodeToCompare(accountOf(...past), rightCode, facts)).toEqual(refused);
    given(...past)
      .when(resetPassword, rightCode, facts)
      .thenRejected({ code });
    given(...past)
      .when(resetPassword, wrongCode, facts)
      .thenRejected({ code });
  });

  test.each([
    ['user-not-found', [{ ...humanAdded, ...elsewhere }], circumstances()],
    ['user-locked', [humanAdded, locked], circumstances()],
    ['user-inactive', [humanAdded, deactivated], circumstances()],
    ['organization-not-found', [humanAdded], circumstances({ organization: 'unknown' })],
    ['user-not-human', [machineAdded], circumstances()],
  ] as const)('%s: no code is made', (code, past, facts) => {
    given(...past)
      .when(requestPasswordCode, { organizationId, ...resetCode }, facts)
      .thenRejected({ code });
  });
});
