// A whole login by a client that was written for ZITADEL, unmodified: its published package over native gRPC and over
// gRPC-Web. No message of ours is in here.

import { Code, ConnectError, type Transport } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServerTransport } from '@zitadel/client/node';
import { createSessionServiceClient, createUserServiceClient } from '@zitadel/client/v2';
import { createClientTransport } from '@zitadel/client/web';
import { CredentialsCheckErrorSchema, ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { generateSync } from 'otplib';

import { tokenIn } from '#test/administrator-token.js';
import { clearOfTurn } from '#test/conformance/world.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

let server: Server;
let token: string;

beforeAll(async () => {
  const directory = temporaryDirectory();
  server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
  token = tokenIn(directory);
});
afterAll(endAll);

const transports: Readonly<Record<string, (withToken: string) => Transport>> = {
  'native gRPC': (withToken) => createServerTransport(withToken, { baseUrl: server.url }),
  'gRPC-Web': (withToken) => createClientTransport(withToken, { baseUrl: server.url }),
};

const password = 'correct horse battery';
const wrong = (code: string) => String((Number(code) + 500_000) % 1_000_000).padStart(6, '0');
let people = 0;

interface Told {
  readonly code: string | undefined;
  readonly text: string;
  readonly id: string | undefined;
}

/** As clients tell refusals apart: by code, text and id. */
async function refusal(call: Promise<unknown>): Promise<Told> {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    const [detail] = ConnectError.from(error).findDetails(ErrorDetailSchema);
    return { code: Code[code], text: rawMessage, id: detail?.id };
  }
  return { code: undefined, text: 'was not refused', id: undefined };
}

