// The HTTP/1.1 side of the one port, before Nest adds its routes: limits, the request id and the access
// line hold for every request, also for one that no route wants.

import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify';

import * as limits from '#server/http-limits.js';
import type { Log } from '#server/log.js';
import { type RefusalStatus, refusalBody, refusalStatus } from '#server/refusals.js';
import { requestIdFrom, withRequestId } from '#server/request-id.js';
import type { RequestsInFlight } from '#server/requests-in-flight.js';

export interface HttpServerOptions {
  readonly log: Log;
  readonly inFlight: RequestsInFlight;
  readonly isTls: boolean;
  /** Answers then end their connection, so that none is left when the server closes. */
  readonly isStopping: () => boolean;
}

/** What a body may be is read from the contract. Fastify's own compilers of schemas would be loaded at each start. */
function noSchemas(): never {
  throw new TypeError('no route has a schema of its own');
}

export function createHttpServer({ log, inFlight, isTls, isStopping }: HttpServerOptions): FastifyInstance {
  const server = fastify({
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    bodyLimit: limits.bodyBytesMax,
    connectionTimeout: limits.silenceTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      connectionsCheckingInterval: limits.timeoutCheckMs,
    },
    routerOptions: { maxParamLength: limits.routeParameterCharactersMax },
    genReqId: (request) => requestIdFrom(request.headers['x-request-id']),
    requestIdHeader: false,
    // Requests that came before the end are answered to the end; stop.ts closes the connections.
    return503OnClosing: false,
    forceCloseConnections: false,
    clientErrorHandler: (error, socket) => refuseUnparsed(error, socket, log),
    frameworkErrors: (error, request, reply) =>
      refuseUnrouted(error, { request, reply, log, inFlight, isTls }),
  });
  // Closing would end those at once that are kept and silent, whatever is on its way by them.
  server.server.closeIdleConnections = () => undefined;
  addRequestHooks(server, { log, inFlight, isTls });
  server.addHook('onSend', async (_request, reply) => {
    if (isStopping()) reply.header('connection', 'close');
  });
  return server;
}

function addRequestHooks(server: FastifyInstance, around: Omit<Exchange, 'request' | 'reply'>): void {
  server.addHook('onRequest', (request, reply, done) => {
    beginRequest({ ...around, request, reply });
    withRequestId(request.id, done);
  });
  // Reading a body leaves the context of the request: what follows is brought back into it.
  server.addHook('preValidation', (request, _reply, done) => withRequestId(request.id, done));
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly log: Log;
  readonly inFlight: RequestsInFlight;
  readonly isTls: boolean;
}

/** RFC 6797: a year, in which a browser comes back by TLS alone. Who ends TLS before us says it or does not. */
const onlyByTls = { 'strict-transport-security': 'max-age=31536000' };

function beginRequest({ request, reply, log, inFlight, isTls }: Exchange): void {
  const started = performance.now();
  reply.headers({
    'x-request-id': request.id,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
    ...(isTls && onlyByTls),
  });
  inFlight.enter();
  reply.raw.once('close', () => {
    inFlight.leave();
    const durationMs = Math.round((performance.now() - started) * 1000) / 1000;
    withRequestId(request.id, () => writeAccessLine({ request, reply, log, durationMs }));
  });
}

function writeAccessLine({
  request,
  reply,
  log,
  durationMs,
}: Omit<Exchange, 'inFlight' | 'isTls'> & { readonly durationMs: number }): void {
  const isAnswered = reply.raw.writableFinished;
  const status = isAnswered ? reply.raw.statusCode : null;
  const text = isAnswered ? 'request' : 'request left by its caller';
  log.info({ method: request.method, route: routeOf(request), status, durationMs }, text);
}

/** Instead of the path, which may hold what somebody typed in the wrong place. */
function routeOf(request: FastifyRequest): string | null {
  return request.is404 ? null : (request.routeOptions.url ?? null);
}

/** A path that the router cannot read; no hook has run. */
function refuseUnrouted(error: FastifyError, exchange: Exchange): void {
  const { reply } = exchange;
  const status = refusalStatus(error);
  beginRequest(exchange);
  void reply.code(status).send(refusalBody(status));
}

const unparsedStatus: Readonly<Record<string, RefusalStatus>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_HEADER_OVERFLOW: 431,
};

/** What is not HTTP, or too much or too slow of it: there is no request yet, only a socket. */
function refuseUnparsed(error: NodeJS.ErrnoException, socket: Socket, log: Log): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = unparsedStatus[error.code ?? ''] ?? 400;
  const requestId = requestIdFrom(undefined);
  const body = JSON.stringify(refusalBody(status));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    `x-request-id: ${requestId}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  withRequestId(requestId, () => log.info({ method: null, route: null, status }, 'request'));
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroySoon());
}
