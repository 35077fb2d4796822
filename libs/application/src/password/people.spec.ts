import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { PasswordShown, type PasswordWay } from '#application/password/changing.js';
import { accepted, answerOf, attempt, refused } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  anotherPassword,
  countedSecrets,
  herPassword,
  passwordOf,
  setPasswordBy,
} from '#application/testing/passwords.js';
import { ada, bob, human, openInhabited, printer } from '#application/testing/people.js';
import { again, her, sentTo } from '#application/testing/sent.js';
import { ChangeHumanUser, EmailFields, PasswordChangeFields } from '#application/user/change-human-user.js';

const changed = 'user.human.password.changed';
const succeeded = 'user.human.password.check.succeeded';
const failed = 'user.human.password.check.failed';

let house: House;
let costs: { hashed: number; compared: number };
let lane: { isFull: boolean };
beforeEach(async () => {
  const { secrets, counts } = await countedSecrets();
  costs = counts;
  const full = { isFull: false };
  lane = full;
  const { passwords } = secrets;
  const hash = (password: string) =>
    full.isFull
      ? Promise.reject(Object.assign(new Error('full'), { code: 'hash-lane-full' }))
      : passwords.hash(password);
  house = await openInhabited({ secrets: { ...secrets, passwords: { ...passwords, hash } } });
});
afterEach(() => house.close());

const withPassword = (value: string) => human(ada, 'ada', { password: passwordOf(value) });

describe('a person who is added with a password', () => {
  it('has it from the append that adds her on, for one hash', async () => {
    const { appended } = await attempt(house, withPassword(herPassword));
    expect(appended).toEqual(['login.claimed', 'user.human.added', changed, 'login.confirmed']);
    expect(costs).toEqual({ hashed: 1, compared: 0 });
    const present = setPasswordBy('current-password', herPassword);
    expect((await attempt(house, present)).appended).toEqual([succeeded, changed]);
  });

  it('is not added where it is refused: no name is claimed, no key made, and nothing hashed', async () => {
    const refusal = { code: 'password-too-short', minimum: 8 };
    expect(await attempt(house, withPassword('short'))).toEqual(refused(refusal));
    expect(await attempt(house, withPassword('ada@example.com'))).toEqual(refused('password-too-common'));
    expect(await house.parts.secrets.keys.get(house.application.userStream(ada))).toBeNull();
    expect(costs.hashed).toBe(0);
  });

  it('is not added where too much is being hashed, and may be a moment later', async () => {
    lane.isFull = true;
    expect((await attempt(house, withPassword(herPassword))).outcome).toMatchObject({
      kind: 'rejected',
      refusal: { code: 'busy' },
    });
    expect(await house.parts.secrets.keys.get(house.application.userStream(ada))).toBeNull();
    lane.isFull = false;
    expect((await attempt(house, withPassword(herPassword))).outcome).toMatchObject({ kind: 'accepted' });
  });

  it('is not hashed for again when the call is repeated', async () => {
    const send = () => Object.assign(withPassword(herPassword), { by: sentTo(house) });
    const { outcome } = await attempt(house, send());
    costs.hashed = 0;
    expect(await attempt(house, send())).toEqual(again(outcome as object));
    expect(costs.hashed).toBe(0);
  });
});

describe('a password that is changed among others', () => {
  beforeEach(async () => {
    await answerOf(house, withPassword(herPassword));
    Object.assign(costs, { hashed: 0, compared: 0 });
  });

  const among = (way: PasswordWay, text = '', value = anotherPassword) => ({
    ...her,
    phone: '+41 1',
    password: new PasswordChangeFields({
      password: passwordOf(value),
      shown: new PasswordShown({ way, text }),
    }),
    by,
  });
  const phoneChanged = 'user.human.phone.changed';

  it('is changed with them in one append', async () => {
    const answer = { emailCode: null };
    expect(await attempt(house, new ChangeHumanUser(among('administrator')))).toEqual(
      accepted(house, { sequence: 4, answer }, phoneChanged, changed),
    );
    const byHer = new ChangeHumanUser({ ...among('current-password', anotherPassword), phone: '+41 2' });
    expect(await attempt(house, byHer)).toEqual(
      accepted(house, { sequence: 7, answer }, phoneChanged, succeeded, changed),
    );
  });

  it('holds them back where it is refused, and a wrong guess is counted', async () => {
    const { outcome, appended } = await attempt(
      house,
      new ChangeHumanUser(among('current-password', 'wrong')),
    );
    expect(outcome).toMatchObject({ kind: 'rejected', refusal: { code: 'password-wrong', failures: 1 } });
    expect(appended).toEqual([failed]);
    const short = { code: 'password-too-short', minimum: 8 };
    expect(await attempt(house, new ChangeHumanUser(among('administrator', '', 'short')))).toEqual(
      refused(short),
    );
    const code = new ChangeHumanUser(among('code', 'K7PX2M'));
    expect(await attempt(house, code)).toEqual(refused('password-code-not-found'));
  });

  it('is not looked at where they are refused', async () => {
    const metadata = Array.from({ length: 51 }, (_, index) => ({ key: `${index}`, value: Buffer.from('x') }));
    await answerOf(house, new ChangeHumanUser({ ...her, metadata: metadata.slice(0, 50), by }));
    const full = new ChangeHumanUser({
      ...among('current-password', 'wrong'),
      metadata: metadata.slice(50),
    });
    expect(await attempt(house, full)).toEqual(refused({ code: 'metadata-max', maximum: 50 }));
    expect(costs).toEqual({ hashed: 0, compared: 0 });
  });

  it('is not a name that comes with it', async () => {
    const email = new EmailFields({ email: 'lovelace@example.com' });
    const named = new ChangeHumanUser({ ...among('administrator', '', 'Lovelace'), email });
    expect(await attempt(house, named)).toEqual(refused('password-too-common'));
    const renamed = new ChangeHumanUser({
      ...among('administrator', '', 'ada byron'),
      username: 'Ada Byron',
    });
    expect(await attempt(house, renamed)).toEqual(refused('password-too-common'));
    const his = human(bob, 'bob', { password: passwordOf('Lovelace'), organizationId });
    expect((await attempt(house, his)).outcome).toMatchObject({ kind: 'accepted' });
  });

  it('may be all of a name but its last letter, where the name is no address', async () => {
    const his = human(bob, 'roberta.brown', {
      email: 'bob@example.com',
      password: passwordOf('roberta.brow'),
    });
    expect((await attempt(house, his)).outcome).toMatchObject({ kind: 'accepted' });
    const same = human(printer, 'carol.danvers', {
      email: 'c@example.com',
      password: passwordOf('carol.danvers'),
    });
    expect(await attempt(house, same)).toEqual(refused('password-too-common'));
  });
});
