import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';

import { create, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { describe, expect, it } from '@jest/globals';

import { BadRequestSchema } from '#contract/google/rpc/error_details_pb.js';
import { StatusSchema } from '#contract/google/rpc/status_pb.js';
import { type Incoming, type Invoke, statusCodes } from '#transport/call.js';
import { messageBytesMax, metadataBytesMax } from '#transport/grpc/limits.js';
import { EchoedSchema } from '#transport/testing/echo-contract.js';
import { type OnePortOptions, openOnePort } from '#transport/testing/one-port.js';
import { reading } from '#transport/testing/reading.js';

interface Call {
  readonly path?: string;
  readonly message?: Buffer;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly withinMs?: number;
}

interface Outcome {
  readonly error: ServiceError | null;
  readonly answer: Buffer | undefined;
  readonly headers: Metadata | undefined;
}

const echoed = (text: string): Buffer =>
  Buffer.from(toBinary(EchoedSchema, create(EchoedSchema, { text } as never)));
const gzip = 2;

function call(client: Client, { path, message, metadata, withinMs }: Call = {}): Promise<Outcome> {
  const sent = new Metadata();
  for (const [name, value] of Object.entries(metadata ?? {})) sent.set(name, value);
  const options = withinMs === undefined ? {} : { deadline: Date.now() + withinMs };
  return new Promise((resolve) => {
    let headers: Metadata | undefined;
    const same = (bytes: Buffer): Buffer => bytes;
    const route = path ?? '/echo.v1.EchoService/Echo';
    client
      .makeUnaryRequest(route, same, same, message ?? echoed('hello'), sent, options, (error, answer) =>
        resolve({ error, answer, headers: headers ?? error?.metadata }),
      )
      .on('metadata', (received) => {
        headers = received;
      });
  });
}

async function withClient(
  options: OnePortOptions,
  use: (client: Client, port: { readonly address: string }) => Promise<void>,
  clientOptions: Readonly<Record<string, number>> = {},
): Promise<void> {
  const port = await openOnePort(options);
  const client = new Client(port.address, credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
    ...clientOptions,
  });
  try {
    await use(client, port);
  } finally {
    client.close();
    await port.close();
  }
}

/** Keeps what came with each call. */
function listening(): { readonly seen: Incoming[]; readonly invoke: Invoke } {
  const seen: Incoming[] = [];
  const invoke = reading((_method, message, incoming) => {
    seen.push(incoming);
    return { kind: 'answered', message, headers: { 'x-request-id': incoming.requestId } };
  });
  return { seen, invoke };
}

function textOf(outcome: Outcome): string {
  const message = fromBinary(EchoedSchema, outcome.answer ?? Buffer.alloc(0)) as Message & { text: string };
  return message.text;
}

describe('a unary call over gRPC', () => {
  it('is answered with the message of the pipeline', async () => {
    await withClient({}, async (client) => {
      const outcome = await call(client, { message: echoed('wörld') });
      expect(outcome.error).toBeNull();
      expect(textOf(outcome)).toBe('wörld');
    });
  });

  it('brings its metadata to the pipeline', async () => {
    const { seen, invoke } = listening();
    await withClient({ invoke }, async (client) => {
      await call(client, {
        metadata: {
          authorization: 'Bearer cs_x',
          'x-zitadel-orgid': 'org-1',
          'idempotency-key': 'key-1',
          'x-countersign-position': 'x.1',
          'x-countersign-code': '123456',
          'x-countersign-recovery-code': 'abcd',
          'x-request-id': 'request-0001',
          traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
        },
      });
    });
    expect(seen[0]).toMatchObject({
      authorization: 'Bearer cs_x',
      organization: 'org-1',
      idempotencyKey: 'key-1',
      position: 'x.1',
      code: '123456',
      recoveryCode: 'abcd',
      requestId: 'request-0001',
      traceId: '0af7651916cd43dd8448eb211c80319c',
      address: '127.0.0.1',
    });
  });

  it.each([
    '',
    '00-00000000000000000000000000000000-b7ad6b7169203331-01',
    '00-xyz',
    '0af7651916cd43dd8448eb211c80319c',
  ])('has no trace with the traceparent %j', async (traceparent) => {
    const { seen, invoke } = listening();
    await withClient({ invoke }, async (client) => {
      await call(client, { metadata: { traceparent } });
    });
    expect(seen[0]?.traceId).toBeNull();
  });

  it('comes from the address that a trusted proxy tells, if somebody says so', async () => {
    const { seen, invoke } = listening();
    const addressOf = (peer: string, header: (name: string) => string | null): string =>
      `${header('x-forwarded-for')} through ${peer}`;
    await withClient({ invoke, addressOf }, async (client) => {
      await call(client, { metadata: { 'x-forwarded-for': '192.0.2.7' } });
    });
    expect(seen[0]?.address).toBe('192.0.2.7 through 127.0.0.1');
  });

  it('may be compressed', async () => {
    await withClient(
      {},
      async (client) => {
        const text = 'a'.repeat(1_000);
        expect(textOf(await call(client, { message: echoed(text) }))).toBe(text);
      },
      { 'grpc.default_compression_algorithm': gzip },
    );
  });

  it('keeps what it does not know of a message from failing', async () => {
    await withClient({}, async (client) => {
      const unknownField = Buffer.from([0xfa, 0x3f, 0x03, 1, 2, 3]);
      const outcome = await call(client, { message: Buffer.concat([echoed('known'), unknownField]) });
      expect(textOf(outcome)).toBe('known');
    });
  });
});

