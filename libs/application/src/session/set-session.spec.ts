import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { GenerateRecoveryCodes } from '#application/recovery-codes/generate-recovery-codes.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { SetSession } from '#application/session/set-session.js';
import { attempt, refused, violationsIn } from '#application/testing/attempt.js';
import { addDevice, answerOf, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { by, type House, organizationId } from '#application/testing/house.js';
import {
  appendedBy,
  checked,
  creating,
  givePassword,
  logIn,
  openLoggingIn,
  password,
  setting,
  worthOf,
  wrongPassword,
} from '#application/testing/logins.js';
import { ada, bob, human, nobody } from '#application/testing/people.js';
import { LockUser } from '#application/user/lock-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import { executeForUser } from '#application/users.js';
import { accept } from '#domain/decider.js';
import type { SessionId, UserId } from '#domain/ids.js';
import { sessionsEnded } from '#domain/user-sessions/decide.js';

let house: House;
let phone: Device;
beforeEach(async () => {
  house = await openLoggingIn();
  await house.run(human(ada, 'ada'));
  await givePassword(house, ada);
  phone = await addDevice(house, ada);
});
afterEach(() => house.close());

const codeRight = 'user: user.human.mfa.otp.check.succeeded';
const tokenSet = 'session: session.token.set';
const set = async (sessionId: SessionId, chosen: Parameters<typeof setting>[1]) =>
  answerOf(await house.run(setting(sessionId, chosen)));
const endAll = (userId: UserId, except: SessionId | null = null) =>
  executeForUser<never>(house.application, { organizationId, userId, by }, ({ sessions }) =>
    accept(sessionsEnded(sessions, except && { sessionId: except, generation: sessions.generation })),
  );

describe('a session that is set', () => {
  it('checks what was not checked yet, for its user, and has another token', async () => {
    const { sessionId, token } = await logIn(house, ada);
    const run = () => set(sessionId, { totpCode: codeOf(house, phone) });
    expect(await appendedBy(house, run)).toEqual([codeRight, 'session: session.totp.checked', tokenSet]);
    expect(await worthOf(house, token)).toBe('nothing');
  });

  it('is authenticated once nothing is missing, in whatever order it was shown', async () => {
    const { codes } = answerOf(
      await house.run(new GenerateRecoveryCodes({ organizationId, userId: ada, by })),
    );
    const { sessionId } = answerOf(await house.run(creating(null)));
    const steps = [{ user: { userId: ada } }, { recoveryCode: String(codes[0]) }, { password }] as const;
    const worth: string[] = [];
    for (const step of steps) worth.push(await worthOf(house, (await set(sessionId, step)).token));
    expect(worth).toEqual(['no password', 'no password', 'authenticated']);
  });

  it('notes when each was checked', async () => {
    const { sessionId } = await logIn(house, ada);
    house.clock.now += 60_000;
    const { token } = await set(sessionId, { totpCode: codeOf(house, phone) });
    expect(await checked(house, token)).toMatchObject({
      assurance: { passwordAt: house.clock.now - 60_000, factorAt: house.clock.now },
      user: { userId: ada, organizationId, generation: 0, hasFactor: true },
    });
  });

  it('is as it was where what is shown is wrong, its token too', async () => {
    const { sessionId, token } = await logIn(house, ada);
    const totpCode = wrongCodeOf(house, phone);
    expect(await attempt(house, setting(sessionId, { totpCode }))).toMatchObject({
      outcome: { refusal: { code: 'wrong-code' } },
      appended: ['user.human.mfa.otp.check.failed'],
    });
    expect(await worthOf(house, token)).toBe('no second-factor');
  });

  it('is as it was where nothing is asked, its token too', async () => {
    const { sessionId, token } = await logIn(house, ada);
    expect(await appendedBy(house, () => house.run(setting(sessionId)))).toEqual([]);
    expect(answerOf(await house.run(setting(sessionId))).token).toBeNull();
    expect(await worthOf(house, token)).toBe('no second-factor');
  });

  it('is one that there is, and goes on', async () => {
    for (const id of [nobody, 'kitchen', nobody.toUpperCase()])
      expect(await attempt(house, setting(id as string as SessionId, { password }))).toEqual(
        refused('session-not-found'),
      );
    const { sessionId } = await logIn(house, ada, { lifetimeSeconds: 60 });
    house.clock.now += 60_000;
    expect(await attempt(house, setting(sessionId, { password }))).toEqual(refused('session-expired'));
    const other = await logIn(house, ada);
    await house.run(new DeleteSession({ sessionId: other.sessionId, by }));
    expect(await attempt(house, setting(other.sessionId, { password }))).toEqual(
      refused('session-terminated'),
    );
  });

  it('tells which field is wrong', async () => {
    const metadata = [{ key: '', value: Buffer.from('x') }];
    const sessionId = '' as SessionId;
    expect(await violationsIn(house, new SetSession({ sessionId, metadata, by }))).toEqual([
      'sessionId: id',
      'metadata: entry-list',
    ]);
  });
});

describe('the user of a session', () => {
  it('may be named later, and again', async () => {
    const { sessionId } = answerOf(await house.run(creating(null)));
    expect(await attempt(house, setting(sessionId, { password }))).toEqual(
      refused({ code: 'session-user-missing', field: 'password' }),
    );
    await set(sessionId, { user: { loginName: 'ada' } });
    const { token } = await set(sessionId, { user: { userId: ada }, password });
    expect(await worthOf(house, token)).toBe('no second-factor');
  });

  it('is never another one, whoever that is', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    const { sessionId } = await logIn(house, ada);
    for (const user of [{ userId: bob }, { loginName: 'bob' }, { userId: nobody }, { loginName: 'nobody' }])
      expect(await attempt(house, setting(sessionId, { user, password }))).toEqual(
        refused('session-user-change'),
      );
  });

  it('is not found out by who guesses at passwords', async () => {
    const { sessionId } = answerOf(await house.run(creating(null)));
    const guess = (loginName: string) =>
      attempt(house, setting(sessionId, { user: { loginName }, password: wrongPassword }));
    const [known, unknown] = [await guess('ada'), await guess('nobody')];
    expect(unknown.outcome).toEqual(known.outcome);
    expect([known.appended, unknown.appended]).toEqual([
      ['user.human.password.check.failed'],
      ['login.password.check.failed'],
    ]);
    expect(await attempt(house, setting(sessionId, { user: { loginName: 'nobody' } }))).toEqual(
      refused('user-not-found'),
    );
  });

  it('nor by a lifetime that is refused of everybody, whatever is shown', async () => {
    const { sessionId } = answerOf(await house.run(creating(null)));
    const refusal = { code: 'session-lifetime-out-of-range', minimum: 1, maximum: 86_400 };
    for (const loginName of ['ada', 'nobody']) {
      const chosen = { user: { loginName }, password: wrongPassword, lifetimeSeconds: 86_401 };
      expect(await attempt(house, setting(sessionId, chosen))).toEqual(refused(refusal));
    }
  });

  it('who was locked is locked here, and the session over once the user is unlocked', async () => {
    const { sessionId } = await logIn(house, ada);
    const again = setting(sessionId, { totpCode: codeOf(house, phone) });
    await house.run(new LockUser({ organizationId, userId: ada, by }));
    expect(await attempt(house, again)).toEqual(refused('user-locked'));
    await house.run(new UnlockUser({ organizationId, userId: ada, by }));
    expect(await attempt(house, again)).toEqual(refused('session-terminated'));
    expect(await attempt(house, setting(sessionId, { user: { userId: ada }, password }))).toEqual(
      refused('session-terminated'),
    );
  });

  it('whose sessions were ended has none but the one that was kept', async () => {
    const [one, other] = [await logIn(house, ada), await logIn(house, ada)];
    await endAll(ada, one.sessionId);
    expect(await worthOf(house, one.token)).toBe('no second-factor');
    expect(await worthOf(house, other.token)).toBe('nothing');
    const { token } = await set(one.sessionId, { totpCode: codeOf(house, phone) });
    expect(await worthOf(house, token)).toBe('authenticated');
    expect(await attempt(house, setting(other.sessionId, { password }))).toEqual(
      refused('session-terminated'),
    );
  });
});

