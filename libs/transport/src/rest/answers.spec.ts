import { create, type DescMessage, fromJson } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type FastifyInstance, fastify } from 'fastify';

import { RetryInfoSchema } from '#contract/google/rpc/error_details_pb.js';
import { OrganizationService } from '#contract/zitadel/org/v2/org_service_pb.js';
import type { Answered, Invoke, StatusCode } from '#transport/call.js';
import { registerRest } from '#transport/rest/routes.js';
import { lenientService } from '#transport/testing/made-up-contract.js';
import { askRest, jsonOf, serveRest } from '#transport/testing/rest-server.js';
import { unaryOnly } from '#transport/testing/unary-only.js';

const thing = lenientService.methods[0]?.input as DescMessage;
const servers: FastifyInstance[] = [];

function serve(...told: Parameters<typeof serveRest>): ReturnType<typeof serveRest> {
  const rest = serveRest(...told);
  servers.push(rest.server);
  return rest;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const retry = anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay: { seconds: 30n } }));
const refusal = (code: StatusCode, details: readonly Any[] = []): Answered => ({
  kind: 'refused',
  status: { code, message: 'No (ID-1)', details },
  headers: { 'retry-after': '30' },
});

describe('REST, from an answer to a response', () => {
  it.each<readonly [StatusCode, number]>([
    [1, 499],
    [2, 500],
    [3, 400],
    [4, 504],
    [5, 404],
    [6, 409],
    [7, 403],
    [8, 429],
    [9, 400],
    [10, 409],
    [11, 400],
    [12, 501],
    [13, 500],
    [14, 503],
    [15, 500],
    [16, 401],
  ])('status %i is HTTP %i', async (code, httpStatus) => {
    const { server } = serve(() => refusal(code));
    const response = await server.inject('/v2/things/u');
    expect(response.statusCode).toBe(httpStatus);
    expect(jsonOf(response)).toEqual({ code, message: 'No (ID-1)', details: [] });
  });

  it('headers of an answer are passed on, and details are told by their types', async () => {
    const unknown = { typeUrl: 'type.googleapis.com/made.Up', value: new Uint8Array([1, 2]) } as Any;
    const { server } = serve(() => refusal(8, [retry, unknown]));
    const response = await server.inject('/v2/things/u');
    expect(response.headers['retry-after']).toBe('30');
    expect(jsonOf(response)).toMatchObject({
      details: [
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '30s' },
        { '@type': 'type.googleapis.com/made.Up', value: 'AQI=' },
      ],
    });
  });

  it.each([
    ['/v2/organizations', 201],
    ['/v2/organizations/o1/deactivate', 200],
  ])('POST %s answers %i, as ZITADEL does', async (url, status) => {
    const server = fastify();
    servers.push(server);
    const invoke: Invoke = async ({ output }) => ({ kind: 'answered', message: create(output), headers: {} });
    const options = { addressOf: () => '', onFailure: () => undefined };
    registerRest(server, unaryOnly({ services: [OrganizationService], invoke }), options);
    const response = await server.inject({ method: 'POST', url });
    expect([response.statusCode, response.body]).toEqual([status, '{}']);
  });

  it('zero values are left out', async () => {
    const { server } = serve(() => ({
      kind: 'answered',
      message: fromJson(thing, { userId: '', mileage: 0, isFast: false, tags: [], displayName: 'd' }),
      headers: { 'x-more': 'yes' },
    }));
    const response = await server.inject('/v2/things/u');
    expect(response.headers['x-more']).toBe('yes');
    expect(response.body).toBe('{"displayName":"d"}');
  });

  it.each([
    ['a call that throws', () => Promise.reject(new Error('the secret cause'))],
    [
      'an answer that is none',
      () => ({ kind: 'answered', message: null, headers: {} }) as unknown as Answered,
    ],
  ])('%s is a failure that says nothing of its cause', async (_, answer) => {
    const { server, failures } = serve(answer);
    const response = await server.inject('/v2/things/u');
    expect(response.statusCode).toBe(500);
    expect(jsonOf(response)).toEqual({
      code: 13,
      message: expect.not.stringContaining('secret'),
      details: [],
    });
    expect(failures).toHaveLength(1);
  });

  it('HEAD is GET without its body', async () => {
    const { response } = await askRest({ method: 'HEAD', url: '/v2/things/u' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
  });
});

describe('REST, what a call brings along', () => {
  it('headers are handed on', async () => {
    const { call } = await askRest({
      url: '/v2/things/u',
      headers: {
        authorization: 'Bearer cs_x',
        'x-zitadel-orgid': 'org-1',
        'idempotency-key': 'key-1',
        'x-countersign-position': 'x.1',
        'x-countersign-code': '123456',
        'x-countersign-recovery-code': 'abcd',
        traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      },
    });
    const { signal, tally, ...others } = call?.incoming ?? { signal: null, tally: null };
    expect(others).toEqual({
      requestId: 'request-1',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      traceParent: {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        isSampled: true,
      },
      authorization: 'Bearer cs_x',
      organization: 'org-1',
      idempotencyKey: 'key-1',
      position: 'x.1',
      code: '123456',
      recoveryCode: 'abcd',
      address: '127.0.0.1',
    });
    expect(signal).toBeInstanceOf(AbortSignal);
  });

  it.each([
    ['none', undefined],
    ['of zeros', `00-${'0'.repeat(32)}-b7ad6b7169203331-01`],
    ['in upper case', '00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01'],
    ['too short', '00-0af7651916cd43dd-b7ad6b7169203331-01'],
    ['with more behind it', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x'],
  ])('a trace parent %s is no trace', async (_, traceparent) => {
    const headers = traceparent === undefined ? {} : { traceparent };
    const { call } = await askRest({ url: '/v2/things/u', headers });
    expect(call?.incoming).toMatchObject({ traceId: null, authorization: null, organization: null });
  });

  it('the signal is aborted when the deadline is over', async () => {
    const { server } = serve(async (_, { signal }) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return {
        kind: 'refused',
        status: { code: 4, message: String(signal.reason.name), details: [] },
        headers: {},
      };
    });
    expect(jsonOf(await server.inject('/v2/things/u'))).toMatchObject({ code: 4, message: 'TimeoutError' });
  });

  it('the signal is aborted when the client leaves', async () => {
    const left = new AbortController();
    const reason = new Promise<string>((resolve) => {
      const { server } = serve(async (message, { signal }) => {
        signal.addEventListener('abort', () => resolve(signal.reason.name), { once: true });
        left.abort();
        await new Promise((done) => signal.addEventListener('abort', done, { once: true }));
        return { kind: 'answered', message, headers: {} };
      }, 60_000);
      void server
        .listen({ port: 0, host: '127.0.0.1' })
        .then((url) => fetch(`${url}/v2/things/u`, { signal: left.signal }))
        .catch(() => undefined);
    });
    await expect(reason).resolves.toBe('AbortError');
  });
});
