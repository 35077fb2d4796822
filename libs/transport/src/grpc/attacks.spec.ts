// What no client sends: frames by hand (RFC 9113), on the shared port.

import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import type { Invoke } from '#transport/call.js';
import { metadataBytesMax, pingsWithoutCallMax, streamsPerConnectionMax } from '#transport/grpc/limits.js';
import { echo, type OnePort, type OnePortOptions, openOnePort } from '#transport/testing/one-port.js';

const frameType = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
const endStream = 1;
const endHeaders = 4;
const enhanceYourCalm = 11;

interface Frame {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
  readonly payload?: Buffer;
}

function frame({ type, flags = 0, stream = 0, payload = Buffer.alloc(0) }: Frame): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** RFC 7541 §6.2.2: neither indexed nor Huffman-coded. */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), text(name), text(value)]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = [];
  let rest = bytes.length - 127;
  if (rest < 0) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([127, ...length, rest]), bytes]);
}

const call = (path = '/echo.v1.EchoService/Echo', contentType = 'application/grpc'): Buffer =>
  Buffer.concat([
    literal(':method', 'POST'),
    literal(':scheme', 'http'),
    literal(':path', path),
    literal(':authority', 'here'),
    literal('content-type', contentType),
  ]);

const reset = (stream: number): Buffer =>
  frame({ type: frameType.reset, stream, payload: Buffer.from([0, 0, 0, 8]) });

const preface = Buffer.concat([
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame({ type: frameType.settings }),
]);

interface Raw {
  readonly socket: Socket;
  /** Of the frames that came, type and payload. */
  readonly frames: () => readonly {
    readonly type: number;
    readonly stream: number;
    readonly payload: Buffer;
  }[];
  readonly isClosed: () => boolean;
}

let port: OnePort;
let seen = 0;

const counting: Invoke = (...all) => {
  seen += 1;
  return echo(...all);
};

async function open(options: OnePortOptions = {}): Promise<void> {
  await port?.close();
  port = await openOnePort({ invoke: counting, ...options });
}

beforeEach(async () => {
  seen = 0;
  await open();
});

afterEach(() => port.close());

function raw(): Raw {
  const socket = port.connect();
  let bytes = Buffer.alloc(0);
  let closed = false;
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
  });
  const frames = () => {
    const found = [];
    let at = 0;
    while (at + 9 <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      const payload = bytes.subarray(at + 9, at + 9 + length);
      found.push({ type: bytes.readUInt8(at + 3), stream: bytes.readUInt32BE(at + 5), payload });
      at += 9 + length;
    }
    return found;
  };
  socket.write(preface);
  return { socket, frames, isClosed: () => closed };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(5);
}

/** Another caller is served as if nothing had happened. */
async function expectServed(): Promise<void> {
  const session = connectHttp2(`http://${port.address}`);
  const stream = session.request({
    ':path': '/echo.v1.EchoService/Echo',
    ':method': 'POST',
    'content-type': 'application/grpc',
  });
  stream.resume();
  stream.end(Buffer.alloc(5));
  const [trailers] = (await once(stream, 'trailers')) as [Record<string, unknown>];
  session.destroy();
  expect(trailers['grpc-status']).toBe('0');
}

