import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { answerOf } from '#application/testing/attempt.js';
import { addDevice } from '#application/testing/factors.js';
import { by, organizationId } from '#application/testing/house.js';
import { RenameTotp } from '#application/totp/rename-totp.js';
import { StartTotpRegistration } from '#application/totp/start-totp-registration.js';
import { VerifyTotpRegistration } from '#application/totp/verify-totp-registration.js';
import { AuthFactorState } from '#contract/zitadel/user/v2/user_pb.js';
import {
  AuthenticationMethodType,
  AuthFactors,
  UserService,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import type { UserId } from '#domain/ids.js';
import { people } from '#transport/testing/desk.js';
import { openZitadelDesk, type ZitadelDesk } from '#transport/testing/zitadel-desk.js';

const rpc = UserService.method;
const { TOTP, RECOVERY_CODE } = AuthenticationMethodType;

let desk: ZitadelDesk;
beforeAll(async () => {
  desk = await openZitadelDesk();
});
afterAll(() => desk.close());

const profile = { givenName: 'Grace', familyName: 'Hopper' };
let count = 0;
async function someone(): Promise<string> {
  count += 1;
  const email = { email: `someone-${count}@example.com` };
  const { id } = await desk.ask('owner', rpc.createUser, {
    userType: { case: 'human', value: { profile, email } },
  });
  return id;
}

const methodsOf = async (userId: string) =>
  (await desk.ask('owner', rpc.listAuthenticationMethodTypes, { userId })).authMethodTypes;

const wrong = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');

describe('a second factor', () => {
  it('lives from its registration to its removal', async () => {
    const userId = await someone();
    const { secret, uri, details } = await desk.ask('owner', rpc.registerTOTP, { userId });
    expect(uri).toBe(
      `otpauth://totp/Acme:someone-${count}%40example.com?secret=${secret}&issuer=Acme&algorithm=SHA1&digits=6&period=30`,
    );
    expect(details).toMatchObject({ sequence: 2n, resourceOwner: organizationId });
    expect(await methodsOf(userId)).toEqual([]);

    const code = desk.codeOf(secret);
    expect(await desk.said('owner', rpc.verifyTOTPRegistration, { userId, code: wrong(code) })).toBe(
      '3 wrong-code EVENT-8isk2',
    );
    const verified = await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code });
    // One was the wrong code's.
    expect(verified.details?.sequence).toBe(4n);
    expect(await methodsOf(userId)).toEqual([TOTP]);

    const made = await desk.ask('owner', rpc.generateRecoveryCodes, { userId, count: 3 });
    expect(made.recoveryCodes).toHaveLength(3);
    expect(new Set(made.recoveryCodes).size).toBe(3);
    expect(made.details?.sequence).toBe(5n);
    expect(await methodsOf(userId)).toEqual([TOTP, RECOVERY_CODE]);

    const removed = await desk.ask('owner', rpc.removeTOTP, { userId });
    expect(removed.details?.sequence).toBe(6n);
    expect(await methodsOf(userId)).toEqual([RECOVERY_CODE]);
    await desk.ask('owner', rpc.removeRecoveryCodes, { userId });
    expect(await methodsOf(userId)).toEqual([]);
  });
});

