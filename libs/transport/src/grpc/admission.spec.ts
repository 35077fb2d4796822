import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { describe, expect, it } from '@jest/globals';

import { admit, type Route } from '#transport/grpc/admission.js';

const routes = new Map<string, Route>([
  ['/a/Call', 'call'],
  ['/a/Watch', 'watch'],
]);

interface Told {
  readonly route: Route | null;
  readonly answer: Record<string, unknown> | null;
  readonly timeoutMs: number | undefined;
}

function tell(more: IncomingHttpHeaders): Told {
  let answer: Record<string, unknown> | null = null;
  const stream = {
    respond: (headers: Record<string, unknown>) => {
      answer = headers;
    },
    close: () => undefined,
  } as unknown as ServerHttp2Stream;
  const headers = { ':method': 'POST', ':path': '/a/Call', 'content-type': 'application/grpc', ...more };
  const admitted = admit({ routes, requestIdFrom: () => 'the-id' }, stream, headers);
  return { route: admitted?.route ?? null, answer, timeoutMs: admitted?.timeoutMs };
}

describe('the deadline of a call', () => {
  it.each([
    [undefined, 10_000],
    ['1H', 10_000],
    ['99999999H', 10_000],
    ['10S', 10_000],
    ['11S', 10_000],
    ['250m', 250],
    ['1500u', 1.5],
    ['1n', 1e-6],
    ['0m', 0],
    ['00000007S', 7_000],
  ])('of %s is %s', (asked, expected) => {
    expect(tell({ 'grpc-timeout': asked })).toMatchObject({ route: 'call', timeoutMs: expected });
  });

  it.each(['', '1', 'S', '-1S', '1.5S', '123456789S', '1s', ' 1S', '1S, 2S'])('of %j is refused', (asked) => {
    const { route, answer } = tell({ 'grpc-timeout': asked });
    expect(route).toBeNull();
    expect(answer).toMatchObject({ 'grpc-status': '3', 'x-request-id': 'the-id' });
  });
});

describe('the deadline of a watch', () => {
  it.each([
    [undefined, 1_800_000],
    ['60S', 60_000],
    ['99999999H', 1_800_000],
  ])('of %s is %s', (asked, expected) => {
    expect(tell({ ':path': '/a/Watch', 'grpc-timeout': asked })).toMatchObject({
      route: 'watch',
      timeoutMs: expected,
    });
  });
});

describe('what speaks gRPC', () => {
  it.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
    'is %s',
    (contentType) => {
      expect(tell({ 'content-type': contentType }).route).toBe('call');
    },
  );

  it.each([
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpc+json',
    'application/json',
    '',
  ])('is not %j', (contentType) => {
    expect(tell({ 'content-type': contentType })).toMatchObject({ route: null, answer: { ':status': 415 } });
  });
});

describe('metadata', () => {
  it.each([
    ['in one piece', { 'x-a': 'a'.repeat(16_300) }],
    ['in many', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, '']))],
    ['in a list', { 'set-cookie': Array.from({ length: 400 }, () => 'a'.repeat(40)) }],
  ])('over its limit %s is refused before the client has agreed to any', (_how, headers) => {
    expect(tell(headers)).toMatchObject({ route: null, answer: { 'grpc-status': '8' } });
  });
});
