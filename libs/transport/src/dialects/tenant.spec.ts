import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { RemovePolicy } from '#application/policy/remove-policy.js';
import { SetPolicy } from '#application/policy/set-policy.js';
import { answerOf } from '#application/testing/attempt.js';
import { by, organizationId } from '#application/testing/house.js';
import { otherId } from '#application/testing/people.js';
import { tenant } from '#transport/dialects/tenant/dialect.js';
import { openPlainDesk, type PlainDesk, type Reply } from '#transport/testing/plain-desk.js';

let desk: PlainDesk;
beforeAll(async () => {
  desk = await openPlainDesk(tenant);
});
afterAll(() => desk.close());

const mine = '/v1/users/me/mfa';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Somebody {
  readonly post: (path: string, body?: object) => Promise<Reply>;
  readonly get: (path: string) => Promise<Reply>;
  readonly remove: (path: string, body?: object) => Promise<Reply>;
}

const as = (token: string): Somebody => {
  const headers = { authorization: `Bearer ${token}`, 'x-tenant-id': organizationId };
  const send = (method: 'POST' | 'GET' | 'DELETE') => (path: string, body?: object) =>
    desk.send({ method, url: `${mine}${path}`, headers, ...(body && { payload: body }) });
  return { post: send('POST'), get: send('GET'), remove: send('DELETE') };
};

const newcomer = async (given?: Parameters<PlainDesk['newcomer']>[0]) =>
  as((await desk.newcomer(given)).token);

const later = () => {
  desk.house.clock.now += 60_000;
};

interface Begun {
  readonly id: string;
  readonly secret: string;
  readonly qr_uri: string;
}

async function enrolled(given?: Parameters<PlainDesk['newcomer']>[0]) {
  const somebody = await newcomer(given);
  const begun = (await somebody.post('/totp')).body as Begun;
  await somebody.post(`/totp/${begun.id}/verify`, { code: desk.codeOf(begun.secret) });
  later();
  return { somebody, begun };
}

