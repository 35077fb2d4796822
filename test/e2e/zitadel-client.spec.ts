// Clients that were written for ZITADEL, unmodified: its published package over native gRPC and over gRPC-Web, and
// what its reference shows of REST. No message of ours is in here.

import { Code, ConnectError, type Interceptor, type Transport } from '@connectrpc/connect';
import { compressionGzip } from '@connectrpc/connect-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServerTransport } from '@zitadel/client/node';
import {
  createOrganizationServiceClient,
  createSettingsServiceClient,
  createUserServiceClient,
  makeReqCtx,
} from '@zitadel/client/v2';
import { createClientTransport } from '@zitadel/client/web';
import { ErrorDetailSchema } from '@zitadel/proto/zitadel/message_pb.js';
import { SecondFactorType } from '@zitadel/proto/zitadel/settings/v2/login_settings_pb.js';
import { AuthenticationMethodType } from '@zitadel/proto/zitadel/user/v2/user_service_pb.js';
import { generateSync } from 'otplib';

import { tokenIn } from '#test/administrator-token.js';
import { endAll, type Server, startServer, temporaryDirectory } from '#test/e2e/server-process.js';

let server: Server;
let token: string;

beforeAll(async () => {
  const directory = temporaryDirectory();
  server = await startServer({ environment: { COUNTERSIGN_DATA_DIR: directory } });
  token = tokenIn(directory);
});
afterAll(endAll);

interface Wire {
  readonly asked: string | null;
  readonly answered: string | null;
  readonly compressed: string | null;
}

/** What went over the wire, beside what the client made of it. */
let wires: Wire[] = [];
const noting: Interceptor = (next) => async (request) => {
  const response = await next(request);
  wires.push({
    asked: request.header.get('content-type'),
    answered: response.header.get('content-type'),
    compressed: request.header.get('grpc-encoding'),
  });
  return response;
};

const transports: Readonly<Record<string, (withToken: string) => Transport>> = {
  'native gRPC': (withToken) =>
    createServerTransport(withToken, { baseUrl: server.url, interceptors: [noting] }),
  'native gRPC, compressing': (withToken) =>
    createServerTransport(withToken, {
      baseUrl: server.url,
      interceptors: [noting],
      sendCompression: compressionGzip,
      compressMinBytes: 0,
    }),
  'gRPC-Web': (withToken) =>
    createClientTransport(withToken, { baseUrl: server.url, interceptors: [noting] }),
};

const nobody = '69629023906488334';
let people = 0;

function person() {
  people += 1;
  return {
    profile: { givenName: 'Gigi', familyName: 'Giraffe' },
    email: {
      email: `gigi-${people}@example.com`,
      verification: { case: 'isVerified', value: true },
    },
  } as const;
}

const wrong = (code: string) => String((Number(code) + 500_000) % 1_000_000).padStart(6, '0');

/** As clients tell refusals apart: by code, text and id. */
async function refusal(
  call: Promise<unknown>,
): Promise<readonly [string | undefined, string, string | undefined]> {
  try {
    await call;
  } catch (error) {
    const { code, rawMessage } = ConnectError.from(error);
    return [Code[code], rawMessage, ConnectError.from(error).findDetails(ErrorDetailSchema)[0]?.id];
  }
  return [undefined, 'was not refused', undefined];
}