describe('a refusal over gRPC', () => {
  const refusing = (headers: Readonly<Record<string, string>> = {}): Invoke => {
    const violation = { fieldViolations: [{ field: 'user_id', description: 'is empty' }] };
    const details = [anyPack(BadRequestSchema, create(BadRequestSchema, violation))];
    const refusal = { code: statusCodes.invalidArgument, message: 'Ungültig: 100 % (CSIGN-x)', details };
    return async () => ({ kind: 'refused', status: refusal, headers });
  };

  it('has code, text and the whole status in a trailer', async () => {
    await withClient({ invoke: refusing() }, async (client) => {
      const { error } = await call(client);
      expect(error).toMatchObject({ code: status.INVALID_ARGUMENT, details: 'Ungültig: 100 % (CSIGN-x)' });
      const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? [];
      const told = fromBinary(StatusSchema, bytes as Buffer);
      expect(told).toMatchObject({ code: 3, message: 'Ungültig: 100 % (CSIGN-x)' });
      expect(told.details[0]?.typeUrl).toBe('type.googleapis.com/google.rpc.BadRequest');
    });
  });

  it('carries the headers of the pipeline', async () => {
    await withClient({ invoke: refusing({ 'retry-after': '7' }) }, async (client) => {
      expect((await call(client)).error?.metadata.get('retry-after')).toEqual(['7']);
    });
  });

  it('is told also where its text is not well-formed', async () => {
    const refusal = { code: statusCodes.notFound, message: 'lone \ud800', details: [] };
    const invoke: Invoke = async () => ({ kind: 'refused', status: refusal, headers: {} });
    await withClient({ invoke }, async (client) => {
      expect((await call(client)).error).toMatchObject({ code: status.NOT_FOUND, details: 'lone \ufffd' });
    });
  });

  it.each<[string, Invoke]>([
    ['the pipeline itself broke', () => Promise.reject(new Error('secret cause'))],
    [
      'the answer is no message of the method',
      async () => ({ kind: 'answered', message: create(BadRequestSchema), headers: {} }),
    ],
  ])('says nothing of a cause where %s, which is told to the log', async (_what, invoke) => {
    const told: string[] = [];
    const onFailure = (_error: unknown, requestId: string): void => void told.push(requestId);
    await withClient({ invoke, onFailure }, async (client) => {
      const { error } = await call(client);
      expect(error?.code).toBe(status.INTERNAL);
      expect(`${error?.details} ${JSON.stringify(error?.metadata.getMap())}`).not.toContain('secret');
      expect(told).toEqual(['made-up-id']);
    });
  });
});

describe('what no method sees', () => {
  const never = reading(() => {
    throw new Error('nobody should have called');
  });

  it.each([
    ['an unknown method', { path: '/echo.v1.EchoService/Nothing' }, status.UNIMPLEMENTED],
    ['an unknown service', { path: '/nobody.v1.Service/Echo' }, status.UNIMPLEMENTED],
    ['bytes that are no message', { message: Buffer.from([0x0a, 0x7f]) }, status.INVALID_ARGUMENT],
    ['text that is not UTF-8', { message: Buffer.from([0x0a, 1, 0xff]) }, status.INVALID_ARGUMENT],
    ['a message that is too deep', { message: nested(40) }, status.INVALID_ARGUMENT],
    [
      'a message that is too large',
      { message: echoed('a'.repeat(messageBytesMax)) },
      status.RESOURCE_EXHAUSTED,
    ],
    [
      'metadata that is too large',
      { metadata: { 'x-large': 'a'.repeat(metadataBytesMax) } },
      status.RESOURCE_EXHAUSTED,
    ],
  ])('%s is refused', async (_what, sent: Call, code) => {
    await withClient({ invoke: never }, async (client) => {
      expect((await call(client, sent)).error?.code).toBe(code);
    });
  });

  it('a bomb of compression is refused before it is unpacked whole', async () => {
    await withClient(
      { invoke: never },
      async (client) => {
        const { error } = await call(client, { message: echoed('a'.repeat(8 * 1024 * 1024)) });
        expect(error?.code).toBe(status.RESOURCE_EXHAUSTED);
      },
      { 'grpc.default_compression_algorithm': gzip },
    );
  });

  it('a message as deep and as large as allowed passes', async () => {
    await withClient({}, async (client) => {
      expect((await call(client, { message: nested(31) })).error).toBeNull();
      expect((await call(client, { message: echoed('a'.repeat(messageBytesMax - 4)) })).error).toBeNull();
    });
  });
});