describe('the dialect tenant', () => {
  it('begins an enrolment without a body, and tells the secret in a URI that says the same', async () => {
    const { status, body, headers } = await (await newcomer()).post('/totp');
    const { id, secret, qr_uri } = body as Begun;
    expect([status, Object.keys(body as object)]).toEqual([200, ['id', 'secret', 'qr_uri']]);
    expect(id).toMatch(uuid);
    expect(new URL(qr_uri).searchParams.get('secret')).toBe(secret);
    expect(headers['cache-control']).toBe('no-store');
  });

  it('confirms by the first code, which is not accepted again', async () => {
    const somebody = await newcomer();
    const { id, secret } = (await somebody.post('/totp', { name: 'Telephone' })).body as Begun;
    const code = desk.codeOf(secret);
    expect(await somebody.post(`/totp/${id}/verify`, { code })).toMatchObject({
      status: 200,
      body: { id, verified: true },
    });
    expect(await somebody.post('/verify', { code })).toMatchObject({
      status: 400,
      body: { code: 'code_already_used' },
    });
    expect(await somebody.post(`/totp/${id}/verify`, { code })).toMatchObject({
      status: 409,
      body: { code: 'totp_already_enrolled' },
    });
  });

  it('accepts a code once, with spaces and dashes in it', async () => {
    const { somebody, begun } = await enrolled();
    const code = desk.codeOf(begun.secret);
    const typed = ` ${code.slice(0, 3)}-${code.slice(3)} `;
    expect(await somebody.post('/verify', { code: typed })).toMatchObject({
      status: 200,
      body: { verified: true },
    });
    expect((await somebody.post('/verify', { code })).body).toMatchObject({ code: 'code_already_used' });
  });

  it.each(['example_string', '12345', '１２３４５６７', ''])(
    'of %j it says that it is no code',
    async (code) => {
      const { somebody } = await enrolled();
      expect(await somebody.post('/verify', { code })).toMatchObject({ status: 400 });
    },
  );

  it('asks for another name where an app is ready', async () => {
    const { somebody } = await enrolled();
    const refused = { status: 409, body: { code: 'totp_already_enrolled' } };
    expect(await somebody.post('/totp')).toMatchObject(refused);
    const second = await somebody.post('/totp', { name: 'Tablet' });
    const { id, secret } = second.body as Begun;
    await somebody.post(`/totp/${id}/verify`, { code: desk.codeOf(secret) });
    expect(await somebody.post('/totp', { name: 'Tablet' })).toMatchObject(refused);
    expect(await somebody.post('/totp', { name: 'Watch' })).toMatchObject({ status: 200 });
  });

  it('says how long to wait after too many wrong codes', async () => {
    const { somebody, begun } = await enrolled();
    const right = desk.codeOf(begun.secret, 20);
    const wrong = Array.from({ length: 5 }, () => somebody.post('/verify', { code: right }));
    const replies = await Promise.all(wrong);
    expect(replies.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400]);
    const limited = await somebody.post('/verify', { code: right });
    expect(limited).toMatchObject({
      status: 429,
      body: {
        code: 'too_many_attempts',
        details: { retry_after_seconds: expect.any(Number), attempts_left: expect.any(Number) },
      },
      headers: { 'retry-after': '30' },
    });
  });

  it('lists what there is', async () => {
    const { somebody, begun } = await enrolled();
    expect(await somebody.get('')).toMatchObject({
      status: 200,
      body: {
        factors: [
          {
            id: begun.id,
            type: 'totp',
            name: null,
            state: 'ready',
            created_at: expect.stringMatching(/^\d{4}-.*Z$/),
            last_used_at: expect.stringMatching(/^\d{4}-.*Z$/),
          },
        ],
        recovery_codes_remaining: 0,
      },
    });
  });

  it('removes an app that is ready for a code of it, and one that is not for nothing', async () => {
    const { somebody, begun } = await enrolled();
    const { id: pending } = (await somebody.post('/totp', { name: 'Tablet' })).body as Begun;
    expect(await somebody.remove(`/totp/${pending}`)).toMatchObject({ status: 204, body: '' });
    expect(await somebody.remove(`/totp/${begun.id}`)).toMatchObject({
      status: 400,
      body: { code: 'code_required' },
    });
    const code = desk.codeOf(begun.secret);
    expect(await somebody.remove(`/totp/${begun.id}`, { code })).toMatchObject({ status: 204 });
    expect((await somebody.get('')).body).toMatchObject({ factors: [] });
  });

  it('tells what is not there as not found', async () => {
    const somebody = await newcomer();
    const notFound = { status: 404, body: { code: 'not_found' } };
    expect(await somebody.post(`/totp/${otherId}/verify`, { code: '123456' })).toMatchObject(notFound);
    expect(await somebody.remove(`/totp/${otherId}`)).toMatchObject(notFound);
    expect(await somebody.post('/nothing')).toMatchObject(notFound);
  });

  it('knows whom a token stands for whose user brought an id along', async () => {
    const { somebody } = await enrolled({ userId: 'hopper@example.com' });
    expect((await somebody.get('')).body).toMatchObject({ factors: [{ state: 'ready' }] });
  });

  it('has nothing for machines', async () => {
    const somebody = await newcomer({ kind: 'machine' });
    expect(await somebody.post('/totp')).toMatchObject({ status: 403, body: { code: 'not_a_person' } });
  });

  it('names the fields that do not fit', async () => {
    const somebody = await newcomer();
    expect(await somebody.post('/verify', { code: 123456, colour: 'red' })).toMatchObject({
      status: 400,
      body: {
        code: 'invalid_request',
        details: {
          fields: [
            { field: 'colour', message: 'is not known here' },
            { field: 'code', message: 'must be a text' },
          ],
        },
      },
    });
    expect(await somebody.post('/verify')).toMatchObject({
      body: { details: { fields: [{ field: 'code', message: 'is required' }] } },
    });
  });
});

describe('policies of the organization', () => {
  const set = (text: string) =>
    answerOf(desk.house, new SetPolicy({ organizationId, name: 'spec', text, by }));
  afterEach(() => answerOf(desk.house, new RemovePolicy({ organizationId, name: 'spec', by })));

  it('are told with a refusal, in their own words', async () => {
    const { post } = await newcomer();
    await set('@notice("Not from here") @code("not_here") forbid (principal, action, resource);');
    expect(await post('/totp')).toMatchObject({
      status: 403,
      body: { code: 'not_here', message: expect.any(String), notices: ['Not from here'] },
    });
  });

  it('are told with a success', async () => {
    const { post, get } = await newcomer();
    await set('@notice("Until May") permit (principal, action, resource);');
    expect(await post('/totp')).toMatchObject({ status: 200, body: { notices: ['Until May'] } });
    expect(await get('')).toMatchObject({ status: 200 });
  });
});