describe.each(Object.entries(transports))("ZITADEL's own client over %s", (name, transportWith) => {
  let transport: Transport;
  let users: ReturnType<typeof createUserServiceClient>;

  beforeAll(() => {
    wires = [];
    transport = transportWith(token);
    users = createUserServiceClient(transport);
  });

  const newUser = async (): Promise<string> => (await users.addHumanUser(person())).userId;
  const typesOf = async (userId: string) =>
    (await users.listAuthenticationMethodTypes({ userId })).authMethodTypes;

  it('enrols a TOTP, is refused a wrong code, and confirms it by the right one', async () => {
    const userId = await newUser();
    const { secret, uri, details } = await users.registerTOTP({ userId });
    expect(uri).toMatch(new RegExp(`^otpauth://totp/.*[?&]secret=${secret}(&|$)`));
    expect(details).toMatchObject({ sequence: expect.any(BigInt), resourceOwner: expect.any(String) });
    expect(await typesOf(userId)).toEqual([]);

    const code = generateSync({ secret });
    expect(await refusal(users.verifyTOTPRegistration({ userId, code: wrong(code) }))).toEqual([
      'InvalidArgument',
      'Invalid code (EVENT-8isk2)',
      'EVENT-8isk2',
    ]);
    await users.verifyTOTPRegistration({ userId, code });
    expect(await typesOf(userId)).toEqual([AuthenticationMethodType.TOTP]);
    const { result } = await users.listAuthenticationFactors({ userId });
    expect(result.map(({ type }) => type.case)).toEqual(['otp']);

    expect(await refusal(users.registerTOTP({ userId }))).toEqual([
      'AlreadyExists',
      'Multifactor OTP (OneTimePassword) is already set up (COMMAND-do9se)',
      'COMMAND-do9se',
    ]);
    await users.removeTOTP({ userId });
    expect(await typesOf(userId)).toEqual([]);
    expect(await refusal(users.removeTOTP({ userId }))).toEqual([
      'NotFound',
      "Multifactor OTP (OneTimePassword) doesn't exist (COMMAND-Hd9sd)",
      'COMMAND-Hd9sd',
    ]);
  });

  it('finds nobody where nobody is', async () => {
    const asked = { userId: nobody };
    const calls = [users.getUserByID(asked), users.registerTOTP(asked), users.deleteUser(asked)];
    const told = await Promise.all(calls.map(refusal));
    expect(told.map(([code, , id]) => [code, id])).toEqual([
      ['NotFound', 'QUERY-Dfbg2'],
      ['NotFound', 'COMMAND-SqyJz'],
      ['NotFound', 'COMMAND-bd4ir1mblj'],
    ]);
  });

  it('reads users, lists them, and takes them through their states', async () => {
    const userId = await newUser();
    const { user } = await users.getUserByID({ userId });
    expect(user).toMatchObject({
      userId,
      type: { case: 'human', value: { profile: { givenName: 'Gigi' } } },
    });
    const listed = await users.listUsers({
      queries: [{ query: { case: 'inUserIdsQuery', value: { userIds: [userId] } } }],
    });
    expect([listed.details?.totalResult, listed.result.map((one) => one.userId)]).toEqual([1n, [userId]]);
    await users.lockUser({ userId });
    expect((await refusal(users.registerTOTP({ userId })))[2]).toBe('COMMAND-SF3fg');
    await users.unlockUser({ userId });
    await users.deleteUser({ userId });
    expect((await refusal(users.getUserByID({ userId })))[0]).toBe('NotFound');
  });

  it('reads organizations and settings', async () => {
    const { result } = await createOrganizationServiceClient(transport).listOrganizations({});
    expect(result.map((one) => one.name)).toContain('Default');
    const settings = createSettingsServiceClient(transport);
    const { settings: login } = await settings.getLoginSettings({ ctx: makeReqCtx(result[0]?.id) });
    expect(login?.secondFactors).toContain(SecondFactorType.OTP);
    const { settings: lockout } = await settings.getLockoutSettings({ ctx: makeReqCtx(result[0]?.id) });
    expect(lockout).toMatchObject({ maxOtpAttempts: expect.any(BigInt) });
  });

  it('is told what is not built', async () => {
    expect((await refusal(users.createInviteCode({ userId: nobody })))[0]).toBe('Unimplemented');
  });

  it('is told that its token does not count', async () => {
    const stranger = createUserServiceClient(transportWith('not-a-token'));
    const [code, , id] = await refusal(stranger.getUserByID({ userId: nobody }));
    expect([code, id]).toEqual(['Unauthenticated', 'AUTH-7fs1e']);
  });

  it('speaks the content type that it should, and is answered in it', () => {
    const type = name === 'gRPC-Web' ? 'application/grpc-web+proto' : 'application/grpc+proto';
    const compressed = name.endsWith('compressing') ? 'gzip' : null;
    expect(wires.length).toBeGreaterThan(5);
    expect(wires).toEqual(wires.map(() => ({ asked: type, answered: type, compressed })));
  });
});

interface RestTold {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>>;
}

async function rest(verb: string, path: string, body?: object): Promise<RestTold> {
  const response = await fetch(`${server.url}${path}`, {
    method: verb,
    headers: {
      Authorization: `Bearer ${token}`,
      Accept: 'application/json',
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? null : JSON.stringify(body),
  });
  return { status: response.status, json: (await response.json()) as RestTold['json'] };
}

const documentedDetails = {
  sequence: expect.stringMatching(/^\d+$/),
  changeDate: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
  resourceOwner: expect.any(String),
};

const refused = (code: number, id: string, message: string) => ({
  code,
  message: `${message} (${id})`,
  details: expect.arrayContaining([{ '@type': 'type.googleapis.com/zitadel.v1.ErrorDetail', id, message }]),
});

describe("REST as ZITADEL's reference shows it", () => {
  it('enrols, verifies, fails as documented, and removes', async () => {
    const added = await rest('POST', '/v2/users/human', {
      profile: { givenName: 'Gigi', familyName: 'Giraffe' },
      email: { email: 'gigi@acme.example.com', isVerified: true },
    });
    expect(added).toEqual({ status: 200, json: { userId: expect.any(String), details: expect.anything() } });
    const totp = `/v2/users/${String(added.json.userId)}/totp`;

    const registered = await rest('POST', totp, {});
    expect(registered).toEqual({
      status: 200,
      json: {
        details: documentedDetails,
        uri: expect.stringMatching(/^otpauth:/),
        secret: expect.any(String),
      },
    });
    const code = generateSync({ secret: String(registered.json.secret) });
    expect(await rest('POST', `${totp}/verify`, { code: wrong(code) })).toEqual({
      status: 400,
      json: refused(3, 'EVENT-8isk2', 'Invalid code'),
    });
    expect(await rest('POST', `${totp}/verify`, { code })).toEqual({
      status: 200,
      json: { details: documentedDetails },
    });
    expect(await rest('POST', totp, {})).toEqual({
      status: 409,
      json: refused(6, 'COMMAND-do9se', 'Multifactor OTP (OneTimePassword) is already set up'),
    });
    expect(await rest('DELETE', totp)).toEqual({ status: 200, json: { details: documentedDetails } });
    expect((await rest('DELETE', totp)).status).toBe(404);
  });

  it('answers 404 for a user that does not exist', async () => {
    expect(await rest('POST', `/v2/users/${nobody}/totp`, {})).toEqual({
      status: 404,
      json: refused(5, 'COMMAND-SqyJz', 'User could not be found'),
    });
  });

  it('reads names in either case, and leaves unread what it does not know', async () => {
    const { status } = await rest('POST', '/v2/users/human', {
      profile: { given_name: 'Gigi', familyName: 'Giraffe', shoe_size: 46 },
      email: { email: 'either@acme.example.com', is_verified: true },
    });
    expect(status).toBe(200);
  });
});
