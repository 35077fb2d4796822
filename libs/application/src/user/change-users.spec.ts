// Changes of several things of a user by one command.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { Sealer } from '#application/sealer.js';
import { accepted, answerOf, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import { ada, bob, human, machine, openInhabited, otherId, printer } from '#application/testing/people.js';
import { ChangeHumanUser, EmailFields } from '#application/user/change-human-user.js';
import { ChangeMachineUser } from '#application/user/change-machine-user.js';
import { HumanProfileChanges, HumanProfileFields } from '#application/user/profile.js';
import { VerifyEmail } from '#application/user/verify-email.js';
import type { UserId } from '#domain/ids.js';

const her = { organizationId, userId: ada, by };
const aPrinter = { organizationId, userId: printer, by };

type Chosen = Partial<ConstructorParameters<typeof ChangeHumanUser>[0]>;
const change = (chosen: Chosen) => new ChangeHumanUser({ ...her, ...chosen });
const email = (address: string, verification: EmailFields['verification'] = 'none') =>
  new EmailFields({ email: address, verification });

let house: House;
beforeEach(async () => {
  house = await openInhabited({ soleWriter: false });
  const profile = new HumanProfileFields({
    givenName: 'Ada',
    familyName: 'L',
    nickName: 'Countess',
    preferredLanguage: 'en',
    gender: 'female',
  });
  await answerOf(house, human(ada, 'ada', { phone: '+41 1', profile }));
  await answerOf(house, human(bob, 'bob'));
  await answerOf(house, machine(printer, 'printer'));
  house.clock.now += 1_000;
});
afterEach(() => house.close());

async function userOf(userId: UserId) {
  const stream = house.application.userStream(userId);
  const { user } = (await house.application.accounts.streams.fresh(stream)).state;
  const key = await house.parts.secrets.keys.get(stream);
  if (key === null || !('profile' in user)) throw new Error('the spec means somebody who is there');
  const sealer = new Sealer(house.parts.secrets, key, organizationId);
  return { user, sealer, profile: JSON.parse(sealer.openText('profile', user.profile)) };
}

async function herself() {
  const { user, sealer, profile } = await userOf(ada);
  if (user.kind !== 'human') throw new Error('the spec means a person');
  const phone = user.phone === null ? null : sealer.openText('phone', user.phone);
  const address = sealer.openText('email', user.email);
  return { username: sealer.openText('username', user.username), profile, email: address, phone };
}

describe('changing a person', () => {
  const everything = {
    username: 'augusta',
    profile: new HumanProfileChanges({ givenName: 'Augusta', nickName: '', gender: 'unspecified' }),
    email: email('augusta@example.com', 'code'),
    phone: '+41 2',
  };
  const all = [
    'user.username.changed',
    'user.human.profile.changed',
    'user.human.email.changed',
    'user.human.email.code.added',
    'user.human.phone.changed',
  ];
  const before = {
    username: 'ada',
    profile: {
      givenName: 'Ada',
      familyName: 'L',
      nickName: 'Countess',
      displayName: null,
      preferredLanguage: 'en',
      gender: 'female',
    },
    email: 'ada@example.com',
    phone: '+41 1',
  };

  it('changes all that is given at once, and leaves the rest', async () => {
    const emailCode = expect.stringMatching(/^\w{6}$/);
    expect(await attempt(house, change(everything))).toEqual(
      accepted(
        house,
        { sequence: 6, answer: { emailCode } },
        'login.claimed',
        ...all,
        'login.confirmed',
        'login.released',
      ),
    );
    expect(await herself()).toEqual({
      username: 'augusta',
      profile: { ...before.profile, givenName: 'Augusta', nickName: null, gender: null },
      email: 'augusta@example.com',
      phone: '+41 2',
    });
  });

  it.each([
    ['givenName', 'Augusta', 'Augusta'],
    ['familyName', 'King', 'King'],
    ['nickName', '', null],
    ['displayName', 'Ada L', 'Ada L'],
    ['preferredLanguage', '', null],
    ['gender', 'unspecified', null],
  ] as const)('changes of a profile what is given: %s', async (field, given, kept) => {
    await answerOf(house, change({ profile: new HumanProfileChanges({ [field]: given }) }));
    expect((await herself()).profile).toEqual({ ...before.profile, [field]: kept });
  });

  it('appends it all in one piece', async () => {
    await answerOf(house, change(everything));
    const stream = house.application.userStream(ada);
    const asked = { direction: 'forward', from: 1, limit: 10 } as const;
    const page = await house.parts.log.readStream(stream, asked);
    const times = page.status === 'unknown' ? [] : page.events.map(({ metadata }) => metadata.time);
    expect(new Set(times).size).toBe(1);
    expect(times).toHaveLength(all.length);
  });

  it('writes nothing where nothing is another', async () => {
    const same = {
      username: 'ada',
      profile: new HumanProfileChanges({ givenName: 'Ada', nickName: 'Countess', displayName: '' }),
      email: email('ada@example.com'),
      phone: '+41 1',
    };
    const none = accepted(house, { sequence: 1, answer: { emailCode: null } });
    const changeDate = house.clock.now - 1_000;
    const unchanged = {
      ...none,
      outcome: { ...(none.outcome as object), details: expect.objectContaining({ sequence: 1, changeDate }) },
    };
    expect(await attempt(house, change(same))).toEqual(unchanged);
    expect(await attempt(house, change({}))).toEqual(unchanged);
    expect(await herself()).toEqual(before);
  });

  it('leaves everything as it was where one of it is refused', async () => {
    expect(await attempt(house, change({ ...everything, username: 'bob' }))).toEqual(
      refused('login-name-taken'),
    );
    const somebody = 'somebody@example.com';
    await answerOf(house, human('other' as UserId, somebody, { emailVerification: 'verified' }));
    expect(await attempt(house, change({ ...everything, email: email(somebody, 'verified') }))).toMatchObject(
      { outcome: refused('login-name-taken').outcome },
    );
    expect(await herself()).toEqual(before);
    await answerOf(house, human('third' as UserId, 'augusta'));
  });

  it('makes a verified address a login name, and one that awaits its code later', async () => {
    const told = await attempt(house, change({ email: email('a@example.com', 'verified') }));
    expect(told.appended).toEqual(['login.claimed', 'user.human.email.changed', 'login.confirmed']);
    const { emailCode } = await answerOf(house, change({ email: email('b@example.com', 'code') }));
    expect(await attempt(house, new VerifyEmail({ ...her, code: String(emailCode) }))).toMatchObject({
      appended: ['login.claimed', 'user.human.email.verified', 'login.confirmed'],
    });
  });

  it('shows no code for an address that is verified already', async () => {
    await answerOf(house, change({ email: email('ada@example.com', 'verified') }));
    expect(await answerOf(house, change({ email: email('ada@example.com', 'code') }))).toEqual({
      emailCode: null,
    });
  });

  it('takes the phone number away by an empty one, and gives one to who has none', async () => {
    expect((await attempt(house, change({ phone: '' }))).appended).toEqual(['user.human.phone.removed']);
    expect((await attempt(house, change({ phone: '' }))).appended).toEqual([]);
    expect((await attempt(house, change({ phone: '+41 3' }))).appended).toEqual(['user.human.phone.changed']);
    expect(await herself()).toMatchObject({ phone: '+41 3' });
  });

  it('is no business of machines, nor of another organization', async () => {
    const onPrinter = new ChangeHumanUser({ ...aPrinter, ...everything });
    expect(await attempt(house, onPrinter)).toEqual(refused('user-not-human'));
    const fromElsewhere = change({ ...everything, organizationId: otherId });
    expect(await attempt(house, fromElsewhere)).toEqual(refused('user-not-found'));
  });

  it.each<[Chosen, string[]]>([
    [{ username: '' }, ['username: text']],
    [{ phone: 'x'.repeat(41) }, ['phone: text']],
    [{ email: email('nowhere', 'maybe' as 'none') }, ['email.email: email', 'email.verification: one-of']],
    [{ email: 'ada@example.com' as unknown as EmailFields }, ['email: fields']],
    [
      { profile: new HumanProfileChanges({ givenName: '', gender: 'other' as 'female' }) },
      ['profile.givenName: text', 'profile.gender: one-of'],
    ],
  ])('names the field whose rule it breaks %#', async (chosen, violations) => {
    expect(await violationsIn(house, change(chosen))).toEqual(violations);
  });
});

describe('changing a machine', () => {
  const changeIt = (chosen: Partial<ConstructorParameters<typeof ChangeMachineUser>[0]>) =>
    new ChangeMachineUser({ ...aPrinter, ...chosen });

  it('changes its username, its name and what it is for at once, and leaves what is not given', async () => {
    const all = { username: 'scanner', name: 'Scanner', description: 'on the second floor' };
    expect(await attempt(house, changeIt(all))).toEqual(
      accepted(
        house,
        { sequence: 3 },
        'login.claimed',
        'user.username.changed',
        'user.machine.changed',
        'login.confirmed',
        'login.released',
      ),
    );
    expect((await attempt(house, changeIt({ name: 'Big scanner' }))).appended).toEqual([
      'user.machine.changed',
    ]);
    expect((await attempt(house, changeIt({ username: 'scanner' }))).appended).toEqual([]);
    const { user, sealer, profile } = await userOf(printer);
    expect(profile).toEqual({ name: 'Big scanner', description: 'on the second floor' });
    expect(sealer.openText('username', user.username)).toBe('scanner');
  });

  it('takes no name that somebody else has', async () => {
    const taken = changeIt({ username: 'bob', name: 'Scanner' });
    expect(await attempt(house, taken)).toEqual(refused('login-name-taken'));
    expect((await userOf(printer)).profile).toMatchObject({ name: 'printer' });
  });
});