describe('X-Tenant-ID', () => {
  const cases = [
    ['own', organizationId, null],
    ['own in upper case', organizationId.toUpperCase(), null],
    ['another', otherId, [403, 'tenant_mismatch']],
    ['another in upper case', otherId.toUpperCase(), [403, 'tenant_mismatch']],
    ['unknown', '2489e9ad-2ee2-8e00-8ec9-32d5f69181c0', [403, 'tenant_mismatch']],
    ['none', undefined, [400, 'missing_tenant_id']],
    ['empty', '', [400, 'missing_tenant_id']],
    ['no uuid', 'acme', [400, 'invalid_tenant_id']],
    ['two', [organizationId, organizationId], [400, 'invalid_tenant_id']],
  ] as const;

  it.each(tenant.routes)('is looked at before anything else: $verb $path', async ({ verb, path }) => {
    const { token } = await desk.newcomer();
    const url = path.replace('{id}', otherId);
    const heard = await Promise.all(
      cases.map(async ([, named]) => {
        const headers = {
          authorization: `Bearer ${token}`,
          ...(named !== undefined && { 'x-tenant-id': named }),
        };
        const { statusCode, body } = await desk.server.inject({
          method: verb,
          url,
          headers: headers as never,
        });
        return { statusCode, body };
      }),
    );
    const expected = cases.map(([, , refused]) => refused).slice(2);
    expect(heard.slice(2).map(({ statusCode, body }) => [statusCode, JSON.parse(body).code])).toEqual(
      expected,
    );
    // Byte for byte, so that nobody learns which organizations there are.
    expect(new Set(heard.slice(2, 5).map(({ body }) => body)).size).toBe(1);
    expect(heard[0]?.statusCode).not.toBe(403);
    expect(heard[1]?.statusCode).toBe(path.endsWith('/totp') && verb === 'POST' ? 200 : heard[0]?.statusCode);
  });

  it('is no matter of the other headers that choose an organization', async () => {
    const { token } = await desk.newcomer();
    const headers = {
      authorization: `Bearer ${token}`,
      'x-tenant-id': organizationId,
      'x-zitadel-orgid': otherId,
    };
    expect(await desk.send({ method: 'GET', url: mine, headers })).toMatchObject({ status: 200 });
  });

  const send = async (named: Record<string, string>) =>
    desk.send({
      method: 'GET',
      url: mine,
      headers: { authorization: `Bearer ${(await desk.newcomer()).token}`, ...named },
    });

  it('may be in upper case', async () => {
    expect(await send({ 'x-tenant-id': organizationId.toUpperCase() })).toMatchObject({ status: 200 });
  });

  it.each([
    ['missing', {}, 400, 'missing_tenant_id'],
    ['no uuid', { 'x-tenant-id': 'acme' }, 400, 'invalid_tenant_id'],
    ['given twice', { 'x-tenant-id': `${organizationId}, ${organizationId}` }, 400, 'invalid_tenant_id'],
  ])('that is %s is refused', async (_, named, status, code) => {
    expect(await send(named as Record<string, string>)).toMatchObject({ status, body: { code } });
  });

  it('of another organization is refused alike, whether there is one or not', async () => {
    const there = await send({ 'x-tenant-id': otherId });
    const nowhere = await send({ 'x-tenant-id': '2489E9AD-2EE2-8E00-8EC9-32D5F69181C0' });
    expect(there).toMatchObject({ status: 403, body: { code: 'tenant_mismatch' } });
    expect(nowhere).toEqual({ ...there, headers: expect.anything() });
  });

  it('is not looked at for a stranger', async () => {
    expect(await desk.send({ method: 'GET', url: mine })).toMatchObject({
      status: 401,
      body: { code: 'unauthenticated' },
    });
  });
});
