import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Outcome } from '#application/caller.js';
import { ChangeOrganizationSettings } from '#application/organization/change-organization-settings.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import type { PasswordForm } from '#application/password/chosen.js';
import { RequestPasswordCode } from '#application/password/request-password-code.js';
import { SetPassword } from '#application/password/set-password.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { addDevice, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  anotherPassword,
  countedSecrets,
  herPassword,
  passwordOf,
  setPasswordBy,
} from '#application/testing/passwords.js';
import { ada, bob, human, machine, openInhabited, otherId, printer } from '#application/testing/people.js';
import { again, everythingIn, her, sentTo } from '#application/testing/sent.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { ChangeEmail } from '#application/user/change-email.js';
import { LockUser } from '#application/user/lock-user.js';
import type { Overrides } from '#domain/organization/settings.js';
import { passwordCodeGuessesMax } from '#domain/password/decide.js';

const changed = 'user.human.password.changed';
const succeeded = 'user.human.password.check.succeeded';
const failed = 'user.human.password.check.failed';
const codeAdded = 'user.human.password.code.added';
const codeFailed = 'user.human.password.code.check.failed';

let house: House;
/** What was hashed or compared since. */
let costs: { hashed: number; compared: number };
beforeEach(async () => {
  const { secrets, counts } = await countedSecrets();
  costs = counts;
  house = await openInhabited({ secrets });
  await answerOf(house, human(ada, 'ada', { password: passwordOf(herPassword) }));
  house.clock.now += 1_000;
  Object.assign(costs, { hashed: 0, compared: 0 });
});
afterEach(() => house.close());

const guess = (text: string) => setPasswordBy('current-password', text);
const byCode = (text: string, value?: string) => setPasswordBy('code', text, value);
const byAdministrator = (value?: string) => setPasswordBy('administrator', '', value);
const requested = async () => (await answerOf(house, new RequestPasswordCode({ ...her, by }))).passwordCode;
const choose = (settings: Overrides) =>
  answerOf(
    house,
    new ChangeOrganizationSettings({ organizationId, changed: new SettingsFields(settings), by }),
  );
/** Whether it is the one of now: with it, the same one is set once more. */
const isHers = async (password: string) =>
  (await house.run<Outcome<null, unknown>>(setPasswordBy('current-password', password, password))).kind ===
  'accepted';
/** Never the right one: it has a character that no code has. */
const wrongCode = 'U00000';

