import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { me2fa } from '#transport/dialects/me-2fa/dialect.js';
import { openPlainDesk, type PlainDesk, type Reply, requestId } from '#transport/testing/plain-desk.js';

let desk: PlainDesk;
beforeAll(async () => {
  desk = await openPlainDesk(me2fa);
});
afterAll(() => desk.close());

const mine = '/v1/me/2fa';

interface SetUp {
  readonly secret: string;
  readonly otpauthUrl: string;
  readonly qrCode: string;
  readonly backupCodes: readonly string[];
}

interface Somebody {
  readonly post: (path: string, body?: object, headers?: Record<string, string>) => Promise<Reply>;
  readonly get: () => Promise<Reply>;
}

const as = (token: string): Somebody => {
  const headers = { authorization: `Bearer ${token}` };
  return {
    post: (path, body, more = {}) =>
      desk.send({
        method: 'POST',
        url: `${mine}${path}`,
        headers: { ...headers, ...more },
        ...(body && { payload: body }),
      }),
    get: () => desk.send({ method: 'GET', url: mine, headers }),
  };
};

const newcomer = async (given?: Parameters<PlainDesk['newcomer']>[0]) =>
  as((await desk.newcomer(given)).token);

const later = () => {
  desk.house.clock.now += 60_000;
};

async function enabled() {
  const somebody = await newcomer();
  const begun = (await somebody.post('/setup')).body as SetUp;
  await somebody.post('/verify-setup', { code: desk.codeOf(begun.secret) });
  later();
  const [spare = '', another = ''] = begun.backupCodes;
  return { somebody, begun, spare, another, code: () => desk.codeOf(begun.secret) };
}

const refused = (status: number, code: string) => ({ status, body: { error: { code, requestId } } });