describe('hostile frames', () => {
  it('that open and reset streams again and again end their connection', async () => {
    const { socket, isClosed } = raw();
    let streams = 0;
    while (!isClosed() && streams < 50_000) {
      const batch: Buffer[] = [];
      for (let i = 0; i < 100; i += 1, streams += 1) {
        const stream = streams * 2 + 1;
        batch.push(
          frame({ type: frameType.headers, flags: endHeaders, stream, payload: call() }),
          reset(stream),
        );
      }
      socket.write(Buffer.concat(batch));
      await delay(1);
    }
    expect(isClosed()).toBe(true);
    expect(streams).toBeLessThan(50_000);
    expect(seen).toBe(0);
    await expectServed();
  });

  it.each([
    ['a call', call()],
    ['an unknown method', call('/nobody.v1.Service/Nothing')],
    ['another content type', call('/', 'text/html')],
  ])('that reset %s in the packet that opened it do no harm', async (_what, payload) => {
    const { socket } = raw();
    socket.write(
      Buffer.concat([frame({ type: frameType.headers, flags: endHeaders, stream: 1, payload }), reset(1)]),
    );
    await delay(50);
    await expectServed();
  });

  it.each([
    ['a call', call()],
    ['an unknown method', call('/nobody.v1.Service/Nothing')],
    ['another content type', call('/', 'text/html')],
    ['a watch', call('/grpc.health.v1.Health/Watch')],
  ])('that go on after the end of %s do no harm', async (_what, payload) => {
    const { socket } = raw();
    const more = frame({ type: frameType.data, flags: endStream, stream: 1, payload: Buffer.alloc(5) });
    socket.write(
      Buffer.concat([
        frame({ type: frameType.headers, flags: endHeaders | endStream, stream: 1, payload }),
        more,
        more,
      ]),
    );
    await delay(50);
    await expectServed();
  });

  it('of headers without an end are cut off', async () => {
    const { socket, isClosed } = raw();
    socket.write(frame({ type: frameType.headers, stream: 1, payload: call() }));
    let sent = 0;
    while (!isClosed() && sent < 10_000) {
      const payload = literal(`x-${sent}`, 'a'.repeat(1_000));
      socket.write(frame({ type: frameType.continuation, stream: 1, payload }));
      sent += 1;
      await delay(1);
    }
    expect(sent).toBeLessThan(10_000);
    await expectServed();
  });

  it.each([
    ['of many headers', Array.from({ length: 100 }, (_, i) => literal(`x-${i}`, ''))],
    [
      'of large headers',
      Array.from({ length: 3 }, (_, i) => literal(`x-${i}`, 'a'.repeat(metadataBytesMax / 3))),
    ],
  ])('%s never reach the pipeline', async (_what, headers) => {
    const { socket, frames } = raw();
    const payload = Buffer.concat(headers);
    const [first, second] = [payload.subarray(0, 8_000), payload.subarray(8_000)];
    socket.write(
      Buffer.concat([
        frame({ type: frameType.headers, stream: 1, payload: Buffer.concat([call(), first]) }),
        frame({ type: frameType.continuation, flags: endHeaders, stream: 1, payload: second }),
        frame({ type: frameType.data, flags: endStream, stream: 1, payload: Buffer.alloc(5) }),
      ]),
    );
    await until(() => frames().some(({ stream }) => stream === 1));
    expect(seen).toBe(0);
    await expectServed();
  });

  it('of one header that is repeated from the table a thousand times never reach the pipeline', async () => {
    const { socket, frames } = raw();
    // RFC 7541 §6.2.1 puts it into the table, at 62; each byte 0xbe then says it again.
    const indexed = Buffer.concat([Buffer.from([0x40]), text('x-bomb'), text('a'.repeat(3_000))]);
    const payload = Buffer.concat([call(), indexed, Buffer.alloc(10_000, 0xbe)]);
    socket.write(
      Buffer.concat([
        frame({ type: frameType.headers, flags: endHeaders, stream: 1, payload }),
        frame({ type: frameType.data, flags: endStream, stream: 1, payload: Buffer.alloc(5) }),
      ]),
    );
    await until(() => frames().some(({ stream }) => stream === 1));
    expect(seen).toBe(0);
    await expectServed();
  });

  it('that overflow a window end their stream or their connection', async () => {
    const { socket, isClosed } = raw();
    const payload = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
    const flood = Buffer.concat(Array.from({ length: 3 }, () => frame({ type: frameType.window, payload })));
    socket.write(flood);
    await until(isClosed);
    await expectServed();
  });

  it('that ping without calling end their connection, and are told why', async () => {
    const { socket, frames, isClosed } = raw();
    for (let i = 0; i <= pingsWithoutCallMax && !isClosed(); i += 1) {
      socket.write(frame({ type: frameType.ping, payload: Buffer.alloc(8) }));
      await delay(1);
    }
    await until(isClosed);
    const goaway = frames().find(({ type }) => type === frameType.goaway);
    expect(goaway?.payload.readUInt32BE(4)).toBe(enhanceYourCalm);
    expect(goaway?.payload.subarray(8).toString()).toBe('too_many_pings');
  });

  it('that open more streams than allowed are refused, and the others served', async () => {
    const { socket, frames } = raw();
    const opened = Array.from({ length: streamsPerConnectionMax + 10 }, (_, i) =>
      frame({ type: frameType.headers, flags: endHeaders, stream: i * 2 + 1, payload: call() }),
    );
    socket.write(Buffer.concat(opened));
    await until(() => frames().filter(({ type }) => type === frameType.reset).length >= 10);
    await expectServed();
  });
});