describe('the TOTP of these calls', () => {
  async function enrolled(): Promise<string> {
    const userId = await someone();
    const { secret } = await desk.ask('owner', rpc.registerTOTP, { userId });
    await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code: desk.codeOf(secret) });
    return userId;
  }
  const factorsOf = async (userId: string, states: AuthFactorState[] = []) =>
    (await desk.ask('owner', rpc.listAuthenticationFactors, { userId, states })).result.map(
      ({ state, type }) => `${type.case} ${AuthFactorState[state]}`,
    );

  it('is one: while it is ready there is no second', async () => {
    const userId = await enrolled();
    expect(await desk.said('owner', rpc.registerTOTP, { userId })).toBe('6 totp-already-ready COMMAND-do9se');
    expect(await desk.said('owner', rpc.verifyTOTPRegistration, { userId, code: '123456' })).toBe(
      '6 totp-already-ready COMMAND-qx4ls',
    );
  });

  it('is made anew as long as no code has confirmed it, and only the last one counts', async () => {
    const userId = await someone();
    const first = await desk.ask('owner', rpc.registerTOTP, { userId });
    const second = await desk.ask('owner', rpc.registerTOTP, { userId });
    expect(second.secret).not.toBe(first.secret);
    const said = (secret: string) =>
      desk.said('owner', rpc.verifyTOTPRegistration, { userId, code: desk.codeOf(secret) });
    expect(await said(first.secret)).toBe('3 wrong-code EVENT-8isk2');
    expect(await said(second.secret)).toBe('answered');
  });

  it('can be made again once it was removed', async () => {
    const userId = await enrolled();
    await desk.ask('owner', rpc.removeTOTP, { userId });
    expect(await desk.said('owner', rpc.removeTOTP, { userId })).toBe('5 totp-not-found COMMAND-Hd9sd');
    expect(await desk.said('owner', rpc.registerTOTP, { userId })).toBe('answered');
  });

  it('that was never begun is not confirmed', async () => {
    const userId = await someone();
    expect(await desk.said('owner', rpc.verifyTOTPRegistration, { userId, code: '123456' })).toBe(
      '5 totp-not-found COMMAND-3Mif9s',
    );
  });

  it('is removed by its owner only with a proof, which the call has no field for', async () => {
    const { secret } = await desk.ask('ada', rpc.registerTOTP, { userId: people.ada });
    const code = desk.codeOf(secret);
    await desk.ask('ada', rpc.verifyTOTPRegistration, { userId: people.ada, code });
    expect(await desk.said('ada', rpc.removeTOTP, { userId: people.ada })).toBe(
      '9 proof-required CSIGN-proof-required',
    );
    expect(await methodsOf(people.ada)).toEqual([TOTP]);
    expect(await desk.said('owner', rpc.removeTOTP, { userId: people.ada })).toBe('answered');
    expect(await methodsOf(people.ada)).toEqual([]);
  });

  it('is removed without one while it waits for its first code', async () => {
    await desk.ask('grace', rpc.registerTOTP, { userId: people.grace });
    expect(await desk.said('grace', rpc.removeTOTP, { userId: people.grace })).toBe('answered');
  });

  it('is an owner’s own too where the owner is an administrator', async () => {
    const { secret } = await desk.ask('owner', rpc.registerTOTP, { userId: people.owner });
    const code = desk.codeOf(secret);
    await desk.ask('owner', rpc.verifyTOTPRegistration, { userId: people.owner, code });
    expect(await desk.said('owner', rpc.removeTOTP, { userId: people.owner })).toBe(
      '9 proof-required CSIGN-proof-required',
    );
  });

  it('is the one without a name: those with names are neither in its way nor removed', async () => {
    const userId = await someone();
    const { totpId } = await addDevice(desk.house, userId as UserId);
    const named = { organizationId, userId: userId as UserId, totpId };
    await answerOf(desk.house, new RenameTotp({ ...named, name: 'Phone', by }));
    expect(await factorsOf(userId)).toEqual(['otp READY']);
    expect(await desk.said('owner', rpc.removeTOTP, { userId })).toBe('5 totp-not-found COMMAND-Hd9sd');
    const { secret } = await desk.ask('owner', rpc.registerTOTP, { userId });
    await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code: desk.codeOf(secret) });
    await desk.ask('owner', rpc.removeTOTP, { userId });
    expect(await methodsOf(userId)).toEqual([TOTP]);
    expect(await desk.said('owner', rpc.removeTOTP, { userId })).toBe('5 totp-not-found COMMAND-Hd9sd');
  });

  it('that waits for its first code under a name is not confirmed or removed from here', async () => {
    const userId = await someone();
    const whose = { organizationId, userId: userId as UserId, by };
    const { secret } = await answerOf(desk.house, new StartTotpRegistration({ ...whose, name: 'Phone' }));
    const code = desk.codeOf(secret ?? '');
    expect(await desk.said('owner', rpc.removeTOTP, { userId })).toBe('5 totp-not-found COMMAND-Hd9sd');
    expect(await desk.said('owner', rpc.verifyTOTPRegistration, { userId, code })).toBe(
      '5 totp-not-found COMMAND-3Mif9s',
    );
    expect(await desk.house.run(new VerifyTotpRegistration({ ...whose, code }))).toMatchObject({
      kind: 'accepted',
    });
  });

  it('is ready, and not one too many, where there are as many as there may be', async () => {
    const userId = await someone();
    for (let made = 0; made < 3; made += 1) await addDevice(desk.house, userId as UserId);
    expect(await desk.said('owner', rpc.registerTOTP, { userId })).toBe('6 totp-already-ready COMMAND-do9se');
  });

  it('of several without a name is the first', async () => {
    const userId = await someone();
    const first = await addDevice(desk.house, userId as UserId);
    await addDevice(desk.house, userId as UserId);
    await desk.ask('owner', rpc.removeTOTP, { userId });
    const whose = { organizationId, userId: userId as UserId, name: 'Gone', by };
    await expect(answerOf(desk.house, new RenameTotp({ ...whose, totpId: first.totpId }))).rejects.toThrow(
      'totp-not-found',
    );
  });

  it('is listed by its state: ready ones where none is asked for', async () => {
    const { NOT_READY, READY, REMOVED } = AuthFactorState;
    const userId = await someone();
    const { secret } = await desk.ask('owner', rpc.registerTOTP, { userId });
    expect(await factorsOf(userId)).toEqual([]);
    expect(await factorsOf(userId, [NOT_READY])).toEqual(['otp NOT_READY']);
    await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code: desk.codeOf(secret) });
    expect(await factorsOf(userId)).toEqual(['otp READY']);
    expect(await factorsOf(userId, [NOT_READY, REMOVED])).toEqual([]);
    expect(await factorsOf(userId, [NOT_READY, READY])).toEqual(['otp READY']);
    const others = { userId, authFactors: [AuthFactors.U2F, AuthFactors.OTP_SMS] };
    expect((await desk.ask('owner', rpc.listAuthenticationFactors, others)).result).toEqual([]);
    const unknown = { userId, states: [0, 9], authFactors: [7] };
    expect(await desk.fields('owner', rpc.listAuthenticationFactors, unknown)).toEqual([
      'auth_factors[0]',
      'states[0]',
      'states[1]',
    ]);
  });

  it.each(['registerTOTP', 'verifyTOTPRegistration', 'removeTOTP'] as const)(
    'is not for those who may only read: %s',
    async (name) => {
      const said = (userId: string) => desk.said('reader', rpc[name], { userId, code: '123456' });
      expect(await said(people.ada)).toBe('7 permission-denied AUTH-AWfge');
      expect(await said(people.stranger)).toMatch(/^5 user-not-found/);
    },
  );

  it('is not begun by who is locked', async () => {
    const userId = await someone();
    await desk.ask('owner', rpc.lockUser, { userId });
    expect(await desk.said('owner', rpc.registerTOTP, { userId })).toBe('9 user-locked COMMAND-SF3fg');
    expect(await desk.said('owner', rpc.generateRecoveryCodes, { userId, count: 1 })).toBe(
      '9 user-locked COMMAND-SF3fg',
    );
  });
});