describe('a password', () => {
  it('is set by an administrator, changed with the present one, and set anew by a code', async () => {
    expect(await isHers(herPassword)).toBe(true);
    expect(await attempt(house, byAdministrator('set by another'))).toEqual(
      accepted(house, { sequence: 5 }, changed),
    );
    expect(await isHers(herPassword)).toBe(false);
    expect(
      await attempt(house, setPasswordBy('current-password', 'set by another', 'changed by her')),
    ).toEqual(accepted(house, { sequence: 8 }, succeeded, changed));
    const code = await requested();
    expect(await attempt(house, byCode(` ${code.toLowerCase()} `, 'reset by her'))).toEqual(
      accepted(house, { sequence: 10 }, changed),
    );
    expect(await isHers('reset by her')).toBe(true);
  });

  it.each(['administrator', 'current-password', 'code'] as const)(
    'ends the other sessions of its user in the same append, where that is asked for: by %s',
    async (way) => {
      const code = await requested();
      const text = { administrator: '', 'current-password': herPassword, code }[way];
      const ending = Object.assign(setPasswordBy(way, text), { endOtherSessions: true });
      const { outcome, appended } = await attempt(house, ending);
      expect(outcome).toMatchObject({ kind: 'accepted' });
      expect(appended.slice(-2)).toEqual([changed, 'user.sessions.ended']);
      const wrong = Object.assign(guess('wrong'), { endOtherSessions: true });
      expect((await attempt(house, wrong)).appended).toEqual([failed]);
    },
  );

  it('is the same however a keyboard puts its letters together', async () => {
    await answerOf(house, byAdministrator('Zu\u0308rich, Ende Mai'));
    expect(await isHers('Z\u00fcrich, Ende Mai')).toBe(true);
  });

  it('is written down nowhere in clear, nor is its hash or a code', async () => {
    const code = await requested();
    await answerOf(house, byCode(code));
    const written = JSON.stringify(await everythingIn(house));
    expect(written).toContain(changed);
    for (const secret of [herPassword, anotherPassword, code, '$argon2id$'])
      expect(written).not.toContain(secret);
  });

  it.each<[string, PasswordForm, string]>([
    ['of bcrypt', 'hash', '$2b$04$abcdefghijklmnopqrstuuLPYGc.TVQkPzYHJdmAyLJ2R/F8DdI9m'],
    [
      'of Argon2id',
      'hash',
      '$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$Cq1Q9hJ1yZTKiL2yXo0Bpzf6jXkXn2VSLh0nHBlhUGo',
    ],
  ])('may come as a hash that another system made: %s', async (_, form, value) => {
    expect(await attempt(house, setPasswordBy('administrator', '', passwordOf(value, { form })))).toEqual(
      accepted(house, { sequence: 3 }, changed),
    );
    expect(costs.hashed).toBe(0);
  });

  it.each(['secret', '$md5$secret', '$argon2id$v=19$m=8,t=1,p=1$c2FsdA', '$2b$31$abcdefghijklmnopqrstuu'])(
    'is refused as a hash that nothing could be compared with: %s',
    async (value) => {
      const unreadable = passwordOf(value, { form: 'hash' });
      expect(await attempt(house, setPasswordBy('administrator', '', unreadable))).toEqual(
        refused('password-hash-unreadable'),
      );
      expect(await attempt(house, human(bob, 'bob', { password: unreadable }))).toEqual(
        refused('password-hash-unreadable'),
      );
    },
  );

  it('is not of a user of another organization, and none of a machine', async () => {
    await answerOf(house, machine(printer, 'printer'));
    const { password, shown } = byAdministrator();
    const elsewhere = new SetPassword({ organizationId: otherId, userId: ada, password, shown, by });
    expect(await attempt(house, elsewhere)).toEqual(refused('user-not-found'));
    const ofMachine = new SetPassword({ organizationId, userId: printer, password, shown, by });
    expect(await attempt(house, ofMachine)).toEqual(refused('user-not-human'));
    const codeOfMachine = new RequestPasswordCode({ organizationId, userId: printer, by });
    expect(await attempt(house, codeOfMachine)).toEqual(refused('user-not-human'));
  });

  it('is nothing that could not be typed', async () => {
    expect(await violationsIn(house, byAdministrator('bell\u0007bell'))).toEqual(['password.value: text']);
    expect(await violationsIn(house, guess('x'.repeat(801)))).toEqual(['shown.text: text']);
  });
});

describe('a new password', () => {
  it.each<[string, string, Overrides, object]>([
    ['too short', '1234567', {}, { code: 'password-too-short', minimum: 8 }],
    ['too short by code points', '🔑'.repeat(7), {}, { code: 'password-too-short', minimum: 8 }],
    ['too long', 'x'.repeat(201), {}, { code: 'password-too-long', maximum: 200 }],
    ['too long once it is spelled out', '\ufdfa'.repeat(12), {}, { code: 'password-too-long', maximum: 200 }],
    ['the first part of her email address', 'ADA.LOVELACE', {}, { code: 'password-too-common' }],
    ['her email address', 'ada.lovelace@example.com', {}, { code: 'password-too-common' }],
    ['known to everybody', 'Password1', {}, { code: 'password-too-common' }],
    [
      'without what its organization asks for',
      'längere wörter',
      {
        passwordRequiresUppercase: true,
        passwordRequiresLowercase: true,
        passwordRequiresDigit: true,
        passwordRequiresSymbol: true,
      },
      { code: 'password-composition', missing: ['uppercase', 'digit'] },
    ],
  ])(
    'is refused that is %s, whatever is shown for it, and costs no hash',
    async (_, value, settings, refusal) => {
      await choose(settings);
      await answerOf(house, new ChangeEmail({ ...her, email: 'ada.lovelace@example.com', by }));
      const code = await requested();
      for (const way of [byAdministrator(value), byCode(code, value), byCode(wrongCode, value)])
        expect(await attempt(house, way)).toEqual(refused(refusal));
      for (const text of [herPassword, 'wrong'])
        expect(await attempt(house, setPasswordBy('current-password', text, value))).toEqual(
          refused(refusal),
        );
      const email = 'ada.lovelace@example.com';
      const added = human(bob, 'bob', { email, password: passwordOf(value) });
      expect(await attempt(house, added)).toEqual(refused(refusal));
      expect(costs).toEqual({ hashed: 0, compared: 0 });
    },
  );

  it('has every kind that is asked for, in whichever alphabet', async () => {
    await choose({
      passwordRequiresUppercase: true,
      passwordRequiresLowercase: true,
      passwordRequiresDigit: true,
      passwordRequiresSymbol: true,
    });
    expect(await attempt(house, byAdministrator('Ключ ٣'.repeat(2)))).toEqual(
      accepted(house, { sequence: 3 }, changed),
    );
  });

  it('may be as short as the organization says, and no shorter', async () => {
    await choose({ passwordCharactersMin: 20 });
    const refusal = { code: 'password-too-short', minimum: 20 };
    expect(await attempt(house, byAdministrator('x'.repeat(19)))).toEqual(refused(refusal));
    expect(await attempt(house, byAdministrator('x'.repeat(20)))).toEqual(
      accepted(house, { sequence: 3 }, changed),
    );
  });
});

