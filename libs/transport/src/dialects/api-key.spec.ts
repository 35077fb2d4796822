import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { scanPng, scanSvg } from '#secrets/testing/scan-qr.js';
import { apiKey } from '#transport/dialects/api-key/dialect.js';
import { openPlainDesk, type PlainDesk, type Reply } from '#transport/testing/plain-desk.js';

let desk: PlainDesk;
beforeAll(async () => {
  desk = await openPlainDesk(apiKey);
});
afterAll(() => desk.close());

const path = '/auth/v1/users/current/totp';

interface Somebody {
  readonly key: string;
  readonly post: (path: string, body?: object, headers?: Record<string, string>) => Promise<Reply>;
  readonly get: () => Promise<Reply>;
}

async function newcomer(given?: Parameters<PlainDesk['newcomer']>[0]): Promise<Somebody> {
  const { token: key } = await desk.newcomer(given);
  const headers = { 'x-api-key': key };
  return {
    key,
    post: (what, payload, more) =>
      desk.send({
        method: 'POST',
        url: `${path}/${what}`,
        headers: { ...headers, ...more },
        ...(payload && { payload }),
      }),
    get: () => desk.send({ method: 'GET', url: path, headers }),
  };
}

const later = () => {
  desk.house.clock.now += 60_000;
};

interface SetUp {
  readonly qr_code_url: string;
  readonly secret: string;
}

async function enabled() {
  const somebody = await newcomer();
  const { secret } = (await somebody.post('setup')).body as SetUp;
  await somebody.post('enable', { code: desk.codeOf(secret) });
  later();
  return { somebody, secret };
}

describe('the dialect api-key', () => {
  it('sets up with a picture that a camera reads as a URI with the secret', async () => {
    const { status, body, headers } = await (await newcomer()).post('setup');
    const { qr_code_url, secret } = body as SetUp;
    expect([status, headers['cache-control']]).toEqual([200, 'no-store']);
    const uri = new URL(scanPng(qr_code_url) ?? '');
    expect([uri.protocol, uri.host, uri.searchParams.get('secret')]).toEqual(['otpauth:', 'totp', secret]);
  });

  it('answers the picture itself as SVG to whoever asks for that', async () => {
    const { status, body, headers } = await (await newcomer()).post('setup', undefined, {
      accept: 'image/svg+xml',
    });
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'image/svg+xml',
      'no-store',
    ]);
    expect(scanSvg(body as string)).toMatch(/^otpauth:\/\/totp\/Acme:.*&issuer=Acme&/);
  });

  it('is enabled by the first code, and says since when', async () => {
    const somebody = await newcomer();
    expect((await somebody.get()).body).toEqual({ enabled: false });
    const { secret } = (await somebody.post('setup')).body as SetUp;
    expect((await somebody.get()).body).toEqual({ enabled: false });
    const code = desk.codeOf(secret);
    expect(await somebody.post('enable', { code })).toMatchObject({ status: 200, body: { enabled: true } });
    expect((await somebody.get()).body).toEqual({
      enabled: true,
      created_at: expect.stringMatching(/Z$/),
      last_used_at: expect.stringMatching(/Z$/),
    });
    expect(await somebody.post('enable', { code })).toMatchObject({ status: 409 });
    expect(await somebody.post('setup')).toMatchObject({ status: 409 });
  });

  it('has nothing to enable before it was set up', async () => {
    expect(await (await newcomer()).post('enable', { code: '123456' })).toMatchObject({
      status: 404,
      body: { code: 404, error: 'Not Found', details: expect.any(String) },
    });
  });

  it('accepts a code once', async () => {
    const { somebody, secret } = await enabled();
    const code = desk.codeOf(secret);
    expect(await somebody.post('verify', { code })).toMatchObject({ status: 200, body: { valid: true } });
    expect(await somebody.post('verify', { code })).toMatchObject({
      status: 400,
      body: { code: 400, error: 'Bad Request' },
    });
  });

  it('says when to come back after too many wrong codes', async () => {
    const { somebody, secret } = await enabled();
    const code = desk.codeOf(secret, 20);
    for (const _ of [1, 2, 3, 4, 5]) await somebody.post('verify', { code });
    expect(await somebody.post('verify', { code })).toMatchObject({
      status: 429,
      body: { code: 429, error: 'Too Many Requests' },
      headers: { 'retry-after': '30' },
    });
  });

  it('is disabled by a code, and by nothing less', async () => {
    const { somebody, secret } = await enabled();
    expect(await somebody.post('disable')).toMatchObject({
      status: 400,
      body: { details: 'code is required' },
    });
    expect(await somebody.post('disable', { code: desk.codeOf(secret, 20) })).toMatchObject({ status: 400 });
    expect(await somebody.post('disable', { code: desk.codeOf(secret) })).toMatchObject({
      status: 200,
      body: { enabled: false },
    });
    expect((await somebody.get()).body).toEqual({ enabled: false });
    expect(await somebody.post('disable', { code: desk.codeOf(secret) })).toMatchObject({ status: 404 });
  });

  it.each([
    ['none', {}],
    ['a bearer token instead', { authorization: 'Bearer token' }],
    ['one that does not count', { 'x-api-key': 'cs_nonsense' }],
  ])('of a key that is %s it says as documented that it does not count', async (_, headers) => {
    const reply = await desk.send({ method: 'POST', url: `${path}/setup`, headers });
    expect(reply).toMatchObject({
      status: 401,
      body: { code: 401, error: 'Unauthorized', details: expect.any(String) },
    });
  });

  it('has nothing for machines', async () => {
    expect(await (await newcomer({ kind: 'machine' })).post('setup')).toMatchObject({ status: 403 });
  });
});

