import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';

import { RawConnection } from '#test/e2e/raw-connection.js';
import { endAll, type Server, startServer, until } from '#test/e2e/server-process.js';

const ulidForm = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
let server: Server;

const start = async () => {
  server = await startServer();
};

/** All that comes back for these bytes until the connection is closed. */
async function answerTo(bytes: string): Promise<string> {
  const connection = await RawConnection.open(server.port);
  connection.send(bytes);
  await connection.closed;
  return connection.received;
}

interface Told {
  readonly status: number;
  readonly body: { readonly code: number; readonly message: string; readonly details: readonly unknown[] };
  readonly requestId: string | null;
}

async function told(path: string, init?: RequestInit): Promise<Told> {
  const response = await fetch(`${server.url}${path}`, init);
  const body = (await response.json()) as Told['body'];
  return { status: response.status, body, requestId: response.headers.get('x-request-id') };
}

describe('the id of a request', () => {
  beforeEach(start);
  afterEach(endAll);

  it('is on the answer and on every line that is written for it', async () => {
    const response = await fetch(`${server.url}/readyz`, { headers: { 'x-request-id': 'mine-0123' } });
    expect(response.headers.get('x-request-id')).toBe('mine-0123');
    await server.line('request');
    const messages = server.lines
      .filter((line) => line.requestId === 'mine-0123')
      .map((line) => line.message);
    // Whoever looks first whether it is ready writes that it is: the server itself may have.
    expect(messages.filter((message) => message !== 'ready')).toEqual(['request']);
  });

  it('is a ULID when the caller brings none, or one that is not plain', async () => {
    for (const headers of [{}, { 'x-request-id': 'a b' }, { 'x-request-id': 'x'.repeat(65) }]) {
      const response = await fetch(`${server.url}/healthz`, { headers });
      expect(response.headers.get('x-request-id')).toMatch(ulidForm);
    }
  });

  it('is on lines outside any request the id of the start', async () => {
    const { requestId } = await server.line('listening');
    expect(requestId).toMatch(ulidForm);
    server.signal('SIGTERM');
    await server.ended;
    expect((await server.lines.at(-1))?.requestId).toBe(requestId);
  });
});

describe('the access line', () => {
  beforeEach(start);
  afterEach(endAll);

  it('comes once a request, with route instead of path, and with status and duration', async () => {
    await fetch(`${server.url}/healthz?token=x`);
    await fetch(`${server.url}/healthz/below/x`);
    await fetch(`${server.url}/%zz`);
    await until(
      'three lines',
      () => server.lines.filter(({ message }) => message === 'request').length === 3,
    );
    const lines = server.lines.filter(({ message }) => message === 'request');
    expect(lines.map(({ method, route, status }) => ({ method, route, status }))).toEqual([
      { method: 'GET', route: '/healthz', status: 200 },
      { method: 'GET', route: null, status: 404 },
      { method: 'GET', route: null, status: 400 },
    ]);
    expect(lines.every(({ durationMs }) => typeof durationMs === 'number')).toBe(true);
  });

  it('comes too when the caller leaves before the answer', async () => {
    const connection = await RawConnection.open(server.port);
    connection.send('POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nab');
    await until('the request to be read', async () => (await fetch(`${server.url}/healthz`)).ok);
    connection.end();
    expect(await server.line('request left by its caller')).toMatchObject({
      method: 'POST',
      route: null,
      status: null,
    });
  });
});

describe('a refusal', () => {
  beforeAll(start);
  afterAll(endAll);

  it.each<[string, string, RequestInit, number, number]>([
    ['an unknown path', '/canary', {}, 404, 5],
    ['an unknown method', '/healthz', { method: 'DELETE' }, 404, 5],
    ['a path that is not well-formed', '/%zz', {}, 400, 3],
    ['a body over 64 KiB', '/x', { method: 'POST', body: 'a'.repeat(64 * 1024 + 1) }, 413, 8],
    [
      'a body that is not JSON',
      '/x',
      { method: 'POST', body: '{"canary"', headers: { 'content-type': 'application/json' } },
      400,
      3,
    ],
  ])('of %s is JSON, names the request, and quotes nothing', async (_what, path, init, status, code) => {
    const { status: answered, body, requestId } = await told(path, init);
    expect([answered, body]).toEqual([status, { code, message: expect.any(String), details: [] }]);
    expect(requestId).toMatch(ulidForm);
    expect(JSON.stringify(body)).not.toContain('canary');
  });

  it('of a body of exactly 64 KiB is not for its size', async () => {
    expect((await told('/x', { method: 'POST', body: 'a'.repeat(64 * 1024) })).status).toBe(404);
  });

  it.each([
    ['headers over 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\ncanary: ${'a'.repeat(16 * 1024)}\r\n\r\n`, 431],
    ['what is not HTTP', 'canary\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a header without a name', 'GET / HTTP/1.1\r\nhost: x\r\n: canary\r\n\r\n', 400],
  ])('of %s names a request id too, and ends the connection', async (_what, bytes, status) => {
    const answer = await answerTo(bytes);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toMatch(/\r\nx-request-id: [0-7][0-9A-HJKMNP-TV-Z]{25}\r\n/i);
    expect(answer.toLowerCase()).toContain('connection: close');
    expect(answer).not.toContain('canary');
  });

  it('says nothing of what it is made of', async () => {
    for (const path of ['/healthz', '/nowhere']) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect([headers.get('x-powered-by'), headers.get('server')]).toEqual([null, null]);
      expect([headers.get('x-content-type-options'), headers.get('cache-control')]).toEqual([
        'nosniff',
        'no-store',
      ]);
    }
  });
});

describe('a slow caller', () => {
  beforeAll(start);
  afterAll(endAll);

  const slow = {
    headers: 'GET / HTTP/1.1\r\nhost: x\r\n',
    body: 'POST /x HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 900\r\n\r\n',
  };

  it('who sends headers or a body a byte at a time is cut off within 17 s', async () => {
    const started = performance.now();
    const connections = await Promise.all(
      Object.values(slow).map(async (start) => {
        const connection = await RawConnection.open(server.port);
        connection.send(start);
        return connection;
      }),
    );
    const trickle = setInterval(() => {
      for (const connection of connections) connection.send('a');
    }, 200);
    await Promise.all(connections.map(({ closed }) => closed));
    clearInterval(trickle);
    expect(performance.now() - started).toBeLessThan(17_000);
    expect(connections.map(({ received }) => received.split('\r\n')[0])).toEqual([
      'HTTP/1.1 408 Request Timeout',
      'HTTP/1.1 408 Request Timeout',
    ]);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});
