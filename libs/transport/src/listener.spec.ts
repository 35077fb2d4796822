import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { get as httpsGet } from 'node:https';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { create, toBinary } from '@bufbuild/protobuf';
import { type ChannelCredentials, Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { Answered, Invoke } from '#transport/call.js';
import { authority, certificate, key, outsider } from '#transport/testing/certificates.js';
import { EchoedSchema } from '#transport/testing/echo-contract.js';
import { echo, type OnePort, type OnePortOptions, openOnePort } from '#transport/testing/one-port.js';
import { reading } from '#transport/testing/reading.js';

const open: OnePort[] = [];
const clients: Client[] = [];

async function port(options: OnePortOptions = {}): Promise<OnePort> {
  const opened = await openOnePort(options);
  open.push(opened);
  return opened;
}

function client({ address }: OnePort, by: ChannelCredentials = credentials.createInsecure()): Client {
  const made = new Client(address, by, { 'grpc.use_local_subchannel_pool': 1 });
  clients.push(made);
  return made;
}

afterEach(async () => {
  for (const each of clients.splice(0)) each.close();
  for (const each of open.splice(0)) await each.close();
});

const same = (bytes: Buffer): Buffer => bytes;
const hello = Buffer.from(toBinary(EchoedSchema, create(EchoedSchema, { text: 'hello' } as never)));

function callEcho(by: Client): Promise<Buffer | ServiceError> {
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + 20_000 };
    by.makeUnaryRequest('/echo.v1.EchoService/Echo', same, same, hello, options, (error, answer) =>
      resolve(error ?? (answer as Buffer)),
    );
  });
}

async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes;
  });
  await once(socket, 'close');
  return text;
}

const request = 'GET /hello HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n';
const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
/** Type 4 without settings. */
const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);

describe('one port', () => {
  it('serves gRPC and HTTP/1.1 beside one another', async () => {
    const opened = await port();
    const [answer, response] = await Promise.all([
      callEcho(client(opened)),
      fetch(`http://${opened.address}/hello`),
    ]);
    expect(answer).toEqual(hello);
    expect(await response.json()).toEqual({ hello: 'there' });
  });

  it('serves a request that comes a byte at a time', async () => {
    const { connect } = await port();
    const socket = connect();
    const answer = received(socket);
    for (const letter of request) {
      socket.write(letter);
      await delay(1);
    }
    expect(await answer).toContain('{"hello":"there"}');
  });

  it('serves a body that comes with its head and one that comes later', async () => {
    const { connect } = await port();
    const socket = connect();
    const answer = received(socket);
    const head = 'POST /echo HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n';
    socket.write(
      `${head}content-length: 7\r\n\r\n{"a":1}${head}connection: close\r\ncontent-length: 7\r\n\r\n{"b"`,
    );
    await delay(20);
    socket.write(':2}');
    expect(await answer).toMatch(/\{"a":1\}[\s\S]*\{"b":2\}$/);
  });

  it('waits for the whole preface of HTTP/2', async () => {
    const { connect } = await port();
    const socket = connect();
    for (const letter of preface) {
      socket.write(letter);
      await delay(1);
    }
    socket.write(emptySettings);
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(bytes[3]).toBe(4);
  });

  it('takes for HTTP/1.1 what only begins like HTTP/2', async () => {
    const { connect } = await port();
    const socket = connect();
    socket.write('P');
    await delay(20);
    socket.write('ROPFIND /nobody HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\r\n');
    expect(await received(socket)).toMatch(/^HTTP\/1\.1 404/);
  });

  it.each([
    ['silent', ''],
    ['in the middle of the preface', preface.slice(0, 10)],
  ])('ends a connection that stays %s', async (_what, bytes) => {
    const { connect } = await port({ listenerLimits: { firstBytesWithinMs: 100 } });
    const socket = connect();
    socket.on('error', () => undefined);
    if (bytes !== '') socket.write(bytes);
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });

  it('lets a connection go that leaves before it said anything', async () => {
    const { connect, http } = await port();
    const socket = connect();
    await once(socket, 'connect');
    socket.end('PRI');
    await once(socket, 'close');
    const count = await new Promise<number>((resolve) =>
      http.server.getConnections((_error, n) => resolve(n)),
    );
    expect(count).toBe(0);
  });

  it('takes no more connections than its limit', async () => {
    const { connect } = await port({ listenerLimits: { connectionsMax: 2 } });
    const kept = [connect(), connect()];
    await Promise.all(kept.map((socket) => once(socket, 'connect')));
    const refused = connect();
    refused.on('error', () => undefined);
    await once(refused, 'close');
    kept[0]?.destroy();
    kept[1]?.write(request);
    expect(await received(kept[1] as Socket)).toContain('there');
  });
});

