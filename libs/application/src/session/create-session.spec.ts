import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import type { Outcome } from '#application/caller.js';
import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import type { Admit } from '#application/session/admission.js';
import { CreateSession } from '#application/session/create-session.js';
import type { Somebody } from '#application/session/find-user.js';
import { accepted, attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { addDevice, answerOf, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  appendedBy,
  checked,
  creating,
  givePassword,
  instanceId,
  logIn,
  openLoggingIn,
  password,
  worthOf,
  wrongPassword,
} from '#application/testing/logins.js';
import { ada, bob, human, nobody, otherId } from '#application/testing/people.js';
import { everythingIn } from '#application/testing/sent.js';
import { VerifyTotp } from '#application/totp/verify-totp.js';
import { EraseUser } from '#application/user/erase-user.js';
import { LockUser } from '#application/user/lock-user.js';
import type { SessionId } from '#domain/ids.js';

let house: House;
let phone: Device;
beforeEach(async () => {
  house = await openLoggingIn();
  await house.run(human(ada, 'ada'));
  await givePassword(house, ada);
  phone = await addDevice(house, ada);
});
afterEach(() => house.close());

const userChecked = ['session.added', 'session.user.checked'];
const begun = ['session.lifetime.set', 'session.token.set'];
const passwordRight = 'user.human.password.check.succeeded';

describe('a new session', () => {
  it('checks its user alone, who is not touched by it', async () => {
    const { outcome, appended } = await attempt(house, creating({ userId: ada }));
    const { sessionId, token } = answerOf(outcome as Outcome<{ sessionId: SessionId; token: string }, never>);
    expect({ outcome, appended }).toEqual(
      accepted(
        house,
        { sequence: 4, answer: { sessionId, token }, resourceOwner: instanceId },
        ...userChecked,
        ...begun,
      ),
    );
    expect(await worthOf(house, token)).toBe('no password');
  });

  it('takes the password, then the code, and is authenticated', async () => {
    const totpCode = codeOf(house, phone);
    const run = () => house.run(creating({ loginName: 'ADA' }, { password, totpCode }));
    expect(await appendedBy(house, run)).toEqual([
      `user: ${passwordRight}`,
      'user: user.human.mfa.otp.check.succeeded',
      'session: session.added',
      'session: session.user.checked',
      'session: session.password.checked',
      'session: session.totp.checked',
      'session: session.lifetime.set',
      'session: session.token.set',
    ]);
  });

  it('is authenticated by a password alone where there is no other factor, and not where there is', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    expect(await worthOf(house, (await logIn(house, bob)).token)).toBe('authenticated');
    expect(await worthOf(house, (await logIn(house, ada)).token)).toBe('no second-factor');
    const { token } = await logIn(house, ada, { totpCode: codeOf(house, phone) });
    expect(await worthOf(house, token)).toBe('authenticated');
  });

  it('may be of nobody yet', async () => {
    const { token } = answerOf(await house.run(creating(null)));
    expect(await checked(house, token)).toMatchObject({ user: null, assurance: { missing: 'user' } });
  });

  it('is named in the metadata of what it did to its user', async () => {
    const { sessionId } = await logIn(house, ada, { by: { ...by, traceId: 'trace' } });
    const [first] = (await everythingIn(house)).filter(({ type }) => type === passwordRight);
    expect(first?.metadata).toMatchObject({ session: sessionId, trace: 'trace', editor: by.editor });
  });

  it.each([
    ['password', { password }],
    ['totp', { totpCode: '123456' }],
    ['recovery-code', { recoveryCode: '7KAB-CDEF-GHJK-MNPQ' }],
    ['metadata', { metadata: [{ key: 'why', value: Buffer.from('because') }] }],
    ['user-agent', { userAgent: { fingerprintId: null, ip: null, description: 'browser', headers: {} } }],
  ])('has nothing about nobody: %s', async (field, chosen) => {
    expect(await attempt(house, creating(null, chosen))).toEqual(
      refused({ code: 'session-user-missing', field }),
    );
  });

  it('lasts no longer than the organization lets it', async () => {
    const refusal = { code: 'session-lifetime-out-of-range', minimum: 1, maximum: 86_400 };
    const chosen = { password, lifetimeSeconds: 86_401 };
    expect(await attempt(house, creating({ userId: ada }, chosen))).toEqual(refused(refusal));
    const { token } = await logIn(house, ada, { lifetimeSeconds: 60 });
    house.clock.now += 59_999;
    expect(await worthOf(house, token)).toBe('no second-factor');
    house.clock.now += 1;
    expect(await worthOf(house, token)).toBe('nothing');
  });

  it('lasts as long as the organization says where nothing is asked', async () => {
    const { token } = await logIn(house, ada);
    house.clock.now += 43_200_000 - 1;
    expect(await worthOf(house, token)).toBe('no second-factor');
    house.clock.now += 1;
    expect(await worthOf(house, token)).toBe('nothing');
  });

  it('tells which field is wrong, and not how', async () => {
    const fields = { organizationId, by, password: '\0', totpCode: '', lifetimeSeconds: 0.5 };
    const user = { userId: ada, loginName: 'ada' };
    expect(await violationsIn(house, new CreateSession({ ...fields, user }))).toEqual([
      'user: user-search',
      'password: text',
      'totpCode: text',
      'lifetimeSeconds: whole-number',
    ]);
    const headers = { accept: ['x'.repeat(5_000)] };
    const userAgent = { fingerprintId: null, ip: null, description: null, headers };
    expect(await violationsIn(house, creating({ userId: ada }, { userAgent }))).toEqual([
      'userAgent: user-agent',
    ]);
  });
});