describe('recovery codes', () => {
  it.each([0, -1, 51, 2_000_000_000])('are 1 to 50, and not %i', async (count) => {
    const asked = { userId: people.ada, count };
    expect(await desk.said('owner', rpc.generateRecoveryCodes, asked)).toBe(
      '3 invalid-input CSIGN-invalid-input',
    );
    expect(await desk.fields('owner', rpc.generateRecoveryCodes, asked)).toEqual(['count']);
  });

  it('are made by oneself, and not for others by everybody', async () => {
    expect(await desk.said('ada', rpc.generateRecoveryCodes, { userId: people.ada, count: 1 })).toBe(
      'answered',
    );
    expect(await desk.said('ada', rpc.generateRecoveryCodes, { userId: people.reader, count: 1 })).toBe(
      '5 user-not-found COMMAND-uXHNj',
    );
    expect(await desk.said('reader', rpc.removeRecoveryCodes, { userId: people.ada })).toBe(
      '7 permission-denied AUTH-AWfge',
    );
  });
});

describe('a call that is repeated by its key', () => {
  const keyed = async (idempotencyKey: string) => ({
    authorization: await desk.tokenOf('owner'),
    idempotencyKey,
  });

  it('answers a registration again without its secret, also when it is ready', async () => {
    const userId = await someone();
    const as = await keyed('register');
    const first = await desk.ask(as, rpc.registerTOTP, { userId });
    const again = await desk.ask(as, rpc.registerTOTP, { userId });
    expect(again).toEqual({ ...first, secret: '', uri: '' });
    await desk.ask('owner', rpc.verifyTOTPRegistration, { userId, code: desk.codeOf(first.secret) });
    expect(await desk.ask(as, rpc.registerTOTP, { userId })).toEqual(again);
  });

  it('removes and erases somebody once, who is gone when it is asked again', async () => {
    const userId = await someone();
    const as = await keyed('gone');
    const removed = await desk.ask(as, rpc.deleteUser, { userId });
    expect(await desk.ask(as, rpc.deleteUser, { userId })).toEqual(removed);
    expect(await desk.said('owner', rpc.deleteUser, { userId })).toBe('5 user-not-found COMMAND-bd4ir1mblj');
    expect(await desk.said('stranger', rpc.deleteUser, { userId })).toBe(
      '5 user-not-found COMMAND-bd4ir1mblj',
    );
  });

  it('says in its headers that it is answered again, and that a secret was shown before', async () => {
    const userId = await someone();
    const as = await keyed('told');
    const headersOf = async (method: typeof rpc.registerTOTP | typeof rpc.lockUser) => {
      const {
        'x-request-id': _,
        'x-countersign-position': __,
        ...headers
      } = (await desk.call(as, method, { userId })).headers;
      return headers;
    };
    expect(await headersOf(rpc.registerTOTP)).toEqual({});
    expect(await headersOf(rpc.registerTOTP)).toEqual({
      'idempotent-replayed': 'true',
      'x-countersign-secret-already-shown': 'true',
    });
    as.idempotencyKey = 'locked';
    expect(await headersOf(rpc.lockUser)).toEqual({});
    expect(await headersOf(rpc.lockUser)).toEqual({ 'idempotent-replayed': 'true' });
  });

  it.each([
    ['setEmail', 'asked for', 'returnCode'],
    ['setEmail', 'not asked for', undefined],
    ['updateUser', 'asked for', 'returnCode'],
    ['updateUser', 'not asked for', undefined],
    ['addHumanUser', 'asked for', 'returnCode'],
    ['addHumanUser', 'not asked for', undefined],
    ['createUser', 'asked for', 'returnCode'],
    ['createUser', 'not asked for', undefined],
  ] as const)('%s says that a code was shown before where one was %s', async (name, _, wanted) => {
    const as = await keyed(`code ${name} ${wanted}`);
    const verification = { case: wanted, value: wanted === undefined ? undefined : {} };
    const email = { email: `${name}.${wanted}@example.com`, verification };
    const human = { profile: { givenName: 'Ada', familyName: 'L' }, email };
    const requests = {
      setEmail: async () => ({ userId: await someone(), ...email }),
      updateUser: async () => ({
        userId: await someone(),
        userType: { case: 'human', value: { email } },
      }),
      addHumanUser: async () => ({
        organization: { org: { case: 'orgId', value: organizationId } },
        ...human,
      }),
      createUser: async () => ({ organizationId, userType: { case: 'human', value: human } }),
    };
    const request = await requests[name]();
    const ask = () => desk.call(as, rpc[name] as typeof rpc.setEmail, request as never);
    expect(await ask()).toMatchObject({ kind: 'answered' });
    const { headers } = await ask();
    expect(headers['idempotent-replayed']).toBe('true');
    expect(headers['x-countersign-secret-already-shown']).toBe(wanted === undefined ? undefined : 'true');
  });

  it('answers a confirmation, new codes and a removal again, and does them once', async () => {
    const userId = await someone();
    const { secret } = await desk.ask('owner', rpc.registerTOTP, { userId });
    const code = desk.codeOf(secret);
    const [confirming, making, removing] = [
      await keyed('confirm'),
      await keyed('make'),
      await keyed('remove'),
    ];
    const confirmed = await desk.ask(confirming, rpc.verifyTOTPRegistration, { userId, code });
    expect(await desk.ask(confirming, rpc.verifyTOTPRegistration, { userId, code })).toEqual(confirmed);
    const made = await desk.ask(making, rpc.generateRecoveryCodes, { userId, count: 2 });
    expect(await desk.ask(making, rpc.generateRecoveryCodes, { userId, count: 2 })).toEqual({
      ...made,
      recoveryCodes: [],
    });
    const removed = await desk.ask(removing, rpc.removeTOTP, { userId });
    expect(await desk.ask(removing, rpc.removeTOTP, { userId })).toEqual(removed);
  });

  it('makes one user and one token', async () => {
    const human = {
      profile,
      email: { email: 'once@example.com', verification: { case: 'returnCode', value: {} } },
    };
    const request = { userType: { case: 'human', value: human } } as const;
    const as = await keyed('create');
    const first = await desk.ask(as, rpc.createUser, request as never);
    expect(first.emailCode).toMatch(/^\S{6,}$/);
    const again = await desk.ask(as, rpc.createUser, request as never);
    expect(again).toMatchObject({ id: first.id, creationDate: first.creationDate });
    expect(again.emailCode).toBeUndefined();
    const token = await desk.ask(as, rpc.addPersonalAccessToken, { userId: first.id }).catch(String);
    expect(token).toMatch('idempotency-key-reused');
    const making = await keyed('token');
    const made = await desk.ask(making, rpc.addPersonalAccessToken, { userId: first.id });
    expect(await desk.ask(making, rpc.addPersonalAccessToken, { userId: first.id })).toEqual({
      ...made,
      token: '',
    });
  });
});