describe('a guess at the present password', () => {
  const wrong = (failures: number) => ({
    code: 'password-wrong',
    failures,
    attemptsLeft: 100 - failures,
    nextAttemptAt: house.clock.now,
  });

  it('is counted by the append that refuses it, costs one comparison, and no hash of the new one', async () => {
    expect(await attempt(house, guess('wrong'))).toEqual(refused(wrong(1), failed));
    expect(costs).toEqual({ hashed: 0, compared: 1 });
  });

  it('costs one comparison and one hash however often it is decided', async () => {
    const { log } = house.parts;
    const another = await house.another();
    let races = 0;
    const append = log.append.bind(log);
    // Another server's guess comes first, twice.
    log.append = async (...appending) => {
      races += 1;
      if (races === 1 || races === 3) await another.run(guess('from elsewhere'));
      return append(...appending);
    };
    try {
      expect((await attempt(house, guess(herPassword))).outcome).toMatchObject({ kind: 'accepted' });
    } finally {
      log.append = append;
      await another.close();
    }
    expect(races).toBeGreaterThan(2);
    expect(costs.hashed).toBe(1);
    expect(costs.compared).toBe(1 + Math.floor(races / 2));
  });

  it('waits after five in a row, and costs nothing then', async () => {
    for (let count = 1; count <= 4; count += 1)
      expect(await attempt(house, guess('wrong'))).toEqual(refused(wrong(count), failed));
    const nextAttemptAt = house.clock.now + 30_000;
    expect(await attempt(house, guess('wrong'))).toEqual(refused({ ...wrong(5), nextAttemptAt }, failed));
    costs.compared = 0;
    const delayed = { code: 'password-delayed', attemptsLeft: 95, nextAttemptAt };
    expect(await attempt(house, guess(herPassword))).toEqual(refused(delayed));
    expect(costs.compared).toBe(0);
    house.clock.now = nextAttemptAt;
    expect(await attempt(house, guess(herPassword))).toEqual(
      accepted(house, { sequence: 9 }, succeeded, changed),
    );
  });

  it('is the last of as many as the organization allows: a code is the way back then', async () => {
    await choose({ passwordFailuresMax: 10, passwordFailuresBeforeDelay: 10 });
    for (let count = 1; count <= 9; count += 1) await attempt(house, guess('wrong'));
    const last = { code: 'password-wrong', failures: 10, attemptsLeft: 0, nextAttemptAt: null };
    expect(await attempt(house, guess('wrong'))).toEqual(refused(last, failed));
    house.clock.now += 400 * 86_400_000;
    expect(await attempt(house, guess(herPassword))).toEqual(refused('password-exhausted'));
    await answerOf(house, byCode(await requested()));
    expect(await isHers(anotherPassword)).toBe(true);
  });

  it('makes no second factor wait, nor does one make it wait', async () => {
    const device: Device = await addDevice(house, ada);
    for (let count = 1; count <= 5; count += 1) await attempt(house, guess('wrong'));
    const verify = (code: string) => new VerifyTotp({ ...her, code, by });
    expect((await attempt(house, verify(codeOf(house, device)))).outcome).toMatchObject({ kind: 'accepted' });
    house.clock.now += 30_000;
    for (let count = 1; count <= 5; count += 1) await attempt(house, verify(wrongCodeOf(house, device)));
    expect((await attempt(house, guess(herPassword))).outcome).toMatchObject({ kind: 'accepted' });
  });

  it('is not looked at where a proof that comes with it is wrong, so that nobody learns of it what it would be told', async () => {
    const device = await addDevice(house, ada);
    const proven = (text: string, code: string) =>
      Object.assign(guess(text), { by: { ...by, proof: { code, recoveryCode: null } } });
    const checkFailed = 'user.human.mfa.otp.check.failed';
    for (const text of [herPassword, 'wrong'])
      expect(await attempt(house, proven(text, wrongCodeOf(house, device)))).toMatchObject({
        outcome: { kind: 'rejected', refusal: { code: 'wrong-code' } },
        appended: [checkFailed],
      });
    expect(costs).toEqual({ hashed: 0, compared: 0 });
    const right = codeOf(house, device);
    expect(await attempt(house, proven('wrong', right))).toEqual(refused(wrong(1), failed));
    expect((await attempt(house, proven(herPassword, right))).appended).toEqual([
      'user.human.mfa.otp.check.succeeded',
      succeeded,
      changed,
    ]);
    expect(await attempt(house, proven(anotherPassword, right))).toMatchObject({
      outcome: { kind: 'rejected', refusal: { code: 'code-already-used' } },
    });
  });

  it('is made by nobody who is locked, or who never had one', async () => {
    await answerOf(house, human(bob, 'bob'));
    const his = Object.assign(guess(herPassword), { userId: bob });
    expect(await attempt(house, his)).toEqual(refused('password-not-set'));
    await answerOf(house, new LockUser({ ...her, by }));
    expect(await attempt(house, guess(herPassword))).toEqual(refused('user-locked'));
  });

  it('that is sent again under its key is told what it was told, and counted once', async () => {
    const send = (text: string) =>
      Object.assign(guess(text), { by: sentTo(house, { request: text, key: `key of ${text}` }) });
    const first = await attempt(house, send('wrong'));
    expect(first).toEqual(refused(wrong(1), failed));
    expect(await attempt(house, send('wrong'))).toEqual(refused(wrong(1)));
    const right = await attempt(house, send(herPassword));
    expect(right).toEqual(accepted(house, { sequence: 5 }, succeeded, changed));
    expect(await attempt(house, send(herPassword))).toEqual(again(right.outcome as object));
  });
});