describe('the first no is the last thing that is looked at', () => {
  it('a wrong password leaves the code as it was', async () => {
    const totpCode = codeOf(house, phone);
    expect(await attempt(house, creating({ userId: ada }, { password: wrongPassword, totpCode }))).toEqual(
      refused(wrong(99), 'user.human.password.check.failed'),
    );
    expect(await attempt(house, creating({ userId: ada }, { password, totpCode }))).toMatchObject({
      outcome: { kind: 'accepted' },
    });
  });

  it('a wrong code is counted with the password that was right, and no session is made', async () => {
    const totpCode = wrongCodeOf(house, phone);
    expect(await attempt(house, creating({ userId: ada }, { password, totpCode }))).toMatchObject({
      outcome: { kind: 'rejected', refusal: { code: 'wrong-code' } },
      appended: [passwordRight, 'user.human.mfa.otp.check.failed'],
    });
  });

  it('a code that was spent elsewhere is spent here, and one that was spent here is spent elsewhere', async () => {
    const code = codeOf(house, phone);
    await logIn(house, ada, { totpCode: code });
    expect(await house.run(new VerifyTotp({ organizationId, userId: ada, code, by }))).toMatchObject({
      refusal: { code: 'code-already-used' },
    });
    house.clock.now += 30_000;
    const next = codeOf(house, phone);
    await house.run(new VerifyTotp({ organizationId, userId: ada, code: next, by }));
    expect(await house.run(creating({ userId: ada }, { totpCode: next }))).toMatchObject({
      refusal: { code: 'code-already-used' },
    });
  });

  it('a user who may not log in is not compared with anything', async () => {
    await house.run(new LockUser({ organizationId, userId: ada, by }));
    expect(await attempt(house, creating({ userId: ada }, { password }))).toEqual(refused('user-locked'));
    expect(await attempt(house, creating({ userId: ada }))).toEqual(refused('user-locked'));
  });

  it('nobody logs in to an organization that is not active', async () => {
    await house.run(new DeactivateOrganization({ organizationId, by }));
    expect(await attempt(house, creating({ userId: ada }, { password }))).toEqual(
      refused('organization-not-active'),
    );
  });
});

const wrong = (attemptsLeft: number, nextAttemptAt = house.clock.now) => ({
  code: 'password-wrong',
  attemptsLeft,
  failures: 100 - attemptsLeft,
  nextAttemptAt,
});