describe('metadata that makes no sense', () => {
  it('is not printed, since a token may be in it', async () => {
    const printed = jest.spyOn(console, 'error').mockImplementation(() => undefined);
    const { socket, frames } = raw();
    const payload = Buffer.concat([call(), literal('authorization', 'Bearer cs_secret\u00e4')]);
    socket.write(frame({ type: frameType.headers, flags: endHeaders | endStream, stream: 1, payload }));
    await until(() => frames().some(({ stream }) => stream === 1));
    const lines = printed.mock.calls.flat().join();
    printed.mockRestore();
    expect(lines).toBe('');
  });
});

describe('a caller over gRPC', () => {
  it('may ping between its calls', async () => {
    const { socket, frames, isClosed } = raw();
    const message = Buffer.alloc(5);
    for (let i = 0; i < 60; i += 1) {
      const stream = i * 2 + 1;
      socket.write(
        Buffer.concat([
          frame({ type: frameType.headers, flags: endHeaders, stream, payload: call() }),
          frame({ type: frameType.data, flags: endStream, stream, payload: message }),
          frame({ type: frameType.ping, payload: Buffer.alloc(8) }),
        ]),
      );
      await delay(1);
    }
    await until(() => frames().filter(({ type }) => type === frameType.ping).length >= 60);
    expect(isClosed()).toBe(false);
  });

  it('that pings now and then is forgiven', async () => {
    await open({ connectionLimits: { pingsWithoutCallMax: 2, pingForgivenEveryMs: 20 } });
    const { socket, frames, isClosed } = raw();
    for (let i = 0; i < 10; i += 1) {
      socket.write(frame({ type: frameType.ping, payload: Buffer.alloc(8) }));
      await delay(30);
    }
    await until(() => frames().filter(({ type }) => type === frameType.ping).length >= 10);
    expect(isClosed()).toBe(false);
  });

  it('that does not answer our pings is gone', async () => {
    await open({ connectionLimits: { pingEveryMs: 50, pingAnswerWithinMs: 50 } });
    const { frames, isClosed } = raw();
    await until(isClosed);
    expect(frames().some(({ type }) => type === frameType.ping)).toBe(true);
  });

  it('that does not fetch its answer is cut off', async () => {
    await open({ connectionLimits: { callCutOffAfterMs: 100, sweepEveryMs: 20 } });
    const { socket, frames } = raw();
    // RFC 9113 §6.5.2: an initial window of no bytes.
    socket.write(frame({ type: frameType.settings, payload: Buffer.from([0, 4, 0, 0, 0, 0]) }));
    const message = Buffer.concat([Buffer.from([0, 0, 0, 0, 5]), Buffer.from([0x0a, 3, 97, 97, 97])]);
    socket.write(
      Buffer.concat([
        frame({ type: frameType.headers, flags: endHeaders, stream: 1, payload: call() }),
        frame({ type: frameType.data, flags: endStream, stream: 1, payload: message }),
      ]),
    );
    await until(() => frames().some(({ type, stream }) => type === frameType.reset && stream === 1));
    expect(seen).toBe(1);
  });
});