describe('whoever decides by other rules', () => {
  const denial = { code: 'policy-denied', notices: [] } as const;
  const admit = async () => ({ kind: 'rejected', refusal: denial }) as const;

  it.each([
    ['nobody has so far', null],
    ['somebody has by now', { userId: ada }],
  ])('is asked before a session changes that %s, and is not overruled', async (_title, user) => {
    const { sessionId } = answerOf(await house.run(creating(user)));
    const command = setting(sessionId, { user: { userId: ada }, password, admit });
    const appended = await appendedBy(house, async () => {
      expect(await house.run(command)).toEqual({ kind: 'rejected', refusal: denial });
    });
    expect(appended).toEqual(['user: user.human.password.check.succeeded']);
  });
});

describe('metadata of a session', () => {
  const entry = (key: string, text: string) => ({ key, value: Buffer.from(text) });

  it('is merged, and an empty value takes its key away', async () => {
    const { sessionId } = await logIn(house, ada, { metadata: [entry('a', '1'), entry('b', '2')] });
    await set(sessionId, { metadata: [entry('b', ''), entry('c', '3')] });
    const { token } = await set(sessionId, { metadata: [entry('a', '4')] });
    expect(await worthOf(house, token)).toBe('no second-factor');
    const loaded = await state(sessionId);
    expect(loaded.state).toMatchObject({ metadata: { user: ada, organizationId } });
    // What is there already is no change, and has no other token.
    const same = [entry('a', '4'), entry('b', ''), entry('c', '3')];
    expect(answerOf(await house.run(setting(sessionId, { metadata: same }))).token).toBeNull();
  });

  it('has twenty keys at most, counted together', async () => {
    const keys = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) => entry(`key ${from + index}`, 'x'));
    const { sessionId } = await logIn(house, ada, { metadata: keys(0, 15) });
    expect(await attempt(house, setting(sessionId, { metadata: keys(15, 21) }))).toMatchObject({
      outcome: { refusal: { code: 'metadata-max', maximum: 20 } },
      appended: [],
    });
    await set(sessionId, { metadata: keys(10, 20) });
  });

  it('that would be too much is refused before anything is compared, and no code is spent', async () => {
    const keys = Array.from({ length: 20 }, (_, index) => entry(`key ${index}`, 'x'));
    const { sessionId } = await logIn(house, ada, { metadata: keys });
    const totpCode = codeOf(house, phone);
    const one = [entry('one more', 'x')];
    for (const shown of [{ totpCode }, { password: wrongPassword }])
      expect(await attempt(house, setting(sessionId, { ...shown, metadata: one }))).toEqual(
        refused({ code: 'metadata-max', maximum: 20 }),
      );
    const { token } = await set(sessionId, { totpCode, metadata: [entry('key 0', ''), ...one] });
    expect(await worthOf(house, token)).toBe('authenticated');
  });
});