describe('nobody is told from somebody whose password is another', () => {
  const whom: readonly (readonly [string, CreateSession['user']])[] = [
    ['a name that nobody has', { loginName: 'nobody' }],
    ['an id that nobody has', { userId: nobody }],
    ['somebody without a password', { userId: bob }],
    ['the name of somebody without a password', { loginName: 'bob@example.com' }],
    ['somebody of another organization', { loginName: 'eve' }],
  ];
  beforeEach(async () => {
    await house.run(human(bob, 'bob', { emailVerification: 'verified' }));
    const eve = answerOf(
      await house.run(human(nobody.replace('f1', 'e1') as typeof bob, 'eve', { organizationId: otherId })),
    );
    await givePassword(house, eve.userId, { of: otherId });
  });

  it.each(whom)('%s: in each answer, and in what it costs', async (_title, user) => {
    const guess = (of: CreateSession['user']) => creating(of, { password: wrongPassword });
    for (let guesses = 0; guesses < 8; guesses += 1) {
      const known = await attempt(house, guess({ userId: ada }));
      const unknown = await attempt(house, guess(user));
      expect(unknown.outcome).toEqual(known.outcome);
      expect(unknown.appended.length).toBe(known.appended.length);
      house.clock.now += guesses < 6 ? 0 : 30_000;
    }
  });

  it.each([['somebody', { userId: ada }], ...whom] as const)(
    '%s: nor by a lifetime that is refused of everybody, whatever is shown',
    async (_title, user) => {
      const chosen = { password: wrongPassword, lifetimeSeconds: 86_401 };
      expect(await attempt(house, creating(user, chosen))).toEqual(
        refused({ code: 'session-lifetime-out-of-range', minimum: 1, maximum: 86_400 }),
      );
    },
  );

  it('nor by a right password of somebody whom the caller may not see', async () => {
    const { outcome } = await attempt(house, creating({ loginName: 'eve' }, { password }));
    expect(outcome).toEqual(refused(wrong(99)).outcome);
    expect(await attempt(house, creating({ loginName: 'eve' }))).toEqual(refused('user-not-found'));
    expect(
      await attempt(house, creating({ loginName: 'eve' }, { password, organizationId: null })),
    ).toMatchObject({
      outcome: { kind: 'accepted' },
    });
  });

  it('nor by a user who is gone', async () => {
    await house.run(new EraseUser({ organizationId, userId: ada, by }));
    for (const user of [{ userId: ada }, { loginName: 'ada' }]) {
      const { outcome, appended } = await attempt(house, creating(user, { password }));
      expect(outcome).toEqual(refused(wrong(99)).outcome);
      expect(appended).toEqual(['login.password.check.failed']);
    }
  });
});

describe('what is noted down about a person', () => {
  const userAgent = {
    fingerprintId: 'kitchen',
    ip: '2001:db8::1',
    description: 'a browser',
    headers: { accept: ['text/html'] },
  };
  const metadata = [{ key: 'why', value: Buffer.from('because') }];

  it('is in the log only sealed, and under the key of its user', async () => {
    await logIn(house, ada, { userAgent, metadata });
    const texts = JSON.stringify(await everythingIn(house));
    for (const text of [
      'kitchen',
      '2001:db8::1',
      'a browser',
      'text/html',
      'why',
      'because',
      btoa('because'),
    ])
      expect(texts).not.toContain(text);
    const added = (await everythingIn(house)).find(({ type }) => type === 'session.added');
    expect(added?.data.userAgent).toMatchObject({ user: ada, organizationId });
    expect(added?.data.fingerprintKey).toBe(house.parts.secrets.names.fingerprintKey('kitchen'));
  });

  it('is nothing any more once its user is erased, and neither is the session', async () => {
    const { token } = await logIn(house, ada, { userAgent, metadata });
    await house.run(new EraseUser({ organizationId, userId: ada, by }));
    expect(await worthOf(house, token)).toBe('nothing');
  });
});

describe('a rule that is asked whether a session may begin', () => {
  const refusal = { code: 'policy-denied', notices: [{ notice: 'Not from here', code: null }] } as const;
  const denying = (asked: Somebody[]): Admit => {
    return async (somebody) => {
      asked.push(somebody);
      return { kind: 'rejected', refusal };
    };
  };

  it('refuses it once what was shown is right, and no session begins', async () => {
    const asked: Somebody[] = [];
    const command = creating({ userId: ada }, { password, admit: denying(asked) });
    expect(await attempt(house, command)).toEqual({
      outcome: { kind: 'rejected', refusal },
      appended: [passwordRight],
    });
    expect(asked).toMatchObject([{ userId: ada, organizationId }]);
  });

  it('is not asked of whoever shows what is wrong, nor of nobody', async () => {
    const asked: Somebody[] = [];
    const admit = denying(asked);
    await house.run(creating({ userId: ada }, { password: wrongPassword, admit }));
    await house.run(creating({ loginName: 'nobody-is-called-that' }, { password, admit }));
    expect(asked).toEqual([]);
  });
});