describe('the dialect me-2fa', () => {
  it('begins without a body, and tells secret, picture and ten backup codes of one change', async () => {
    const somebody = await newcomer();
    const before = desk.appends.length;
    const { status, body, headers } = await somebody.post('/setup');
    const { secret, otpauthUrl, qrCode, backupCodes } = body as SetUp;
    expect([status, Object.keys(body as object)]).toEqual([
      200,
      ['secret', 'otpauthUrl', 'qrCode', 'backupCodes'],
    ]);
    expect(new URL(otpauthUrl).searchParams.get('secret')).toBe(secret);
    expect(qrCode).toMatch(/^data:image\/png;base64,/);
    expect(new Set(backupCodes).size).toBe(10);
    expect(headers['cache-control']).toBe('no-store');
    expect(desk.appends.slice(before).map(({ types }) => types)).toEqual([
      ['user.human.mfa.otp.added', 'user.human.mfa.recoverycode.added'],
    ]);
  });

  it('lets neither app nor codes count before the first code', async () => {
    const somebody = await newcomer();
    const { backupCodes, secret } = (await somebody.post('/setup')).body as SetUp;
    expect((await somebody.get()).body).toEqual({ enabled: false, pending: true, backupCodesRemaining: 0 });
    const [backupCode] = backupCodes;
    expect(await somebody.post('/verify', { backupCode })).toMatchObject(refused(422, 'invalid_code'));
    expect(await somebody.post('/verify', { code: desk.codeOf(secret) })).toMatchObject(
      refused(409, 'two_factor_not_set_up'),
    );
  });

  it('is enabled by the first code, which is not accepted again', async () => {
    const somebody = await newcomer();
    const { secret } = (await somebody.post('/setup')).body as SetUp;
    const code = desk.codeOf(secret);
    expect(await somebody.post('/verify-setup', { code })).toMatchObject({
      status: 200,
      body: { enabled: true },
    });
    expect(await somebody.post('/verify', { code })).toMatchObject(refused(422, 'code_already_used'));
    const already = refused(409, 'two_factor_already_enabled');
    expect(await somebody.post('/verify-setup', { code })).toMatchObject(already);
    expect(await somebody.post('/setup')).toMatchObject(already);
    expect((await somebody.get()).body).toEqual({
      enabled: true,
      pending: false,
      backupCodesRemaining: 10,
      enabledAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('says of a setup that is not under way that there is none', async () => {
    const somebody = await newcomer();
    expect(await somebody.post('/verify-setup', { code: '123456' })).toMatchObject(
      refused(409, 'two_factor_not_set_up'),
    );
  });

  it('accepts a code once, with spaces and dashes in it, and tells how many backup codes are left', async () => {
    const { somebody, code, spare } = await enabled();
    const text = code();
    const typed = ` ${text.slice(0, 3)}-${text.slice(3)} `;
    const verified = { status: 200, body: { verified: true, backupCodesRemaining: 10 } };
    expect(await somebody.post('/verify', { code: typed, backupCode: null })).toMatchObject(verified);
    expect(await somebody.post('/verify', { code: text })).toMatchObject(refused(422, 'code_already_used'));
    expect(await somebody.post('/verify', { backupCode: spare.toLowerCase() })).toMatchObject({
      body: { verified: true, backupCodesRemaining: 9 },
    });
    expect(await somebody.post('/verify', { backupCode: spare })).toMatchObject(refused(422, 'invalid_code'));
  });

  it.each(['example_string', '12345', '１２３４５６７'])('of %j it says that it is no code', async (code) => {
    const { somebody } = await enabled();
    expect(await somebody.post('/verify', { code })).toMatchObject(refused(400, 'malformed_code'));
  });

  it('asks for one of code and backup code, and names what is not known', async () => {
    const { somebody, code, spare } = await enabled();
    const fields = (...details: readonly object[]) => ({
      status: 400,
      body: { error: { code: 'bad_request', details } },
    });
    expect(await somebody.post('/verify')).toMatchObject(
      fields({ field: 'code', message: 'is required, or backupCode' }),
    );
    expect(await somebody.post('/verify', { code: code(), backupCode: spare, colour: 'red' })).toMatchObject(
      fields(
        { field: 'colour', message: 'is not known here' },
        { field: 'backupCode', message: 'must not come together with code' },
      ),
    );
    expect((await somebody.get()).body).toMatchObject({ backupCodesRemaining: 10 });
    expect(await somebody.post('/verify', { code: code() })).toMatchObject({ status: 200 });
  });

  it('says how long to wait after too many wrong codes', async () => {
    const { somebody, begun } = await enabled();
    const wrong = desk.codeOf(begun.secret, 20);
    for (const code of Array<string>(5).fill(wrong))
      expect(await somebody.post('/verify', { code })).toMatchObject(refused(422, 'invalid_code'));
    expect(await somebody.post('/verify', { code: wrong })).toMatchObject({
      ...refused(429, 'too_many_attempts'),
      headers: { 'retry-after': '30' },
    });
  });

  it('makes new backup codes for a code of the app, and voids the old ones', async () => {
    const { somebody, code, spare } = await enabled();
    expect(await somebody.post('/backup-codes', { code: desk.codeOf('A'.repeat(32)) })).toMatchObject(
      refused(422, 'invalid_code'),
    );
    const { status, body } = await somebody.post('/backup-codes', { code: code() });
    const { backupCodes } = body as SetUp;
    expect([status, backupCodes.length]).toEqual([200, 10]);
    expect(await somebody.post('/verify', { backupCode: spare })).toMatchObject(refused(422, 'invalid_code'));
    expect(await somebody.post('/verify', { backupCode: backupCodes[0] })).toMatchObject({ status: 200 });
  });

  it.each(['code', 'backupCode'] as const)('is disabled by a %s, and all of it goes', async (by) => {
    const { somebody, code, spare } = await enabled();
    const proof = { code: code(), backupCode: spare }[by];
    expect(await somebody.post('/disable', { [by]: proof })).toMatchObject({
      status: 200,
      body: { enabled: false },
    });
    expect((await somebody.get()).body).toEqual({ enabled: false, pending: false, backupCodesRemaining: 0 });
    expect(await somebody.post('/disable', { [by]: proof })).toMatchObject(
      refused(409, 'two_factor_not_set_up'),
    );
  });

  it('tells what is shown once but once, whoever repeats the call', async () => {
    const somebody = await newcomer();
    const key = { 'idempotency-key': 'the-same-setup' };
    expect(await somebody.post('/setup', {}, key)).toMatchObject({ status: 200 });
    expect(await somebody.post('/setup', {}, key)).toMatchObject(refused(409, 'already_shown'));
  });

  it('refuses in its own words who is not known, no person, or in the wrong place', async () => {
    expect(await desk.send({ method: 'GET', url: mine })).toMatchObject(refused(401, 'unauthenticated'));
    const machine = await newcomer({ kind: 'machine' });
    expect(await machine.post('/setup')).toMatchObject(refused(403, 'not_a_person'));
    const limited = await newcomer({ scopes: ['factors.verify'] });
    expect(await limited.post('/setup')).toMatchObject({ status: 403 });
    const somebody = await newcomer();
    expect(await somebody.post('/nothing')).toMatchObject(refused(404, 'not_found'));
    expect(await somebody.post('')).toMatchObject(refused(405, 'method_not_allowed'));
    expect(await somebody.post('/setup', {}, { 'content-type': 'text/plain' })).toMatchObject(
      refused(415, 'unsupported_media_type'),
    );
  });
});

describe('policies of the organization', () => {
  const set = (text: string) =>
    answerOf(desk.house, new SetPolicy({ organizationId, name: 'spec', text, by }));
  afterEach(() => answerOf(desk.house, new RemovePolicy({ organizationId, name: 'spec', by })));

  it('are told with a refusal, in their own words', async () => {
    const { post } = await newcomer();
    await set('@notice("Not from here") @code("not_here") forbid (principal, action, resource);');
    expect(await post('/setup')).toMatchObject({
      status: 403,
      body: {
        error: { code: 'not_here', message: expect.any(String), requestId, notices: ['Not from here'] },
      },
    });
  });

  it('are told with a success, and with what is refused for something else', async () => {
    const { post, get } = await newcomer();
    await set('@notice("Until May") permit (principal, action, resource);');
    expect(await get()).toMatchObject({ status: 200, body: { enabled: false, notices: ['Until May'] } });
    expect(await post('/verify-setup', { code: '123456' })).toMatchObject({
      status: 409,
      body: { error: { code: 'two_factor_not_set_up', notices: ['Until May'] } },
    });
  });

  it('are no field where they have nothing to say', async () => {
    const { get } = await newcomer();
    await set('permit (principal, action, resource);');
    expect((await get()).body).toEqual({ enabled: false, pending: false, backupCodesRemaining: 0 });
  });
});
