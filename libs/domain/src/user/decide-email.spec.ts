import { describe, expect, test } from '@jest/globals';
import {
  allGuesses,
  code,
  codeAdded,
  deactivated,
  elsewhere,
  emailVerified,
  here,
  human,
  humanAdded,
  locked,
  machineAdded,
  newCode,
  newCodeAdded,
  organizationId,
  otherEmail,
  removed,
  right,
  sameEmail,
  sealed,
  toOtherEmail,
  verifiedHumanAdded,
  wrong,
  wrongGuess,
} from '#domain/testing/people.js';
import { accountOf, circumstances, given } from '#domain/testing/specification.js';
import { changeEmail, emailCodeToCompare, requestEmailCode, verifyEmail } from '#domain/user/decide-email.js';

describe('changing an email address', () => {
  test('a changed address has to be verified', () => {
    given(verifiedHumanAdded)
      .when(changeEmail, toOtherEmail)
      .then({ type: 'user.human.email.changed', ...otherEmail, verified: false });
  });

  test('a changed address may come with its code', () => {
    given(humanAdded)
      .when(changeEmail, { ...toOtherEmail, code })
      .then({ type: 'user.human.email.changed', ...otherEmail, verified: false }, codeAdded);
  });

  test('a changed address may be verified by whoever changes it, and needs no code then', () => {
    given(humanAdded)
      .when(changeEmail, { ...toOtherEmail, verified: true, code })
      .then({ type: 'user.human.email.changed', ...otherEmail, verified: true });
  });

  test('another spelling of a verified address stays verified', () => {
    const spelling = { email: sealed('Anna@acme.example'), emailKey: human.emailKey };
    given(verifiedHumanAdded)
      .when(changeEmail, { ...toOtherEmail, ...spelling, code })
      .then({ type: 'user.human.email.changed', ...spelling, verified: true });
  });

  test('the same address may be declared verified', () => {
    given(humanAdded)
      .when(changeEmail, { ...toOtherEmail, ...sameEmail, verified: true })
      .then(emailVerified);
  });

  test('the same address stays verified and gets no code', () => {
    given(verifiedHumanAdded)
      .when(changeEmail, { ...toOtherEmail, ...sameEmail, verified: true })
      .then();
    given(verifiedHumanAdded)
      .when(changeEmail, { ...toOtherEmail, ...sameEmail, code })
      .then();
  });

  test('the same address, not verified yet, may get a new code', () => {
    given(humanAdded)
      .when(changeEmail, { ...toOtherEmail, ...sameEmail, code })
      .then(codeAdded);
  });
});

describe('verifying an email address', () => {
  test('a code may be asked for', () => {
    given(humanAdded)
      .when(requestEmailCode, { organizationId, ...code })
      .then(codeAdded);
  });

  test('the code to compare with is the one asked for last', () => {
    expect(
      emailCodeToCompare(accountOf(humanAdded, codeAdded, newCodeAdded), here, circumstances()),
    ).toStrictEqual({ kind: 'accepted', answer: newCode.code });
  });

  test('a right guess verifies the address', () => {
    given(humanAdded, codeAdded).when(verifyEmail, right).then(emailVerified);
  });

  test('a wrong guess is counted, and says how many are left', () => {
    given(humanAdded, codeAdded)
      .when(verifyEmail, wrong)
      .thenRejected({ code: 'email-code-wrong', guessesLeft: 4 }, wrongGuess);
    given(humanAdded, codeAdded, ...allGuesses.slice(1))
      .when(verifyEmail, wrong)
      .thenRejected({ code: 'email-code-wrong', guessesLeft: 0 }, wrongGuess);
  });

  test('the last guess may be right', () => {
    given(humanAdded, codeAdded, ...allGuesses.slice(1))
      .when(verifyEmail, right)
      .then(emailVerified);
  });

  test('a new code starts the guesses anew', () => {
    given(humanAdded, codeAdded, ...allGuesses, newCodeAdded)
      .when(verifyEmail, wrong)
      .thenRejected({ code: 'email-code-wrong', guessesLeft: 4 }, wrongGuess);
  });

  test('a changed address starts the guesses anew, and voids the code of the old one', () => {
    const changed = { type: 'user.human.email.changed', ...otherEmail, verified: false } as const;
    given(humanAdded, codeAdded, ...allGuesses, changed)
      .when(verifyEmail, right)
      .thenRejected({ code: 'email-code-not-found' });
    given(humanAdded, codeAdded, ...allGuesses, changed, newCodeAdded)
      .when(verifyEmail, wrong)
      .thenRejected({ code: 'email-code-wrong', guessesLeft: 4 }, wrongGuess);
  });

  test('a code is good until just before it expires', () => {
    const late = circumstances({ now: code.expiresAt - 1 });
    given(humanAdded, codeAdded).when(verifyEmail, right, late).then(emailVerified);
  });

  const tooLate = circumstances({ now: code.expiresAt });

  test.each([
    ['user-not-found', [], circumstances()],
    ['user-not-found', [{ ...humanAdded, ...elsewhere }, codeAdded], circumstances()],
    ['user-not-found', [humanAdded, codeAdded, removed], circumstances()],
    ['user-locked', [humanAdded, codeAdded, locked], circumstances()],
    ['user-inactive', [humanAdded, codeAdded, deactivated], circumstances()],
    ['organization-not-found', [humanAdded, codeAdded], circumstances({ organization: 'removed' })],
    ['organization-not-active', [humanAdded, codeAdded], circumstances({ organization: 'inactive' })],
    ['user-not-human', [machineAdded], circumstances()],
    ['email-already-verified', [verifiedHumanAdded], circumstances()],
    ['email-already-verified', [humanAdded, codeAdded, emailVerified], circumstances()],
    ['email-code-not-found', [humanAdded], circumstances()],
    ['email-code-expired', [humanAdded, codeAdded], tooLate],
    ['email-code-expired', [humanAdded, codeAdded, ...allGuesses], tooLate],
    ['email-code-exhausted', [humanAdded, codeAdded, ...allGuesses], circumstances()],
  ] as const)('%s: a guess is refused uncompared and without an event (%#)', (code, past, facts) => {
    const refused = { kind: 'rejected', refusal: { code } };
    expect(emailCodeToCompare(accountOf(...past), here, facts)).toStrictEqual(refused);
    given(...past)
      .when(verifyEmail, right, facts)
      .thenRejected({ code });
    given(...past)
      .when(verifyEmail, wrong, facts)
      .thenRejected({ code });
  });

  test.each([
    ['user-not-found', [{ ...humanAdded, ...elsewhere }], circumstances()],
    ['user-locked', [humanAdded, locked], circumstances()],
    ['user-inactive', [humanAdded, deactivated], circumstances()],
    ['organization-not-found', [humanAdded], circumstances({ organization: 'unknown' })],
    ['organization-not-active', [humanAdded], circumstances({ organization: 'inactive' })],
    ['user-not-human', [machineAdded], circumstances()],
    ['email-already-verified', [verifiedHumanAdded], circumstances()],
  ] as const)('%s: no code is made', (refusal, past, facts) => {
    given(...past)
      .when(requestEmailCode, { organizationId, ...code }, facts)
      .thenRejected({ code: refusal });
  });
});