describe('two at once', () => {
  it('both count, and the later token is the one that is good', async () => {
    const { codes } = answerOf(
      await house.run(new GenerateRecoveryCodes({ organizationId, userId: ada, by })),
    );
    const { sessionId } = await logIn(house, ada);
    const both = await Promise.all([
      set(sessionId, { totpCode: codeOf(house, phone) }),
      set(sessionId, { recoveryCode: String(codes[0]) }),
    ]);
    const worth = await Promise.all(both.map(({ token }) => worthOf(house, token)));
    expect(worth.toSorted()).toEqual(['authenticated', 'nothing']);
  });

  it('the same code is accepted once', async () => {
    const { sessionId } = await logIn(house, ada);
    const totpCode = codeOf(house, phone);
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () => house.run(setting(sessionId, { totpCode }))),
    );
    expect(outcomes.filter(({ kind }) => kind === 'accepted')).toHaveLength(1);
  });

  it('one names a user and the other another: there is one of them, and nothing is mixed up', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    const { sessionId } = answerOf(await house.run(creating(null)));
    const naming = (userId: UserId) =>
      house.run(
        setting(sessionId, {
          user: { userId },
          password,
          metadata: [{ key: 'a', value: Buffer.from(userId) }],
        }),
      );
    const outcomes = await Promise.all([naming(ada), naming(bob)]);
    expect(
      outcomes.map((outcome) => (outcome.kind === 'rejected' ? outcome.refusal.code : 'accepted')).toSorted(),
    ).toEqual(['accepted', 'session-user-change']);
  });

  it('one ends the session while the other is checked: it stays ended', async () => {
    const { sessionId } = await logIn(house, ada);
    const totpCode = codeOf(house, phone);
    const [, changed] = await Promise.all([
      house.run(new DeleteSession({ sessionId, by })),
      house.run(setting(sessionId, { totpCode })),
    ]);
    expect(changed).toMatchObject({ kind: 'rejected', refusal: { code: 'session-terminated' } });
    expect((await state(sessionId)).state).toMatchObject({ status: 'terminated' });
  });
});
const state = async (sessionId: SessionId) => house.application.sessions.streams.get(`session-${sessionId}`);
