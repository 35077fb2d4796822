import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';

import { create, toBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { type SearchQuery, SearchQuerySchema } from '#contract/zitadel/user/v2/query_pb.js';
import {
  ListUsersRequestSchema,
  ListUsersResponseSchema,
} from '#contract/zitadel/user/v2/user_service_pb.js';
import { lenientService } from '#transport/testing/made-up-contract.js';
import {
  echoPath,
  endOf,
  frame,
  json,
  openWebServer,
  proto,
  type WebServer,
} from '#transport/testing/web-server.js';

let server: WebServer;
let callsBefore = 0;

beforeAll(async () => {
  server = await openWebServer({
    answer: (message) => ({
      kind: 'answered',
      message:
        message.$typeName === ListUsersRequestSchema.typeName ? create(ListUsersResponseSchema) : message,
      headers: {},
    }),
  });
});

beforeEach(() => {
  callsBefore = server.calls.length;
});

afterAll(() => server.close());

const nobodyWasCalled = (): void => expect(server.calls).toHaveLength(callsBefore);

type Headers = Record<string, string>;

const bomb = gzipSync(Buffer.alloc(50_000_000));
const garbage = Buffer.from('this is not gzip');
const gzip = { 'content-encoding': 'gzip' };
const grpcGzip = { 'grpc-encoding': 'gzip' };
const binary = 'application/grpc-web+proto';
const text = 'application/grpc-web-text';
const tooLarge = Buffer.alloc(65_537, 'x');

describe('what never reaches a call', () => {
  it.each<readonly [string, string, Buffer | string, Headers, number, string, string]>([
    ['half an object', 'application/json', '{"userId":', {}, 400, 'invalid_argument', 'not JSON'],
    ['a list for an object', 'application/json', '[]', {}, 400, 'invalid_argument', 'not an object'],
    [
      'a number for a text',
      'application/json',
      '{"userId":5}',
      {},
      400,
      'invalid_argument',
      'user_id is not a text',
    ],
    ['a name twice', 'application/json', '{"userId":"a","userId":"b"}', {}, 400, 'invalid_argument', 'twice'],
    ['a prototype', 'application/json', '{"__proto__":{}}', {}, 400, 'invalid_argument', '__proto__'],
    [
      'JSON that is nested too deep',
      'application/json',
      `{"a":${'['.repeat(32)}${']'.repeat(32)}}`,
      {},
      400,
      'invalid_argument',
      'deeper',
    ],
    [
      'brackets without an end',
      'application/json',
      '['.repeat(60_000),
      {},
      400,
      'invalid_argument',
      'not JSON',
    ],
    [
      'a message that is too large',
      'application/json',
      tooLarge,
      {},
      429,
      'resource_exhausted',
      '65536 bytes',
    ],
    [
      'a body that is far too large',
      'application/json',
      Buffer.alloc(200_000),
      {},
      429,
      'resource_exhausted',
      '65536 bytes',
    ],
    ['a compressed bomb', 'application/json', bomb, gzip, 429, 'resource_exhausted', '65536 bytes'],
    ['what is not compressed at all', 'application/json', garbage, gzip, 400, 'invalid_argument', 'gzip'],
    [
      'half of what was compressed',
      'application/json',
      gzipSync(json).subarray(0, 20),
      gzip,
      400,
      'invalid_argument',
      'gzip',
    ],
    [
      'another compression',
      'application/json',
      json,
      { 'content-encoding': 'br' },
      501,
      'unimplemented',
      'gzip',
    ],
    [
      'two compressions',
      'application/json',
      json,
      { 'content-encoding': 'gzip, gzip' },
      501,
      'unimplemented',
      'gzip',
    ],
    [
      'a timeout with a unit',
      'application/json',
      json,
      { 'connect-timeout-ms': '5s' },
      400,
      'invalid_argument',
      'timeout',
    ],
    [
      'a timeout before now',
      'application/json',
      json,
      { 'connect-timeout-ms': '-1' },
      400,
      'invalid_argument',
      'timeout',
    ],
    [
      'a timeout of too many digits',
      'application/json',
      json,
      { 'connect-timeout-ms': '12345678901' },
      400,
      'invalid_argument',
      'timeout',
    ],
    [
      'another version of Connect',
      'application/json',
      json,
      { 'connect-protocol-version': '2' },
      400,
      'invalid_argument',
      'version 1',
    ],
    [
      'protobuf that ends in the middle',
      'application/proto',
      Buffer.of(0x0a, 0xff),
      {},
      400,
      'invalid_argument',
      'not a zitadel.made_up.v2.Thing',
    ],
    [
      'JSON that is said to be protobuf',
      'application/proto',
      json,
      {},
      400,
      'invalid_argument',
      'not a zitadel.made_up.v2.Thing',
    ],
    ['no frame', binary, '', {}, 200, '3', 'one message'],
    ['half of a head', binary, frame(proto).subarray(0, 4), {}, 200, '3', 'middle of a frame'],
    ['half of a message', binary, frame(proto).subarray(0, 6), {}, 200, '3', 'middle of a frame'],
    ['a length beyond the body', binary, frame(proto, 0, 60_000), {}, 200, '3', 'middle of a frame'],
    ['a length that is too large', binary, frame(proto, 0, 65_537), {}, 200, '8', '65536 bytes'],
    ['the largest length there is', binary, frame(proto, 0, 0xffff_ffff), {}, 200, '8', '65536 bytes'],
    ['a length that is too small', binary, frame(proto, 0, 1), {}, 200, '3', 'one message'],
    ['two messages', binary, Buffer.concat([frame(proto), frame(proto)]), {}, 200, '3', 'one message'],
    [
      'a message and trailers',
      binary,
      Buffer.concat([frame(proto), frame(Buffer.alloc(0), 0x80)]),
      {},
      200,
      '3',
      'one message',
    ],
    ['trailers alone', binary, frame(Buffer.from('a: b\r\n'), 0x80), {}, 200, '3', 'flags'],
    ['an unknown flag', binary, frame(proto, 2), {}, 200, '3', 'flags'],
    [
      'a compressed message of no named compression',
      binary,
      frame(gzipSync(proto), 1),
      {},
      200,
      '3',
      'flags',
    ],
    ['a frame that is not compressed at all', binary, frame(garbage, 1), grpcGzip, 200, '3', 'gzip'],
    ['a compressed bomb in a frame', binary, frame(bomb, 1), grpcGzip, 200, '8', '65536 bytes'],
    ['another compression of a frame', binary, frame(proto), { 'grpc-encoding': 'zstd' }, 200, '12', 'gzip'],
    ['a compression around all frames', binary, gzipSync(frame(proto)), gzip, 200, '12', 'gzip'],
    ['a timeout without a unit', binary, frame(proto), { 'grpc-timeout': '5' }, 200, '3', 'timeout'],
    [
      'a timeout of gRPC of too many digits',
      binary,
      frame(proto),
      { 'grpc-timeout': '123456789m' },
      200,
      '3',
      'timeout',
    ],
    ['JSON in a frame of protobuf', binary, frame(json), {}, 200, '3', 'not a zitadel.made_up.v2.Thing'],
    ['frames that are far too large', binary, Buffer.alloc(200_000), {}, 200, '8', '65536 bytes'],
    [
      'half an object in a frame',
      'application/grpc-web+json',
      frame(Buffer.from('{')),
      {},
      200,
      '3',
      'not JSON',
    ],
    ['characters that are not whole', text, 'AAAAA', {}, 200, '3', 'base64'],
    ['padding in the middle', text, 'AA=A', {}, 200, '3', 'base64'],
    ['bytes for text', text, frame(proto), {}, 200, '3', 'base64'],
    [
      'text that ends in the middle',
      text,
      frame(proto).toString('base64').slice(0, 8),
      {},
      200,
      '3',
      'middle of a frame',
    ],
    ['two messages as text', text, frame(proto).toString('base64').repeat(2), {}, 200, '3', 'one message'],
    ['text that is far too large', text, 'A'.repeat(200_000), {}, 200, '8', '65536 bytes'],
  ])(
    '%s, as %s, is refused in the words of the protocol',
    async (_, type, body, headers, status, code, says) => {
      const response = await server.post(type, body, headers);
      expect(response.headers.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
      expect(response.status).toBe(status);
      expect(await endOf(response)).toMatchObject({ code, message: expect.stringContaining(says) });
      nobodyWasCalled();
      expect(server.failures).toEqual([]);
    },
  );

  it.each([
    [14, '0'],
    [16, '3'],
  ])('messages nested in %i filters end with %s', async (levels, code) => {
    const query = Array.from({ length: levels }).reduce<SearchQuery>(
      (inner) => create(SearchQuerySchema, { query: { case: 'notQuery', value: { query: inner } } }),
      create(SearchQuerySchema),
    );
    const bytes = toBinary(ListUsersRequestSchema, create(ListUsersRequestSchema, { queries: [query] }));
    const response = await server.ask('/zitadel.user.v2.UserService/ListUsers', {
      method: 'POST',
      headers: { 'content-type': binary },
      body: new Uint8Array(frame(bytes)),
    });
    expect(await endOf(response)).toMatchObject({ code });
  });

  it('groups without an end are refused and not fallen over', async () => {
    const groups = Buffer.alloc(60_000, Buffer.of(0x9b, 0x06));
    const response = await server.post('application/proto', groups);
    expect([response.status, server.failures]).toEqual([400, []]);
  });

  it('who compresses in another way is told which is understood', async () => {
    const connect = await server.post('application/json', json, { 'content-encoding': 'br' });
    const grpcWeb = await server.post(binary, frame(proto), { 'grpc-encoding': 'br' });
    expect(connect.headers.get('accept-encoding')).toBe('gzip');
    expect(grpcWeb.headers.get('grpc-accept-encoding')).toBe('gzip');
  });

  it('a body that ends before its length closes the connection and calls nobody', async () => {
    const headers = { 'content-type': 'application/proto', 'content-length': '50' };
    const request = httpRequest(`${server.url}${echoPath}`, { method: 'POST', headers });
    request.on('error', () => undefined);
    request.write(proto);
    await new Promise((resolve) => setTimeout(resolve, 50));
    request.destroy();
    expect((await server.post('application/json', json)).status).toBe(200);
    expect(server.calls).toHaveLength(callsBefore + 1);
  });

  it.each([
    ['text/plain', 415],
    ['application/json; charset=latin1', 415],
    ['application/xml', 415],
    ['application/connect+json', 415],
    ['application/grpc-web+thrift', 415],
    ['json', 415],
    ['application/grpc', 505],
    ['application/grpc+proto', 505],
  ])('%s is not spoken here, which is said with what is', async (type, status) => {
    const response = await server.post(type, json);
    expect(response.status).toBe(status);
    expect(response.headers.get('accept-post')).toContain('application/grpc-web-text');
    expect(await endOf(response)).toEqual({
      code: expect.any(String),
      message: expect.stringMatching(/spoken/),
    });
    nobodyWasCalled();
  });

  it('a body without a type is not spoken here either', async () => {
    const response = await server.ask(echoPath, { method: 'POST', body: new Uint8Array(json) });
    expect(response.status).toBe(415);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is no call', async (method) => {
    const response = await server.ask(echoPath, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await endOf(response)).toMatchObject({ code: 'unimplemented' });
  });

  it.each([
    `/${lenientService.typeName}/Nobody`,
    '/zitadel.user.v2.NobodyService/Nobody',
    `/${lenientService.typeName}/add`,
    '/grpc.health.v1.Health/Check',
  ])('%s is not there, in the words of each protocol', async (path) => {
    const ask = (type: string, body: Uint8Array<ArrayBuffer>) =>
      server.ask(path, { method: 'POST', headers: { 'content-type': type }, body });
    const connect = await ask('application/json', new Uint8Array(json));
    const grpcWeb = await ask(binary, new Uint8Array(frame(proto)));
    expect([connect.status, await endOf(connect)]).toMatchObject([404, { code: 'unimplemented' }]);
    expect([grpcWeb.status, await endOf(grpcWeb)]).toMatchObject([200, { code: '12' }]);
  });
});