describe('a code that sets a password anew', () => {
  it('is told to the caller, lives ten minutes, and is spent by it', async () => {
    const expiresAt = house.clock.now + 600_000;
    const asked = await attempt(house, new RequestPasswordCode({ ...her, by }));
    const passwordCode = expect.stringMatching(/^[0-9A-Z]{6}$/);
    expect(asked).toEqual(accepted(house, { sequence: 3, answer: { passwordCode, expiresAt } }, codeAdded));
    const { answer } = asked.outcome as { answer: { passwordCode: string } };
    house.clock.now = expiresAt - 1;
    await answerOf(house, byCode(answer.passwordCode));
    expect(await attempt(house, byCode(answer.passwordCode))).toEqual(refused('password-code-not-found'));
  });

  it('is refused without an event once its time is over', async () => {
    const code = await requested();
    house.clock.now += 600_000;
    expect(await attempt(house, byCode(code))).toEqual(refused('password-code-expired'));
  });

  it('takes so many wrong guesses, each of which is counted, and is void then', async () => {
    const code = await requested();
    for (let left = passwordCodeGuessesMax - 1; left >= 0; left -= 1)
      expect(await attempt(house, byCode(wrongCode))).toEqual(
        refused({ code: 'password-code-wrong', guessesLeft: left }, codeFailed),
      );
    expect(await attempt(house, byCode(code))).toEqual(refused('password-code-exhausted'));
    expect(costs.hashed).toBe(0);
  });

  it('goes with the address that it was brought to', async () => {
    const code = await requested();
    await answerOf(house, new ChangeEmail({ ...her, email: 'a@example.com', by }));
    expect(await attempt(house, byCode(code))).toEqual(refused('password-code-not-found'));
  });

  it('is brought to its user by nobody where nothing delivers it', async () => {
    const toBeSent = new RequestPasswordCode({ ...her, send: true, by });
    expect(await attempt(house, toBeSent)).toEqual(refused('password-code-not-deliverable'));
  });

  it('is not told again, nor counted again where it was wrong', async () => {
    const send = () => new RequestPasswordCode({ ...her, by: sentTo(house) });
    const first = await house.run<Outcome<object, unknown>>(send());
    const answer = first.kind === 'accepted' ? first.answer : {};
    expect(await attempt(house, send())).toEqual(
      again({ ...first, answer: { ...answer, passwordCode: null } }),
    );
    const guessing = () => Object.assign(byCode(wrongCode), { by: sentTo(house, { key: 'key-2' }) });
    const told = { code: 'password-code-wrong', guessesLeft: 4 };
    expect(await attempt(house, guessing())).toEqual(refused(told, codeFailed));
    expect(await attempt(house, guessing())).toEqual(refused(told));
  });
});