describe('HTTP/2', () => {
  it.each([
    ['a page', { ':path': '/hello' }, 415],
    ['gRPC-Web', { ':path': '/', ':method': 'POST', 'content-type': 'application/grpc-web' }, 415],
    ['JSON', { ':path': '/', ':method': 'POST', 'content-type': 'application/grpc+json' }, 415],
    ['another method', { ':path': '/', ':method': 'PUT', 'content-type': 'application/grpc' }, 405],
  ])('serves nothing but gRPC: %s is refused', async (_what, headers, expected) => {
    const opened = await port();
    const session = connectHttp2(`http://${opened.address}`);
    const stream = session.request(headers);
    const [answer] = (await once(stream, 'response')) as [Record<string, unknown>];
    session.destroy();
    expect(answer).toMatchObject({ ':status': expected, 'x-request-id': 'made-up-id' });
  });

  it.each([
    ['an unknown method', '/nobody.v1.Service/Nothing', Buffer.alloc(1_000)],
    ['a message that is too large', '/echo.v1.EchoService/Echo', Buffer.alloc(1_000, 1)],
  ])('stops reading what comes after the refusal of %s', async (_what, path, bytes) => {
    const opened = await port();
    const session = connectHttp2(`http://${opened.address}`);
    const stream = session.request({ ':path': path, ':method': 'POST', 'content-type': 'application/grpc' });
    stream.on('error', () => undefined).resume();
    const endless = setInterval(() => stream.writable && stream.write(bytes), 5);
    await once(stream, 'close');
    clearInterval(endless);
    session.destroy();
    expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  });
});

describe('TLS on the one port', () => {
  const tls = { certificate, key, clientAuthority: null };
  const trusting = credentials.createSsl(Buffer.from(authority));

  const page = (at: number, options: object = {}): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      httpsGet(
        { host: '127.0.0.1', servername: 'localhost', port: at, path: '/hello', ca: authority, ...options },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode);
        },
      ).on('error', reject);
    });

  const local = (opened: OnePort): Client => {
    const made = new Client(`localhost:${opened.port}`, trusting, { 'grpc.use_local_subchannel_pool': 1 });
    clients.push(made);
    return made;
  };

  it('serves gRPC by h2 and pages by http/1.1, as ALPN says', async () => {
    const opened = await port({ tls });
    expect(await callEcho(local(opened))).toEqual(hello);
    expect(await page(opened.port)).toBe(200);
  });

  it('refuses who speaks neither', async () => {
    const opened = await port({ tls });
    const socket = connectTls({
      port: opened.port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority,
      ALPNProtocols: ['spdy/1'],
    });
    await expect(once(socket, 'secureConnect')).rejects.toMatchObject({
      code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
    });
  });

  it('does not serve what is not encrypted', async () => {
    const opened = await port({ tls });
    const socket = opened.connect();
    socket.on('error', () => undefined);
    socket.write(request);
    expect(await received(socket)).not.toContain('there');
  });

  it('asks for a certificate of its client authority where it has one', async () => {
    const opened = await port({ tls: { ...tls, clientAuthority: authority } });
    await expect(page(opened.port)).rejects.toThrow();
    await expect(page(opened.port, outsider)).rejects.toThrow();
    expect(await page(opened.port, { cert: certificate, key })).toBe(200);
  });

  it('ends with all that is open on it', async () => {
    const opened = await port({ tls });
    await callEcho(local(opened));
    const silent = opened.connect();
    silent.on('error', () => undefined);
    await once(silent, 'connect');
    const closed = opened.http.close();
    opened.listener.destroy();
    await closed;
    expect(opened.http.server.listening).toBe(false);
  });
});

