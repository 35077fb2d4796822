import { cors } from '@connectrpc/connect';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { echoPath, openWebServer, type WebServer } from '#transport/testing/web-server.js';

const friend = 'https://app.example';
const neighbour = 'http://localhost:5173';
const everything = [
  ['a call', echoPath, 'POST'],
  ['REST', '/v2/things/u', 'PATCH'],
  ['what is not there', '/nothing', 'GET'],
] as const;

let open: WebServer;
let closed: WebServer;

beforeAll(async () => {
  open = await openWebServer({ origins: [friend, neighbour] });
  closed = await openWebServer();
});

afterAll(async () => {
  await open.close();
  await closed.close();
});

function corsIn({ headers }: Response): readonly string[] {
  return [...headers.keys()].filter((name) => name.startsWith('access-control-'));
}

const words = (text: string | null): readonly string[] => (text ?? '').split(', ');

function preflight(server: WebServer, path: string, headers: Record<string, string>): Promise<Response> {
  return server.ask(path, {
    method: 'OPTIONS',
    headers: { 'access-control-request-method': 'POST', ...headers },
  });
}

describe.each(everything)('a page of another origin, for %s', (_, path, method) => {
  it.each([friend, neighbour])('is told before that it may, when it is %s', async (origin) => {
    const response = await preflight(open, path, {
      origin,
      'access-control-request-headers': 'authorization',
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-origin')).toBe(origin);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(words(response.headers.get('access-control-allow-methods'))).toContain(method);
    expect(words(response.headers.get('access-control-allow-headers'))).toEqual(
      expect.arrayContaining([
        ...[
          'authorization',
          'content-type',
          'x-zitadel-orgid',
          'idempotency-key',
          'x-countersign-position',
          'x-countersign-code',
          'x-countersign-recovery-code',
          'traceparent',
          'x-request-id',
        ],
        ...cors.allowedHeaders.map((name) => name.toLowerCase()),
      ]),
    );
    expect(response.headers.get('access-control-max-age')).toBe('7200');
    expect(response.headers.get('vary')).toBe('origin');
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9A-Z]{26}$/);
    expect(await response.text()).toBe('');
  });

  it('may read the answer and its headers when it is named', async () => {
    const response = await open.ask(path, { method, headers: { origin: friend } });
    expect(response.headers.get('access-control-allow-origin')).toBe(friend);
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('vary')).toBe('origin');
    expect(words(response.headers.get('access-control-expose-headers'))).toEqual(
      expect.arrayContaining([
        'x-request-id',
        'x-countersign-position',
        'retry-after',
        'idempotent-replayed',
        'x-countersign-secret-already-shown',
        'x-countersign-session-token',
        ...cors.exposedHeaders.map((name) => name.toLowerCase()),
      ]),
    );
  });

  it.each([
    'https://evil.example',
    'https://app.example.evil',
    'https://evil-app.example',
    'http://app.example',
    'https://app.example:8443',
    'https://APP.example',
    'http://localhost',
    'null',
    '*',
  ])('is told nothing when it is %s', async (origin) => {
    const before = await preflight(open, path, { origin });
    const after = await open.ask(path, { method, headers: { origin } });
    expect([corsIn(before), corsIn(after)]).toEqual([[], []]);
    expect(before.status).toBeGreaterThanOrEqual(400);
    expect([before.headers.get('vary'), after.headers.get('vary')]).toEqual(['origin', 'origin']);
  });

  it('is told nothing where no origin is named', async () => {
    const before = await preflight(closed, path, { origin: friend });
    const after = await closed.ask(path, { method, headers: { origin: friend } });
    expect([corsIn(before), corsIn(after)]).toEqual([[], []]);
    expect(before.status).toBeGreaterThanOrEqual(400);
  });
});

describe('OPTIONS that asks nothing', () => {
  it('is no call, of whatever origin', async () => {
    const response = await open.ask(echoPath, { method: 'OPTIONS', headers: { origin: friend } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('without an origin gets no word of origins', async () => {
    expect(corsIn(await open.ask(echoPath, { method: 'OPTIONS' }))).toEqual([]);
  });
});
