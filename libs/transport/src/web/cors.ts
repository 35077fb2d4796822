// Which pages of other origins may call from a browser: none, unless a setting names them. One hook for everything that
// is served over HTTP/1.1, since a browser asks the same of each.

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Beside what every page may send. */
const allowedHeaders = [
  ...['authorization', 'content-type', 'idempotency-key', 'traceparent', 'tracestate'],
  ...['x-countersign-code', 'x-countersign-position', 'x-countersign-recovery-code'],
  ...['x-api-key', 'x-request-id', 'x-tenant-id', 'x-zitadel-orgid'],
  ...[
    'connect-protocol-version',
    'connect-timeout-ms',
    'connect-content-encoding',
    'connect-accept-encoding',
  ],
  ...['content-encoding', 'accept-encoding', 'grpc-encoding', 'grpc-accept-encoding', 'grpc-timeout'],
  ...['grpc-message-type', 'x-grpc-web', 'x-user-agent'],
].join(', ');

/** Beside what every page may read. */
const exposedHeaders = [
  ...['grpc-status', 'grpc-message', 'grpc-status-details-bin'],
  ...['accept-encoding', 'grpc-accept-encoding', 'content-encoding', 'connect-content-encoding'],
  ...['allow', 'retry-after', 'x-countersign-notice', 'x-countersign-position', 'x-request-id'],
  ...['idempotent-replayed', 'x-countersign-secret-already-shown', 'x-countersign-session-token'],
  ...['ratelimit', 'ratelimit-policy', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
  ...['x-quota-turns-used', 'x-quota-turns-limit', 'x-quota-reset'],
  ...['x-quota-relationships-used', 'x-quota-relationships-limit'],
].join(', ');

const allowedMethods = 'GET, HEAD, POST, PUT, PATCH, DELETE';

/** The longest for which a common browser remembers an answer. */
const rememberedSeconds = 7_200;

/**
 * Credentials are never allowed: a token stands in a header that a page must set by itself, and a cookie means nothing
 * here.
 */
export function registerCors(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed: ReadonlySet<string> = new Set(origins);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('vary', 'origin');
    const { origin } = request.headers;
    const isAllowed = origin !== undefined && allowed.has(origin);
    if (isAllowed) reply.header('access-control-allow-origin', origin);
    if (isAllowed && isPreflight(request)) {
      answerPreflight(reply);
      return;
    }
    if (isAllowed) reply.header('access-control-expose-headers', exposedHeaders);
    done();
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

function answerPreflight(reply: FastifyReply): void {
  reply
    .code(204)
    .headers({
      'access-control-allow-methods': allowedMethods,
      'access-control-allow-headers': allowedHeaders,
      'access-control-max-age': String(rememberedSeconds),
    })
    .send();
}