/** A message in a message, so many times. */
function nested(depth: number): Buffer {
  let bytes = Buffer.alloc(0);
  for (let level = 1; level < depth; level += 1) {
    const length = bytes.length;
    const prefix = length < 128 ? [0x12, length] : [0x12, (length & 0x7f) | 0x80, length >> 7];
    bytes = Buffer.concat([Buffer.from(prefix), bytes]);
  }
  return bytes;
}

describe('the id of a request over gRPC', () => {
  const cases: [string, Call][] = [
    ['an answer', {}],
    ['an unknown method', { path: '/echo.v1.EchoService/Nothing' }],
    ['a malformed message', { message: Buffer.from([0x0a, 0x7f]) }],
    ['a message that is too large', { message: echoed('a'.repeat(messageBytesMax)) }],
  ];

  it.each(cases)('stands on %s', async (_what, sent) => {
    await withClient({}, async (client) => {
      const metadata = { 'x-request-id': 'request-0001' };
      const { headers } = await call(client, { ...sent, metadata });
      expect(headers?.get('x-request-id')).toEqual(['request-0001']);
    });
  });

  it('is a new one where the caller’s is not sane', async () => {
    await withClient({}, async (client) => {
      const { headers } = await call(client, { metadata: { 'x-request-id': 'short' } });
      expect(headers?.get('x-request-id')).toEqual(['made-up-id']);
    });
  });
});

describe('a deadline over gRPC', () => {
  const slow = (): { readonly signal: Promise<AbortSignal>; readonly invoke: Invoke } => {
    const { promise: signal, resolve } = Promise.withResolvers<AbortSignal>();
    const invoke: Invoke = (_method, _message, incoming) => {
      incoming.signal.addEventListener('abort', () => resolve(incoming.signal));
      return new Promise(() => undefined);
    };
    return { signal, invoke };
  };

  // A caller that minds its own deadline may be gone before ours is over.
  it('is told to the pipeline as time that is over, and to a caller that would wait longer', async () => {
    const { signal, invoke } = slow();
    await withClient({ invoke }, async (client) => {
      const { error, headers } = await call(client, { metadata: { 'grpc-timeout': '100m' } });
      expect(error?.code).toBe(status.DEADLINE_EXCEEDED);
      expect(headers?.get('x-request-id')).toEqual(['made-up-id']);
      expect((await signal).reason).toMatchObject({ name: 'TimeoutError' });
    });
  });

  it('ends the call of a caller that minds it', async () => {
    const { signal, invoke } = slow();
    await withClient({ invoke }, async (client) => {
      expect((await call(client, { withinMs: 200 })).error?.code).toBe(status.DEADLINE_EXCEEDED);
      expect((await signal).aborted).toBe(true);
    });
  });

  it('is told to a caller that never sends its message', async () => {
    await withClient({}, async (_client, { address }) => {
      const session = connectHttp2(`http://${address}`);
      const path = '/echo.v1.EchoService/Echo';
      const head = {
        ':path': path,
        ':method': 'POST',
        'content-type': 'application/grpc',
        'grpc-timeout': '100m',
      };
      const [answer] = (await once(session.request(head), 'response')) as [Record<string, unknown>];
      session.destroy();
      expect(answer['grpc-status']).toBe(String(status.DEADLINE_EXCEEDED));
    });
  });

  it('that is nonsense is refused', async () => {
    await withClient({}, async (client) => {
      const outcome = await call(client, { metadata: { 'grpc-timeout': 'soon' } });
      expect(outcome.error?.code ?? status.OK).toBe(status.INVALID_ARGUMENT);
    });
  });

  it('of a caller that leaves is told as leaving', async () => {
    const { signal, invoke } = slow();
    await withClient({ invoke }, async (client) => {
      const same = (bytes: Buffer): Buffer => bytes;
      const left = client.makeUnaryRequest(
        '/echo.v1.EchoService/Echo',
        same,
        same,
        echoed('x'),
        () => undefined,
      );
      setTimeout(() => left.cancel(), 100);
      expect((await signal).reason).toMatchObject({ name: 'AbortError' });
    });
  });

  it('is not told of a call that was answered', async () => {
    const { seen, invoke } = listening();
    await withClient({ invoke }, async (client) => {
      await call(client);
      await new Promise((resolve) => setTimeout(resolve, 50));
    });
    expect(seen[0]?.signal.aborted).toBe(false);
  });
});