describe('a dialect of plain JSON', () => {
  const send = async (request: object) =>
    desk.send({ url: `${path}/verify`, method: 'POST', ...request } as never);
  const json = { 'content-type': 'application/json' };

  it.each([
    ['a path that is none', { url: '/auth/v1/users/current/email', method: 'GET' }, 404],
    ['another method', { method: 'PUT' }, 405],
    ['a body over the limit', { headers: json, payload: `"${'x'.repeat(64 * 1024)}"` }, 413],
    ['another type', { headers: { 'content-type': 'text/plain' }, payload: 'code' }, 415],
    [
      'another alphabet',
      { headers: { 'content-type': 'application/json; charset=utf-16' }, payload: '{}' },
      415,
    ],
  ])('refuses %s in its own words', async (_, request, status) => {
    const reply = await send(request);
    expect(reply).toMatchObject({ status, body: { code: status, error: expect.any(String) } });
  });

  it('says which methods there are', async () => {
    expect((await send({ method: 'PUT' })).headers).toMatchObject({ allow: 'POST' });
    expect((await send({ method: 'PUT', url: path })).headers).toMatchObject({ allow: 'GET, HEAD' });
  });

  it.each([
    ['half a body', '{"code":', 'The body is not JSON.'],
    ['a list', '["code"]', 'The body must be an object'],
    ['a name twice', '{"code":"1","code":"2"}', 'The body has the same name twice in one object.'],
  ])('refuses %s', async (_, payload, details) => {
    const { key } = await newcomer();
    const reply = await send({ headers: { ...json, 'x-api-key': key }, payload });
    expect(reply).toMatchObject({ status: 400, body: { details } });
  });

  it('does not read what a stranger sends', async () => {
    expect(await send({ headers: json, payload: '{"code":' })).toMatchObject({ status: 401 });
  });

  it('never tells a secret twice', async () => {
    const { post } = await newcomer();
    const key = { 'idempotency-key': 'key-1' };
    const first = await post('setup', {}, key);
    expect(first.status).toBe(200);
    expect(await post('setup', {}, key)).toMatchObject({
      status: 409,
      headers: { 'idempotent-replayed': 'true' },
    });
  });
});