describe.each(Object.entries(transports))("ZITADEL's own client over %s", (_, transportWith) => {
  let users: ReturnType<typeof createUserServiceClient>;
  let sessions: ReturnType<typeof createSessionServiceClient>;

  beforeAll(() => {
    users = createUserServiceClient(transportWith(token));
    sessions = createSessionServiceClient(transportWith(token));
  });

  async function newUser() {
    people += 1;
    const loginName = `gigi-${people}@example.com`;
    const { userId } = await users.addHumanUser({
      profile: { givenName: 'Gigi', familyName: 'Giraffe' },
      email: { email: loginName, verification: { case: 'isVerified', value: true } },
      passwordType: { case: 'password', value: { password } },
    });
    return { userId, loginName };
  }

  async function enrol(userId: string): Promise<string> {
    const { secret } = await users.registerTOTP({ userId });
    await clearOfTurn();
    await users.verifyTOTPRegistration({ userId, code: codeAt(secret, -30) });
    return secret;
  }

  /** Of the step before, which is still accepted: so the present one is there to log in with. */
  const codeAt = (secret: string, seconds: number) =>
    generateSync({ secret, epoch: Math.floor(Date.now() / 1_000) + seconds });

  const checkUser = (loginName: string) =>
    ({ user: { search: { case: 'loginName', value: loginName } } }) as const;

  const itself = (sessionToken: string, userId: string) =>
    createUserServiceClient(transportWith(sessionToken)).getUserByID({ userId });

  it('creates a session, sets it with a code, reads its factors, is let in by it, and ends it', async () => {
    const { userId, loginName } = await newUser();
    const secret = await enrol(userId);
    const created = await sessions.createSession({
      checks: { ...checkUser(loginName), password: { password } },
      metadata: { page: Buffer.from('login') },
      userAgent: { fingerprintId: 'browser-1', description: 'Firefox' },
      lifetime: { seconds: 600n },
    });
    const { sessionId } = created;
    expect(sessionId).toMatch(/^[\da-f-]{36}$/);
    expect(await refusal(itself(created.sessionToken, userId))).toEqual({
      code: 'PermissionDenied',
      text: 'Mfa required (AUTHZ-Kl3p0)',
      id: 'AUTHZ-Kl3p0',
    });

    const code = codeAt(secret, 0);
    const set = await sessions.setSession({ sessionId, checks: { totp: { code } } });
    expect(set.sessionToken).not.toBe(created.sessionToken);
    expect((await refusal(itself(created.sessionToken, userId))).code).toBe('Unauthenticated');
    expect((await itself(set.sessionToken, userId)).user?.userId).toBe(userId);

    const { session } = await sessions.getSession({ sessionId, sessionToken: set.sessionToken });
    expect(session).toMatchObject({
      id: sessionId,
      metadata: { page: Uint8Array.from(Buffer.from('login')) },
      userAgent: { fingerprintId: 'browser-1', description: 'Firefox' },
      factors: {
        user: { id: userId, loginName, displayName: 'Gigi Giraffe' },
        password: { verifiedAt: expect.anything() },
        totp: { verifiedAt: expect.anything() },
      },
    });
    expect(session?.factors?.webAuthN).toBeUndefined();
    const lasts = Number(session?.expirationDate?.seconds) - Number(session?.creationDate?.seconds);
    expect(lasts).toBeGreaterThanOrEqual(599);
    expect(lasts).toBeLessThanOrEqual(601);
    const listed = await sessions.listSessions({
      queries: [{ query: { case: 'userIdQuery', value: { id: userId } } }],
    });
    expect(listed.sessions.map(({ id }) => id)).toEqual([sessionId]);

    await sessions.deleteSession({ sessionId, sessionToken: set.sessionToken });
    expect((await refusal(itself(set.sessionToken, userId))).code).toBe('Unauthenticated');
    expect(await refusal(sessions.getSession({ sessionId }))).toMatchObject({
      code: 'NotFound',
      id: 'QUERY-SFeaa',
    });
  });

  it('is let in by user and password where there is no second factor', async () => {
    const { userId, loginName } = await newUser();
    const { sessionId, sessionToken } = await sessions.createSession({ checks: checkUser(loginName) });
    expect(await refusal(itself(sessionToken, userId))).toEqual({
      code: 'PermissionDenied',
      text: 'Authentication required (AUTHZ-Kl3p0)',
      id: 'AUTHZ-Kl3p0',
    });
    const set = await sessions.setSession({ sessionId, checks: { password: { password } } });
    expect((await itself(set.sessionToken, userId)).user?.userId).toBe(userId);
  });

  it('is told of a wrong password, of none, and of nobody alike, with how many there were', async () => {
    const { loginName } = await newUser();
    people += 1;
    const unset = `unset-${people}@example.com`;
    await users.addHumanUser({
      profile: { givenName: 'Gigi', familyName: 'Giraffe' },
      email: { email: unset, verification: { case: 'isVerified', value: true } },
    });
    for (const name of [loginName, unset, `nobody-${people}@example.com`]) {
      const checks = { ...checkUser(name), password: { password: 'another one' } };
      const error = await sessions.createSession({ checks }).catch(ConnectError.from);
      expect(error).toBeInstanceOf(ConnectError);
      const { code, rawMessage } = error as ConnectError;
      expect([Code[code], rawMessage]).toEqual(['InvalidArgument', 'Password is invalid (COMMAND-3M0fs)']);
      expect((error as ConnectError).findDetails(CredentialsCheckErrorSchema)).toEqual([
        expect.objectContaining({ id: 'COMMAND-3M0fs', failedAttempts: 1 }),
      ]);
    }
  });

  it('is refused what is wrong, with the ids of ZITADEL', async () => {
    const { userId, loginName } = await newUser();
    const { sessionId } = await sessions.createSession({ checks: checkUser(loginName) });
    const set = (checks: Parameters<typeof sessions.setSession>[0]['checks']) =>
      refusal(sessions.setSession({ sessionId, ...(checks !== undefined && { checks }) }));
    expect(await set({ totp: { code: '123456' } })).toMatchObject({
      code: 'FailedPrecondition',
      id: 'COMMAND-3Mif9s',
    });
    const secret = await enrol(userId);
    expect(await set({ totp: { code: wrong(codeAt(secret, 0)) } })).toEqual({
      code: 'InvalidArgument',
      text: 'Invalid code (EVENT-8isk2)',
      id: 'EVENT-8isk2',
    });
    const other = await newUser();
    expect(await set(checkUser(other.loginName))).toMatchObject({ code: 'InvalidArgument' });

    const empty = await sessions.createSession({});
    const early = sessions.setSession({ sessionId: empty.sessionId, checks: { totp: { code: '123456' } } });
    expect(await refusal(early)).toMatchObject({ code: 'InvalidArgument', id: 'COMMAND-8N9ds' });

    await users.lockUser({ userId });
    expect(await set({ password: { password } })).toMatchObject({
      code: 'FailedPrecondition',
      id: 'COMMAND-SF3fg',
    });
    const nobody = sessions.createSession({ checks: checkUser('nobody@example.com') });
    expect(await refusal(nobody)).toMatchObject({ code: 'NotFound', id: 'QUERY-Dfbg2' });
    const none = { sessionId: '01a1fe46-0000-7000-8000-000000000000' };
    expect(await refusal(sessions.getSession(none))).toMatchObject({ code: 'NotFound', id: 'QUERY-SFeaa' });
    const stolen = sessions.getSession({ sessionId, sessionToken: 'css_stolen' });
    expect(await refusal(stolen)).toMatchObject({ code: 'PermissionDenied', id: 'QUERY-dsfr3' });
  });

  it('is told which checks are not built', async () => {
    const { loginName } = await newUser();
    const asked = [
      { checks: { ...checkUser(loginName), otpSms: { code: '1234' } } },
      { checks: { ...checkUser(loginName), otpEmail: { code: '1234' } } },
      { checks: { ...checkUser(loginName), idpIntent: { idpIntentId: '1', idpIntentToken: '1' } } },
      { checks: { ...checkUser(loginName), webAuthN: { credentialAssertionData: {} } } },
      { checks: checkUser(loginName), challenges: { otpEmail: {} } },
      { checks: checkUser(loginName), challenges: { webAuthN: { domain: 'example.com' } } },
    ];
    for (const request of asked)
      expect(await refusal(sessions.createSession(request))).toMatchObject({
        code: 'Unimplemented',
        id: 'CSIGN-check-not-built',
      });
  });

  it('changes a password, and sets one by a code', async () => {
    const { userId, loginName } = await newUser();
    const login = (text: string) =>
      refusal(sessions.createSession({ checks: { ...checkUser(loginName), password: { password: text } } }));
    const change = (currentPassword: string, text: string) =>
      users.setPassword({
        userId,
        newPassword: { password: text },
        verification: { case: 'currentPassword', value: currentPassword },
      });
    expect(await refusal(change('not the one', 'battery staple'))).toMatchObject({ id: 'COMMAND-3M0fs' });
    await change(password, 'battery staple');
    expect((await login(password)).id).toBe('COMMAND-3M0fs');
    expect((await login('battery staple')).text).toBe('was not refused');
    const short = users.setPassword({ userId, newPassword: { password: 'short' } });
    expect(await refusal(short)).toMatchObject({ code: 'InvalidArgument', id: 'DOMAIN-HuJf6' });

    const { verificationCode } = await users.passwordReset({
      userId,
      medium: { case: 'returnCode', value: {} },
    });
    const reset = {
      userId,
      newPassword: { password: 'yet another one' },
      verification: { case: 'verificationCode', value: String(verificationCode) },
    } as const;
    await users.setPassword(reset);
    expect((await login('yet another one')).text).toBe('was not refused');
    expect(await refusal(users.setPassword(reset))).toMatchObject({ code: 'FailedPrecondition' });
  });
});
