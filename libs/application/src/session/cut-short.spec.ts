// A session is two appends: with its user, then in its own stream. Whatever comes between them, or after them and
// before the answer, the same call completes what it began, and begins nothing that was ended since.

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { addDevice, answerOf, codeOf, type Device, wrongCodeOf } from '#application/testing/factors.js';
import { type Fuse, failingLog, never } from '#application/testing/failing.js';
import { by, type House, openHouse, organizationId } from '#application/testing/house.js';
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
import { ada, bob, human } from '#application/testing/people.js';
import { hour, sentTo } from '#application/testing/sent.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { LockUser } from '#application/user/lock-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import type { SessionId } from '#domain/ids.js';
import type { EventLog } from '#event-log/event-log.js';
import { InMemoryEventLog } from '#event-log/in-memory.js';
import { logWith } from '#event-log/log-with.js';
import { base32Decode, base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';

let house: House;
let phone: Device;
let fuse: Fuse;
beforeEach(async () => {
  fuse = { left: never, when: 'before' };
  house = await openLoggingIn({ log: cutAtSessions(new InMemoryEventLog()) });
  await house.run(human(ada, 'ada'));
  await givePassword(house, ada);
  phone = await addDevice(house, ada);
});
afterEach(() => house.close());

/** Only what is appended to the streams of sessions fails. */
function cutAtSessions(log: EventLog): EventLog {
  const failing = failingLog(log, fuse);
  return logWith(log, {
    append: (stream, events, expected) =>
      (stream.startsWith('session-') ? failing : log).append(stream, events, expected),
  });
}

const creation = (chosen: Parameters<typeof creating>[1] = {}) =>
  creating({ userId: ada }, { password, totpCode: codeOf(house, phone), by: sentTo(house), ...chosen });

const his = { organizationId, userId: bob };

async function factorAt(token: string | null): Promise<number | null> {
  const session = await checked(house, String(token));
  return session?.assurance.level === 'authenticated' ? session.assurance.factorAt : null;
}

function keyIn(secret: string | null): Uint8Array {
  const decoded = base32Decode(String(secret));
  if (decoded.kind !== 'seed') throw new Error(decoded.kind);
  return decoded.bytes;
}

/** Sent once, and cut short at the append of the session. */
async function cutShort(run: () => Promise<unknown>, when: Fuse['when'] = 'before'): Promise<void> {
  Object.assign(fuse, { left: 1, when });
  await expect(run()).rejects.toThrow();
  fuse.left = never;
}

const userEvents = ['user: user.human.password.check.succeeded', 'user: user.human.mfa.otp.check.succeeded'];
const sessionEvents = [
  'session: session.added',
  'session: session.user.checked',
  'session: session.password.checked',
  'session: session.totp.checked',
  'session: session.lifetime.set',
  'session: session.token.set',
];

describe('a new session that was cut short', () => {
  it('after its user was checked is completed by the same call, and nothing is spent twice', async () => {
    const first = creation();
    expect(await appendedBy(house, () => cutShort(() => house.run(first)))).toEqual(userEvents);
    const again = creation({ totpCode: first.totpCode });
    expect(await appendedBy(house, () => house.run(again))).toEqual(sessionEvents);
  });

  it('is authenticated then, and has a token', async () => {
    const first = creation();
    await cutShort(() => house.run(first));
    house.clock.now += 600_000;
    const { token } = answerOf(await house.run(creation({ totpCode: first.totpCode })));
    expect(await worthOf(house, token)).toBe('authenticated');
  });

  it('shows what was shown when that was: nobody is taken to have shown it just now', async () => {
    const first = creation();
    const shownAt = house.clock.now;
    await cutShort(() => house.run(first));
    house.clock.now += hour;
    const { token } = answerOf(await house.run(creation({ totpCode: first.totpCode })));
    expect((await checked(house, token))?.assurance).toEqual({
      level: 'authenticated',
      passwordAt: shownAt,
      factorAt: shownAt,
    });
  });

  it('before its answer is there, its token told to nobody', async () => {
    const first = creation();
    const both = () => cutShort(() => house.run(first), 'after');
    expect(await appendedBy(house, both)).toEqual([...userEvents, ...sessionEvents]);
    const again = await house.run(creation({ totpCode: first.totpCode }));
    expect(again).toMatchObject({ kind: 'accepted', repeated: true, answer: { token: null } });
  });

  it('is completed by another process', async () => {
    const first = creation();
    await cutShort(() => house.run(first));
    const another = await house.another();
    const { token } = answerOf(await another.run(creation({ totpCode: first.totpCode })));
    expect(await worthOf(another, token)).toBe('authenticated');
    await another.close();
  });

  it.each(['lock', 'lock and unlock'])(
    'is worth nothing after a %s, though it is completed',
    async (what) => {
      const first = creation();
      await cutShort(() => house.run(first));
      await house.run(new LockUser({ organizationId, userId: ada, by }));
      if (what === 'lock and unlock') await house.run(new UnlockUser({ organizationId, userId: ada, by }));
      const { token } = answerOf(await house.run(creation({ totpCode: first.totpCode })));
      expect(await worthOf(house, token)).toBe('nothing');
    },
  );

  it('without a key is another session, and takes another code', async () => {
    const unkeyed = creation({ by });
    await cutShort(() => house.run(unkeyed));
    expect(await house.run(unkeyed)).toMatchObject({ refusal: { code: 'code-already-used' } });
  });
});

describe('a session that is set, and was cut short', () => {
  it('is completed by the same call', async () => {
    const { sessionId } = await logIn(house, ada);
    const call = { totpCode: codeOf(house, phone), by: sentTo(house) };
    await cutShort(() => house.run(setting(sessionId, call)));
    house.clock.now += 60_000;
    const { token } = answerOf(await house.run(setting(sessionId, { ...call, by: sentTo(house) })));
    expect(await worthOf(house, token)).toBe('authenticated');
  });

  it('shows its code as of then, and not over one that was shown since', async () => {
    const { sessionId } = await logIn(house, ada);
    const times = [house.clock.now];
    const late = { totpCode: codeOf(house, phone), by: sentTo(house, { key: 'late' }) };
    const later = { totpCode: codeOf(house, phone, 1), by: sentTo(house, { key: 'later' }) };
    await cutShort(() => house.run(setting(sessionId, late)));
    house.clock.now += 30_000;
    times.push(house.clock.now);
    await cutShort(() => house.run(setting(sessionId, later)));
    house.clock.now += hour;
    const first = answerOf(await house.run(setting(sessionId, late)));
    expect(await factorAt(first.token)).toBe(times[0]);
    const second = answerOf(await house.run(setting(sessionId, later)));
    expect(await factorAt(second.token)).toBe(times[1]);
  });

  it('changes nothing where a code was shown since', async () => {
    const { sessionId } = await logIn(house, ada);
    const late = setting(sessionId, { totpCode: codeOf(house, phone), by: sentTo(house) });
    await cutShort(() => house.run(late));
    house.clock.now += hour;
    const { token } = answerOf(await house.run(setting(sessionId, { totpCode: codeOf(house, phone) })));
    expect(await appendedBy(house, () => house.run(late))).toEqual([]);
    expect(await factorAt(token)).toBe(house.clock.now);
  });

  it('of a user who is checked in it for the first time is worth what it was then', async () => {
    const { sessionId } = answerOf(await house.run(creating(null)));
    const call = { user: { userId: ada }, password };
    await cutShort(() => house.run(setting(sessionId, { ...call, by: sentTo(house) })));
    await house.run(new LockUser({ organizationId, userId: ada, by }));
    await house.run(new UnlockUser({ organizationId, userId: ada, by }));
    const { token } = answerOf(await house.run(setting(sessionId, { ...call, by: sentTo(house) })));
    expect(await worthOf(house, token)).toBe('nothing');
  });
});

describe('an app that is confirmed in a session', () => {
  it('is shown there as of then, also where the session notes it later', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    const { sessionId, token } = await logIn(house, bob);
    const { secret } = answerOf(await house.run(new StartTotpRegistration({ ...his, by })));
    const { parameters } = phone;
    const code = codeOf(house, { key: Buffer.from(keyIn(secret)), parameters });
    const confirm = () =>
      house.run(new VerifyTotpRegistration({ ...his, code, by: { ...sentTo(house), session: sessionId } }));
    const shownAt = house.clock.now;
    await cutShort(confirm);
    expect(await worthOf(house, token)).toBe('no second-factor');
    house.clock.now += hour;
    await confirm();
    expect(await factorAt(token)).toBe(shownAt);
  });
});

