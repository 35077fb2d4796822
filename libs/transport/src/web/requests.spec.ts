import { fromBinary } from '@bufbuild/protobuf';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { strictService } from '#transport/testing/made-up-contract.js';
import {
  bytesOf,
  echoPath,
  endOf,
  frame,
  framesIn,
  json,
  openWebServer,
  proto,
  strictPath,
  things,
  trailersIn,
  type WebServer,
  type WebServerOptions,
} from '#transport/testing/web-server.js';

const binary = 'application/grpc-web+proto';
let server: WebServer;
let answer: WebServerOptions['answer'];
let callsBefore = 0;

beforeAll(async () => {
  server = await openWebServer({
    answer: async (message, incoming) =>
      (await answer?.(message, incoming)) ?? { kind: 'answered', message, headers: {} },
  });
});

beforeEach(() => {
  answer = undefined;
  callsBefore = server.calls.length;
});

afterAll(() => server.close());

const nobodyWasCalled = (): void => expect(server.calls).toHaveLength(callsBefore);

type Headers = Record<string, string>;

describe('a call in the words of its content type', () => {
  it.each<readonly [string, Buffer]>([
    ['application/json', json],
    ['application/json; charset=utf-8', json],
    ['application/json;charset="UTF-8"', json],
    ['Application/JSON', json],
    ['application/json', Buffer.alloc(0)],
    ['application/proto', proto],
    ['application/proto', Buffer.alloc(0)],
  ])('%s is answered alike by Connect, with nothing around the message', async (type, body) => {
    const response = await server.post(type, body);
    const [format = ''] = type.toLowerCase().split(';');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, format]);
    const expected = body.length > 0 || format === 'application/proto' ? body : Buffer.from('{}');
    expect(await bytesOf(response)).toEqual(expected);
  });

  it.each([
    ['application/grpc-web', 'application/grpc-web+proto', proto],
    ['application/grpc-web+proto', 'application/grpc-web+proto', proto],
    ['application/grpc-web+json', 'application/grpc-web+json', json],
  ])('%s is answered with a frame of the message and one of trailers', async (type, told, message) => {
    const response = await server.post(type, frame(message));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, told]);
    expect(framesIn(await bytesOf(response))).toEqual([
      { flags: 0, bytes: message },
      { flags: 0x80, bytes: Buffer.from('grpc-status: 0\r\n') },
    ]);
  });

  it.each([
    ['in one piece', frame(proto).toString('base64')],
    [
      'piece after piece, each padded',
      [...frame(proto)].map((one) => Buffer.of(one).toString('base64')).join(''),
    ],
  ])('text of gRPC-Web is read %s, and answered as text', async (_, body) => {
    const response = await server.post('application/grpc-web-text', body);
    expect(response.headers.get('content-type')).toBe('application/grpc-web-text+proto');
    const [message] = framesIn(Buffer.from(await response.text(), 'base64'));
    expect(fromBinary(things, message?.bytes ?? Buffer.alloc(0))).toMatchObject({ userId: 'u' });
  });

  it('the largest message fits, as text too', async () => {
    const largest = Buffer.concat([Buffer.from([0x12, 0xfc, 0xff, 0x03]), Buffer.alloc(65_532, 'x')]);
    const text = await server.post('application/grpc-web-text', frame(largest).toString('base64'));
    expect(await endOf(text)).toMatchObject({ code: '0' });
    expect((await server.post('application/proto', largest)).status).toBe(200);
  });

  it('no trailer is smuggled in by a text', async () => {
    answer = () => ({
      kind: 'refused',
      status: { code: 3, message: 'a\r\ngrpc-status: 0', details: [] },
      headers: {},
    });
    const response = await server.post('application/grpc-web', frame(proto));
    expect(trailersIn(await bytesOf(response))).toEqual({
      'grpc-status': '3',
      'grpc-message': 'a%0D%0Agrpc-status%3A%200',
    });
  });
});

describe('JSON with what is not known', () => {
  const ask = (path: string) =>
    server.ask(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"u","nobody":[{}]}',
    });

  it('is read without it in the calls of ZITADEL', async () => {
    expect(await (await ask(echoPath)).json()).toEqual({ userId: 'u' });
  });

  it('is refused by its name in calls of ours', async () => {
    const response = await ask(strictPath);
    expect(await response.json()).toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('nobody is not known here'),
      details: [{ type: 'google.rpc.BadRequest' }],
    });
    expect(strictPath).toContain(strictService.typeName);
    nobodyWasCalled();
  });
});

describe('how long a call is waited for', () => {
  const [shortMs, patientMs] = [100, 60_000];

  async function reasonOf(deadlineMs: number, type: string, headers: Headers): Promise<unknown> {
    let reason: unknown;
    const other = await openWebServer({
      deadlineMs,
      answer: async (message, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reason = signal.reason;
        return { kind: 'answered', message, headers: {} };
      },
    });
    await (await other.post(type, type === binary ? frame(proto) : json, headers)).arrayBuffer();
    await other.close();
    return reason;
  }

  it.each<readonly [string, Headers, number]>([
    ['application/json', { 'connect-timeout-ms': '100' }, 100],
    ['application/json', { 'connect-timeout-ms': '0' }, 0],
    [binary, { 'grpc-timeout': '100m' }, 100],
    [binary, { 'grpc-timeout': '100000u' }, 100],
    [binary, { 'grpc-timeout': '1n' }, 0],
  ])('%s with %j: as long as it says', async (type, headers, ms) => {
    const begun = performance.now();
    expect(await reasonOf(patientMs, type, headers)).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(ms - 2);
  });

  it.each<readonly [string, Headers]>([
    ['application/json', { 'connect-timeout-ms': '60000' }],
    ['application/json', { 'connect-timeout-ms': '9999999999' }],
    ['application/json', { 'grpc-timeout': '60S' }],
    ['application/json', {}],
    [binary, { 'grpc-timeout': '60S' }],
    [binary, { 'grpc-timeout': '99999999H' }],
    [binary, { 'connect-timeout-ms': '60000' }],
    [binary, {}],
  ])('%s with %j: no longer than we say', async (type, headers) => {
    const begun = performance.now();
    expect(await reasonOf(shortMs, type, headers)).toMatchObject({ name: 'TimeoutError' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(shortMs - 2);
  });
});

describe('beside REST on the same server', () => {
  it('each has its own content types and refusals', async () => {
    const rest = await server.ask('/v2/things', {
      method: 'POST',
      headers: { 'content-type': 'application/proto' },
      body: new Uint8Array(proto),
    });
    expect([rest.status, await rest.json()]).toMatchObject([415, { code: 3 }]);
    const good = await server.ask('/v2/things', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"userId":"u"}',
    });
    expect(await good.json()).toEqual({ userId: 'u' });
  });

  it.each(['/v2/nothing', '/v2/things/u/x/y', '/nothing', '/nothing/here', '/no.where'])(
    '%s is none of ours',
    async (path) => {
      const response = await server.ask(path);
      expect(response.status).toBe(404);
      expect(await response.text()).not.toContain('unimplemented');
    },
  );
});
