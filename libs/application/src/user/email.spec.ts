import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { accepted, answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, openInhabited, otherId } from '#application/testing/people.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { LockUser } from '#application/user/lock-user.js';
import { RequestEmailCode } from '#application/user/request-email-code.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import { emailGuessesMax } from '#domain/user/decide-email.js';

const her = { organizationId, userId: ada, by };
const added = 'user.human.email.code.added';
const changed = 'user.human.email.changed';
const verified = 'user.human.email.verified';
const failed = 'user.human.email.verification.failed';
const anyCode = expect.stringMatching(/^[0-9A-Z]{6}$/);

let house: House;
beforeEach(async () => {
  house = await openInhabited();
  await answerOf(house, human(ada, 'ada'));
  house.clock.now += 1_000;
});
afterEach(() => house.close());

const change = (email: string, emailVerification: 'verified' | 'code' | 'none' = 'none') =>
  new ChangeEmail({ ...her, email, emailVerification });
const verify = (code: string) => new VerifyEmail({ ...her, code });
const codeOf = async () => (await answerOf(house, new RequestEmailCode(her))).emailCode;
/** Never the right one: it has a character that no code has. */
const wrongCode = 'U00000';

describe('a code for an email address', () => {
  it('is told to the caller, lives ten minutes, and verifies the address, which is a login name then', async () => {
    const expiresAt = house.clock.now + 600_000;
    const asked = await attempt(house, new RequestEmailCode(her));
    expect(asked).toEqual(accepted(house, { sequence: 2, answer: { emailCode: anyCode, expiresAt } }, added));
    const { emailCode } = (asked.outcome as { answer: { emailCode: string } }).answer;
    house.clock.now = expiresAt - 1;
    expect(await attempt(house, verify(` ${emailCode.toLowerCase()}`))).toEqual(
      accepted(house, { sequence: 3 }, 'login.claimed', verified, 'login.confirmed'),
    );
    expect(await attempt(house, human(bob, 'ada@example.com'))).toEqual(refused('login-name-taken'));
  });

  it('is refused without an event once its time is over', async () => {
    const code = await codeOf();
    house.clock.now += 600_000;
    expect(await attempt(house, verify(code))).toEqual(refused('email-code-expired'));
  });

  it('takes so many wrong guesses, each of which is counted, and is void then', async () => {
    const code = await codeOf();
    for (let left = emailGuessesMax - 1; left >= 0; left -= 1)
      expect(await attempt(house, verify(wrongCode))).toEqual(
        refused({ code: 'email-code-wrong', guessesLeft: left }, failed),
      );
    expect(await attempt(house, verify(code))).toEqual(refused('email-code-exhausted'));
    expect(await attempt(house, verify(await codeOf()))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('is void when another one is made', async () => {
    const first = await codeOf();
    const second = await codeOf();
    expect(await attempt(house, verify(first))).toEqual(
      refused({ code: 'email-code-wrong', guessesLeft: 4 }, failed),
    );
    expect(await attempt(house, verify(second))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('is void when the address changes', async () => {
    const code = await codeOf();
    await answerOf(house, change('new@example.com'));
    expect(await attempt(house, verify(code))).toEqual(refused('email-code-not-found'));
  });

  it('is neither made nor looked at where there is nothing to prove', async () => {
    await answerOf(house, verify(await codeOf()));
    expect(await attempt(house, new RequestEmailCode(her))).toEqual(refused('email-already-verified'));
    expect(await attempt(house, verify(wrongCode))).toEqual(refused('email-already-verified'));
  });

  it('is neither made nor looked at for who is locked, or in an organization that is not active', async () => {
    const code = await codeOf();
    await answerOf(house, new DeactivateOrganization({ organizationId, by }));
    expect(await attempt(house, verify(code))).toEqual(refused('organization-not-active'));
    await answerOf(house, new LockUser(her));
    expect(await attempt(house, verify(code))).toEqual(refused('user-locked'));
    expect(await attempt(house, new RequestEmailCode(her))).toEqual(refused('user-locked'));
  });

  it('is not wasted where another user, of whichever organization, has the address as a login name', async () => {
    const code = await codeOf();
    const theirs = { organizationId: otherId, email: 'bob@example.com' };
    await answerOf(house, human(bob, 'ADA@example.com', theirs));
    expect(await attempt(house, verify(code))).toEqual(refused('login-name-taken'));
    expect(await attempt(house, verify(wrongCode))).toEqual(
      refused({ code: 'email-code-wrong', guessesLeft: 4 }, failed),
    );
    await answerOf(house, new ChangeEmail({ ...theirs, userId: bob, email: 'b@example.com', by }));
    expect(await attempt(house, verify(code))).toEqual(refused('login-name-taken'));
  });

  it('verifies once, of sixty-four at the same time', async () => {
    const code = await codeOf();
    const told = await Promise.all(Array.from({ length: 64 }, () => house.run(verify(code))));
    expect(told.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
  });
});

describe('changing an email address', () => {
  it('makes it unverified, and no login name', async () => {
    expect(await attempt(house, change('new@example.com'))).toEqual(
      accepted(house, { sequence: 2, answer: { emailCode: null } }, changed),
    );
    expect(await attempt(house, human(bob, 'new@example.com'))).toMatchObject({
      outcome: { kind: 'accepted' },
    });
  });

  it('may come with a code, which verifies the new address', async () => {
    const told = await attempt(house, change('new@example.com', 'code'));
    expect(told).toEqual(accepted(house, { sequence: 3, answer: { emailCode: anyCode } }, changed, added));
    const { emailCode } = (told.outcome as { answer: { emailCode: string } }).answer;
    expect(await attempt(house, verify(emailCode))).toMatchObject({ outcome: { kind: 'accepted' } });
  });

  it('may be verified by the caller: the new address is a login name then, and the old one is free', async () => {
    await answerOf(house, change('ada@example.com', 'verified'));
    expect(await attempt(house, change('new@example.com', 'verified'))).toEqual(
      accepted(
        house,
        { sequence: 3, answer: { emailCode: null } },
        'login.claimed',
        changed,
        'login.confirmed',
        'login.released',
      ),
    );
    expect(await attempt(house, human(bob, 'new@example.com'))).toEqual(refused('login-name-taken'));
    await answerOf(house, human(bob, 'ada@example.com'));
  });

  it('keeps the old address as a login name where it is the username', async () => {
    await answerOf(
      house,
      human(bob, 'bob@example.com', { email: 'bob@example.com', emailVerification: 'verified' }),
    );
    const his = { ...her, userId: bob };
    expect(await attempt(house, new ChangeEmail({ ...his, email: 'b@example.com' }))).toEqual(
      accepted(house, { sequence: 2, answer: { emailCode: null } }, changed),
    );
    expect(await attempt(house, change('bob@example.com', 'verified'))).toEqual(refused('login-name-taken'));
  });

  it('writes nothing where it is the same address', async () => {
    expect(await attempt(house, change('ada@example.com'))).toMatchObject({
      outcome: { kind: 'accepted', details: { sequence: 1 } },
      appended: [],
    });
  });

  it('leaves a verified address verified in another spelling, without a code', async () => {
    await answerOf(house, change('ada@example.com', 'verified'));
    expect(await attempt(house, change('Ada@example.com', 'code'))).toEqual(
      accepted(house, { sequence: 3, answer: { emailCode: null } }, changed),
    );
  });

  it('is refused where another user has the new address as a login name', async () => {
    await answerOf(house, human(bob, 'taken@example.com'));
    expect(await attempt(house, change('taken@example.com', 'verified'))).toEqual(
      refused('login-name-taken'),
    );
    await answerOf(house, change('taken@example.com', 'none'));
  });
});