describe('a call that is sent again', () => {
  it('is one session, however many are under way at once', async () => {
    const { totpCode } = creation();
    const calls = Array.from({ length: 8 }, () => house.run(creation({ totpCode, by: sentTo(house) })));
    const ids = (await Promise.all(calls)).map((outcome) => answerOf(outcome).sessionId);
    expect(new Set<SessionId>(ids).size).toBe(1);
  });

  it('is told the same no, and costs nothing more', async () => {
    const wrong = [
      { password: wrongPassword },
      { totpCode: wrongCodeOf(house, phone) },
      { user: { loginName: 'nobody' } },
    ];
    for (const [index, chosen] of wrong.entries()) {
      const call = () => creation({ by: sentTo(house, { key: `key-${index}` }), ...chosen });
      const first = await house.run(call());
      expect(first.kind).toBe('rejected');
      expect(await appendedBy(house, async () => expect(await house.run(call())).toEqual(first))).toEqual([]);
    }
  });

  it('is looked at again where a code was not compared, and makes no session of the password alone', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    const call = (totpCode: string) =>
      creating({ userId: bob }, { password, totpCode, by: sentTo(house, { request: totpCode }) });
    const none = { kind: 'rejected', refusal: { code: 'totp-not-found' } };
    for (const times of ['once', 'again', 'and again'])
      expect([times, await house.run(call('123456'))]).toEqual([times, none]);
    const watch = await addDevice(house, bob);
    const right = (key: string) =>
      creating({ userId: bob }, { password, totpCode: codeOf(house, watch), by: sentTo(house, { key }) });
    const { token } = answerOf(await house.run(right('another key')));
    expect(await worthOf(house, token)).toBe('authenticated');
  });

  it('shows what was compared the first time as of then, and the rest as of now', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    const key = newTotpSecret();
    const { parameters } = phone;
    house.clock.now += 30_000 - (house.clock.now % 30_000);
    const totpCode = codeOf(house, { key, parameters });
    const call = () => creating({ userId: bob }, { password, totpCode, by: sentTo(house) });
    expect(await house.run(call())).toMatchObject({ refusal: { code: 'totp-not-found' } });
    const passwordAt = house.clock.now;
    await house.run(new RegisterTotpSeed({ ...his, secret: base32Encode(key), by }));
    house.clock.now += 29_000;
    const { token } = answerOf(await house.run(call()));
    expect(await checked(house, token)).toMatchObject({
      assurance: { passwordAt, factorAt: house.clock.now },
    });
  });

  it('is told that it was done, although it would be refused by now', async () => {
    const call = () => creating({ userId: ada }, { by: sentTo(house) });
    const first = answerOf(await house.run(call()));
    await house.run(new LockUser({ organizationId, userId: ada, by }));
    expect(await house.run(call())).toMatchObject({
      kind: 'accepted',
      repeated: true,
      answer: { sessionId: first.sessionId, token: null },
    });
  });

  it('is refused where it asks for something else, be it of another user', async () => {
    await house.run(human(bob, 'bob'));
    await givePassword(house, bob);
    await house.run(creation());
    const other = { by: sentTo(house, { request: 'another request' }) };
    const reused = { kind: 'rejected', refusal: { code: 'idempotency-key-reused' } };
    expect(await house.run(creation(other))).toEqual(reused);
    expect(await house.run(creating({ userId: bob }, { password, ...other }))).toEqual(reused);
  });
});

describe('a user who is locked between the two appends', () => {
  it('has no session of it', async () => {
    const [reached, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const { log } = house.parts;
    const slowly = logWith(log, {
      append: async (stream, events, expected) => {
        if (!stream.startsWith('session-')) return log.append(stream, events, expected);
        reached.resolve();
        await held.promise;
        return log.append(stream, events, expected);
      },
    });
    const slow = await openHouse({ ...house.parts, log: slowly, soleWriter: false, clockAt: house.clock });
    const running = slow.run(creation({ by }));
    await reached.promise;
    const another = await openHouse({ ...house.parts, soleWriter: false, clockAt: house.clock });
    await another.run(new LockUser({ organizationId, userId: ada, by }));
    await another.run(new UnlockUser({ organizationId, userId: ada, by }));
    held.resolve();
    const { token } = answerOf(await running);
    expect(await worthOf(another, token)).toBe('nothing');
    await Promise.all([slow.close(), another.close()]);
  });
});