describe('the end of the one port', () => {
  /** Each call stays open until it is let go. */
  const held = (): { readonly begun: () => number; readonly letGo: () => void; readonly invoke: Invoke } => {
    const waiting: (() => void)[] = [];
    let count = 0;
    const invoke = reading((_method, message) => {
      count += 1;
      const answered: Answered = { kind: 'answered', message, headers: {} };
      return new Promise((resolve) => waiting.push(() => resolve(answered)));
    });
    const letGo = (): void => {
      for (const each of waiting.splice(0)) each();
    };
    return { begun: () => count, letGo, invoke };
  };

  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await delay(5);
  };

  it('waits for calls that were begun, and answers them', async () => {
    const { begun, letGo, invoke } = held();
    const opened = await port({ invoke });
    const by = client(opened);
    const answers = Array.from({ length: 5 }, () => callEcho(by));
    await until(() => begun() === 5);
    const closed = opened.http.close();
    const drained = opened.listener.drain();
    await delay(400);
    letGo();
    expect(await Promise.all(answers)).toEqual(Array(5).fill(hello));
    expect(await drained).toBe(true);
    opened.listener.destroy();
    await closed;
  });

  it('says so where calls are still open when its time is over', async () => {
    const { begun, invoke } = held();
    const opened = await port({ invoke, listenerLimits: { drainWithinMs: 300 } });
    const answer = callEcho(client(opened));
    await until(() => begun() === 1);
    const closed = opened.http.close();
    expect(await opened.listener.drain()).toBe(false);
    opened.listener.destroy();
    await closed;
    expect(await answer).toMatchObject({ code: status.UNAVAILABLE });
  });

  it('answers a call that came after the door was closed, on a connection from before', async () => {
    const opened = await port({ connectionLimits: { graceMs: 500 } });
    const session = connectHttp2(`http://${opened.address}`);
    await once(session, 'remoteSettings');
    const closed = opened.http.close();
    const drained = opened.listener.drain();
    // Not yet told: this client speaks before it hears.
    const stream = session.request({
      ':path': '/echo.v1.EchoService/Echo',
      ':method': 'POST',
      'content-type': 'application/grpc',
    });
    stream.end(Buffer.concat([Buffer.from([0, 0, 0, 0, hello.length]), hello]));
    stream.resume();
    const [trailers] = (await once(stream, 'trailers')) as [Record<string, unknown>];
    expect(trailers['grpc-status']).toBe('0');
    expect(await drained).toBe(true);
    opened.listener.destroy();
    await closed;
  });

  it('is over when those that it served have read their answers and left', async () => {
    const opened = await port();
    expect(await callEcho(client(opened))).toEqual(hello);
    const closed = opened.http.close();
    expect(await opened.listener.drain()).toBe(true);
    // Without an end by force.
    await closed;
    expect(opened.http.server.listening).toBe(false);
  });

  it('drops no accepted call under load', async () => {
    let begun = 0;
    const invoke: Invoke = async (...call) => {
      begun += 1;
      await delay(5);
      return echo(...call);
    };
    const opened = await port({ invoke });
    const by = client(opened);
    const answers: Promise<Buffer | ServiceError>[] = [];
    const load = setInterval(() => answers.push(callEcho(by)), 2);
    await until(() => begun > 20);
    const closed = opened.http.close();
    expect(await opened.listener.drain()).toBe(true);
    opened.listener.destroy();
    clearInterval(load);
    await closed;
    const outcomes = await Promise.all(answers);
    expect(outcomes.filter((outcome) => Buffer.isBuffer(outcome))).toHaveLength(begun);
  });
});
