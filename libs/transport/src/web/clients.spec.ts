import { create, type DescMethodUnary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient, type Transport } from '@connectrpc/connect';
import * as node from '@connectrpc/connect-node';
import * as web from '@connectrpc/connect-web';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { ErrorDetailSchema } from '#contract/zitadel/message_pb.js';
import { RegisterTOTPResponseSchema, UserService } from '#contract/zitadel/user/v2/user_service_pb.js';
import { type Answered, type StatusCode, statusCodes } from '#transport/call.js';
import { EchoService } from '#transport/testing/echo-contract.js';
import { openWebServer, type WebServer, type WebServerOptions } from '#transport/testing/web-server.js';

const absent = EchoService.methods[0] as DescMethodUnary;

let server: WebServer;
let answer: NonNullable<WebServerOptions['answer']>;

beforeAll(async () => {
  server = await openWebServer({ answer: (message, incoming) => answer(message, incoming) });
});

afterAll(() => server.close());

const gzip = { sendCompression: node.compressionGzip, compressMinBytes: 0 };

const transports: readonly (readonly [string, (baseUrl: string) => Transport])[] = [
  ['a page by Connect in JSON', (baseUrl) => web.createConnectTransport({ baseUrl })],
  [
    'a page by Connect in protobuf',
    (baseUrl) => web.createConnectTransport({ baseUrl, useBinaryFormat: true }),
  ],
  ['a page by gRPC-Web', (baseUrl) => web.createGrpcWebTransport({ baseUrl })],
  [
    'a page by gRPC-Web in JSON',
    (baseUrl) => web.createGrpcWebTransport({ baseUrl, useBinaryFormat: false }),
  ],
  [
    'a server by Connect, compressed',
    (baseUrl) => node.createConnectTransport({ baseUrl, httpVersion: '1.1', ...gzip }),
  ],
  [
    'a server by gRPC-Web, compressed',
    (baseUrl) => node.createGrpcWebTransport({ baseUrl, httpVersion: '1.1', ...gzip }),
  ],
];

const totp = create(RegisterTOTPResponseSchema, {
  uri: 'otpauth://totp/é',
  secret: 'JBSW',
  details: { sequence: 7n },
});

function refusing(code: StatusCode): Answered {
  const details = [
    anyPack(ErrorDetailSchema, create(ErrorDetailSchema, { id: 'COMMAND-1', message: 'größer\r\nx: y %' })),
    anyPack(
      BadRequestSchema,
      create(BadRequestSchema, { fieldViolations: [{ field: 'code', description: 'no' }] }),
    ),
  ];
  return {
    kind: 'refused',
    status: { code, message: 'größer\r\nx: y 100 % \ud800', details },
    headers: { 'retry-after': '3' },
  };
}

async function errorOf(promise: Promise<unknown>): Promise<ConnectError> {
  return promise.then(
    () => {
      throw new Error('it was not refused');
    },
    (error: unknown) => ConnectError.from(error),
  );
}

describe.each(transports)('%s', (_, transportTo) => {
  it('is answered, with headers of the answer', async () => {
    answer = () => ({ kind: 'answered', message: totp, headers: { 'x-more': 'yes' } });
    let headers = new Headers();
    const told = await createClient(UserService, transportTo(server.url)).registerTOTP(
      { userId: 'ümläut' },
      {
        onHeader: (all) => {
          headers = all;
        },
      },
    );
    expect(told).toEqual(totp);
    expect(headers.get('x-more')).toBe('yes');
    expect(headers.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
    expect(server.calls.at(-1)).toMatchObject({ method: 'RegisterTOTP', request: { userId: 'ümläut' } });
  });

  it('is understood with all that it brings along', async () => {
    answer = () => ({ kind: 'answered', message: totp, headers: {} });
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    await createClient(UserService, transportTo(server.url)).registerTOTP(
      {},
      {
        headers: {
          authorization: 'Bearer cs_1',
          'x-zitadel-orgid': 'o1',
          'idempotency-key': 'k1',
          'x-countersign-position': 'x.1',
          'x-countersign-code': '123456',
          'x-countersign-recovery-code': 'abcd',
          'x-request-id': 'my-own-request',
          traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
        },
      },
    );
    expect(server.calls.at(-1)?.incoming).toMatchObject({
      requestId: 'my-own-request',
      traceId,
      authorization: 'Bearer cs_1',
      organization: 'o1',
      idempotencyKey: 'k1',
      position: 'x.1',
      code: '123456',
      recoveryCode: 'abcd',
      address: '127.0.0.1',
    });
  });

  it.each(Object.entries(statusCodes))(
    'is refused as %s with text, details and headers',
    async (_name, code) => {
      answer = () => refusing(code);
      const error = await errorOf(
        createClient(UserService, transportTo(server.url)).registerTOTP({ userId: 'u' }),
      );
      expect([error.code, error.rawMessage]).toEqual([code, 'größer\r\nx: y 100 % \ufffd']);
      expect(error.findDetails(ErrorDetailSchema)).toMatchObject([
        { id: 'COMMAND-1', message: 'größer\r\nx: y %' },
      ]);
      expect(error.findDetails(BadRequestSchema)).toMatchObject([{ fieldViolations: [{ field: 'code' }] }]);
      expect(error.metadata.get('retry-after')).toBe('3');
      expect(error.metadata.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
    },
  );

  it('is told of a bug that something broke, and not what', async () => {
    const bug = new Error('canary');
    answer = () => Promise.reject(bug);
    const error = await errorOf(
      createClient(UserService, transportTo(server.url)).registerTOTP({ userId: 'u' }),
    );
    expect([error.code, error.message]).toEqual([Code.Internal, expect.not.stringContaining('canary')]);
    expect(server.failures.at(-1)).toBe(bug);
  });

  it('is told that a method does not exist', async () => {
    const before = server.calls.length;
    const error = await errorOf(transportTo(server.url).unary(absent, undefined, undefined, undefined, {}));
    expect([error.code, error.rawMessage]).toEqual([Code.Unimplemented, 'There is no such method here.']);
    expect(error.metadata.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
    expect(server.calls).toHaveLength(before);
  });

  it('is no longer waited for when it has left', async () => {
    const leaving = new AbortController();
    const aborted = Promise.withResolvers<unknown>();
    answer = async (_message, { signal }) => {
      signal.addEventListener('abort', () => aborted.resolve(signal.reason));
      leaving.abort();
      await aborted.promise;
      return refusing(statusCodes.cancelled);
    };
    const client = createClient(UserService, transportTo(server.url));
    const error = await errorOf(client.registerTOTP({ userId: 'u' }, { signal: leaving.signal }));
    expect(error.code).toBe(Code.Canceled);
    expect(await aborted.promise).toMatchObject({ name: 'AbortError' });
  });
});
