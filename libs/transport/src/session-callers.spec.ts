import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { DeactivateOrganization } from '#application/organization/deactivate-organization.js';
import { ReactivateOrganization } from '#application/organization/reactivate-organization.js';
import { DeleteSession } from '#application/session/delete-session.js';
import { answerOf } from '#application/testing/attempt.js';
import { codeOf } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { creating, password, setting, worthOf } from '#application/testing/logins.js';
import { RegisterTotpSeed } from '#application/totp/register-totp-seed.js';
import { DeactivateUser } from '#application/user/deactivate-user.js';
import { LockUser } from '#application/user/lock-user.js';
import { RemoveUser } from '#application/user/remove-user.js';
import { UnlockUser } from '#application/user/unlock-user.js';
import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { RecoveryCodeService } from '#contract/countersign/v1/recovery_code_service_pb.js';
import { UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { base32Encode } from '#secrets/base32.js';
import { newTotpSecret } from '#secrets/totp.js';
import { people } from '#transport/testing/desk.js';
import {
  methodsOf,
  openSessionsDesk,
  type Session,
  type SessionsDesk,
} from '#transport/testing/sessions-desk.js';

const { getUserByID, lockUser, registerTOTP, verifyTOTPRegistration } = UserService.method;

let desk: SessionsDesk;
beforeAll(async () => {
  desk = await openSessionsDesk();
});
afterAll(() => desk.close());

const look = ({ userId, authorization }: Pick<Session, 'userId' | 'authorization'>) =>
  desk.said({ authorization }, getUserByID, { userId });
const unauthenticated = '16 unauthenticated AUTH-7fs1e';

describe('a session', () => {
  it('stands for its user, and for none of its roles', async () => {
    const session = await desk.begin();
    expect(await look(session)).toBe('answered');
    const owner = await desk.house.run(creating({ userId: people.owner as never }, { password }));
    expect(owner.kind).toBe('rejected');
    expect(await desk.said(session, lockUser, { userId: people.ada })).toBe(
      '5 user-not-found COMMAND-450yxuqrh1',
    );
    expect(await desk.said(session, getUserByID, { userId: people.ada })).toBe(
      '5 user-not-found QUERY-Dfbg2',
    );
  });

  it('is named in the events of what it does, beside its user', async () => {
    const { userId, authorization, sessionId } = await desk.begin();
    await desk.ask({ authorization }, FactorService.method.startTotpRegistration, { userId });
    const stream = desk.house.application.userStream(userId);
    const { log } = desk.house.parts;
    expect(await log.readStream(stream, { direction: 'backward', from: 'end', limit: 1 })).toMatchObject({
      events: [{ type: 'user.human.mfa.otp.added', metadata: { session: sessionId, editor: userId } }],
    });
  });

  it('repeats its own calls, and none of another session: each would note down what the other has shown', async () => {
    const { userId, device, ...one } = await desk.begin();
    if (device === null) throw new Error('there is a device');
    desk.house.clock.now += 30_000;
    const shown = { password, totpCode: codeOf(desk.house, device) };
    const { token } = await answerOf(desk.house, creating({ userId }, shown));
    const { startTotpRegistration } = FactorService.method;
    const start = (authorization: string) =>
      desk.said({ authorization, idempotencyKey: 'enrol' }, startTotpRegistration, { userId });
    expect(await start(one.authorization)).toBe('answered');
    expect(await start(one.authorization)).toBe('answered');
    expect(await start(`Bearer ${token}`)).toBe('9 idempotency-key-reused CSIGN-idempotency-key-reused');
  });

  it.each([
    ['its user was not checked', null, {}, 'authentication-required'],
    ['its password was not checked', 'user', {}, 'authentication-required'],
    ['its factor was not checked', 'user', { password }, 'second-factor-required'],
  ] as const)('is told what is missing where %s', async (_, user, shown, code) => {
    const { userId } = await desk.begin();
    const made = creating(user === null ? null : { userId }, shown);
    const { token } = await answerOf(desk.house, made);
    const session = { userId, authorization: `Bearer ${token}` };
    expect(await look(session)).toBe(`7 ${code} AUTHZ-Kl3p0`);
  });

  it('is nothing once it was ended, changed by another token, or run out', async () => {
    const [ended, changed, over] = [await desk.begin(), await desk.begin(), await desk.begin()];
    await answerOf(desk.house, new DeleteSession({ sessionId: ended.sessionId, by }));
    const { token } = await answerOf(desk.house, setting(changed.sessionId, { lifetimeSeconds: 60 }));
    await answerOf(desk.house, setting(over.sessionId, { lifetimeSeconds: 1 }));
    for (const session of [ended, changed]) expect(await look(session)).toBe(unauthenticated);
    const now = { ...changed, authorization: `Bearer ${token}` };
    expect(await look(now)).toBe('answered');
    desk.house.clock.now += 60_000;
    expect(await look(now)).toBe(unauthenticated);
  });

  it.each([
    ['locked', LockUser],
    ['deactivated', DeactivateUser],
    ['removed', RemoveUser],
  ])('is nothing once its user was %s', async (_, Command) => {
    const session = await desk.begin();
    const { userId } = session;
    expect(await look(session)).toBe('answered');
    await answerOf(desk.house, new Command({ organizationId, userId, by }));
    expect(await look(session)).toBe(unauthenticated);
  });

  it('is over for good with the lock of its user, whatever is unlocked afterwards', async () => {
    const session = await desk.begin();
    const { userId } = session;
    await answerOf(desk.house, new LockUser({ organizationId, userId, by }));
    await answerOf(desk.house, new UnlockUser({ organizationId, userId, by }));
    expect(await look(session)).toBe(unauthenticated);
  });

  it('is nothing while its organization is not active', async () => {
    const session = await desk.begin();
    await answerOf(desk.house, new DeactivateOrganization({ organizationId, by }));
    expect(await look(session)).toBe(unauthenticated);
    await answerOf(desk.house, new ReactivateOrganization({ organizationId, by }));
    expect(await look(session)).toBe('answered');
  });

  it('lacks a factor from the moment in which its user has one', async () => {
    const session = await desk.begin({ factor: false });
    const { userId } = session;
    expect(await look(session)).toBe('answered');
    const secret = base32Encode(newTotpSecret());
    await answerOf(desk.house, new RegisterTotpSeed({ organizationId, userId, secret, by }));
    expect(await look(session)).toBe('7 second-factor-required AUTHZ-Kl3p0');
  });
});

describe('a session of a user who has to enrol a first factor', () => {
  afterAll(() => desk.requireFactor(false));

  it('may do exactly one thing, and is authenticated by it', async () => {
    const session = await desk.begin({ factor: false });
    await desk.requireFactor(true);
    const as = { authorization: session.authorization };
    const { userId } = session;
    const said = await Promise.all(
      methodsOf(desk).map(async (method) => [
        `${method.parent.name}.${method.name}`,
        await desk.said(as, method, {} as never),
      ]),
    );
    const open = said.filter(([, told]) => told !== '7 enrolment-required AUTHZ-Kl3p0');
    expect(open.map(([name]) => name).toSorted()).toEqual([
      'FactorService.StartTotpRegistration',
      'FactorService.VerifyTotpRegistration',
      'UserService.RegisterTOTP',
      'UserService.VerifyTOTPRegistration',
    ]);
    expect(await desk.said(as, registerTOTP, { userId: people.ada })).toMatch(/^5 user-not-found/);
    const { secret } = await desk.ask(as, registerTOTP, { userId });
    expect(await look(session)).toBe('7 enrolment-required AUTHZ-Kl3p0');
    await desk.ask(as, verifyTOTPRegistration, { userId, code: desk.codeOf(secret) });
    expect(await look(session)).toBe('answered');
    expect(await worthOf(desk.house, session.authorization.slice('Bearer '.length))).toBe('authenticated');
  });
});

describe('the other sessions of a user', () => {
  const { verifyTotp, removeTotp } = FactorService.method;

  it('end with a change of factors where that is asked for, and are not touched where it is not', async () => {
    const here = await desk.begin();
    const { userId, device, authorization } = here;
    if (device === null) throw new Error('there is a device');
    const loggedIn = async () => {
      desk.house.clock.now += 30_000;
      const totpCode = codeOf(desk.house, device);
      const { token } = await answerOf(desk.house, creating({ userId }, { password, totpCode }));
      return { userId, authorization: `Bearer ${token}` };
    };
    const [one, other] = [await loggedIn(), await loggedIn()];
    const { generateRecoveryCodes } = RecoveryCodeService.method;
    await desk.ask({ authorization }, generateRecoveryCodes, { userId, count: 2 });
    expect(await Promise.all([here, one, other].map(look))).toEqual(Array(3).fill('answered'));
    const made = await desk.ask({ authorization }, generateRecoveryCodes, {
      userId,
      count: 2,
      endOtherSessions: true,
    });
    expect(await look(here)).toBe('answered');
    expect(await Promise.all([one, other].map(look))).toEqual(Array(2).fill(unauthenticated));
    expect(made.recoveryCodes).toHaveLength(2);
    const bystander = await desk.begin();
    const recoveryCode = String(made.recoveryCodes[0]);
    const removal = { userId, totpId: device.totpId, recoveryCode, endOtherSessions: true };
    expect(await desk.said('ada', removeTotp, removal)).toMatch(/^5 /);
    await desk.ask('owner', removeTotp, removal);
    expect(await look(here)).toBe(unauthenticated);
    expect(await look(bystander)).toBe('answered');
    expect(await desk.said('ada', verifyTotp, { userId, code: '123456' })).toMatch(/^5 /);
  });
});
