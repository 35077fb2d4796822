import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { describe, expect, it } from '@jest/globals';

import { admit, type Kind } from '#transport/grpc/admission.js';

const kinds = new Map<string, Kind>([
  ['/a/Call', 'call'],
  ['/a/Watch', 'watch'],
]);

interface Told {
  readonly kind: Kind | null;
  readonly answer: Record<string, unknown> | null;
  readonly timeout: string | undefined;
}

function tell(more: IncomingHttpHeaders): Told {
  let answer: Record<string, unknown> | null = null;
  const stream = {
    readableEnded: false,
    respond: (headers: Record<string, unknown>) => {
      answer = headers;
    },
    close: () => undefined,
  } as unknown as ServerHttp2Stream;
  const headers = { ':method': 'POST', ':path': '/a/Call', 'content-type': 'application/grpc', ...more };
  const kind = admit({ kinds, requestIdFrom: () => 'the-id' }, { stream, headers });
  return { kind, answer, timeout: (headers as IncomingHttpHeaders)['grpc-timeout'] as string | undefined };
}

describe('the deadline of a call', () => {
  it.each([
    [undefined, '10000m'],
    ['1H', '10000m'],
    ['99999999H', '10000m'],
    ['10S', '10000m'],
    ['11S', '10000m'],
    ['250m', '250m'],
    ['1500u', '2m'],
    ['1n', '1m'],
    ['0m', '0m'],
    ['00000007S', '7000m'],
  ])('of %s is %s', (asked, expected) => {
    expect(tell({ 'grpc-timeout': asked })).toMatchObject({ kind: 'call', timeout: expected });
  });

  it.each(['', '1', 'S', '-1S', '1.5S', '123456789S', '1s', ' 1S', '1S, 2S'])('of %j is refused', (asked) => {
    const { kind, answer } = tell({ 'grpc-timeout': asked });
    expect(kind).toBeNull();
    expect(answer).toMatchObject({ 'grpc-status': 3, 'x-request-id': 'the-id' });
  });
});

describe('the deadline of a watch', () => {
  it.each([
    [undefined, undefined],
    ['60S', '60000m'],
    ['99999999H', '1800000m'],
  ])('of %s is %s', (asked, expected) => {
    expect(tell({ ':path': '/a/Watch', 'grpc-timeout': asked })).toMatchObject({
      kind: 'watch',
      timeout: expected,
    });
  });
});

describe('what speaks gRPC', () => {
  it.each(['application/grpc', 'application/grpc+proto', 'application/grpc;charset=utf-8'])(
    'is %s',
    (contentType) => {
      expect(tell({ 'content-type': contentType }).kind).toBe('call');
    },
  );

  it.each([
    'application/grpc-web',
    'application/grpc-web+proto',
    'application/grpc+json',
    'application/json',
    '',
  ])('is not %j', (contentType) => {
    expect(tell({ 'content-type': contentType })).toMatchObject({ kind: null, answer: { ':status': 415 } });
  });
});

describe('metadata', () => {
  it.each([
    ['in one piece', { 'x-a': 'a'.repeat(16_300) }],
    ['in many', Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x-${i}`, '']))],
    ['in a list', { 'set-cookie': Array.from({ length: 400 }, () => 'a'.repeat(40)) }],
  ])('over its limit %s is refused before the client has agreed to any', (_how, headers) => {
    expect(tell(headers)).toMatchObject({ kind: null, answer: { 'grpc-status': 8 } });
  });
});
