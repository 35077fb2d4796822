// Calls of browsers: Connect and gRPC-Web over HTTP/1.1, a route for each method, onto the same pipeline as every stack.

import type { DescMethodServerStreaming, DescMethodUnary } from '@bufbuild/protobuf';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { isStreaming, isUnary, type Served, type Status } from '#transport/call.js';
import { answerStream, failStream, type Writing } from '#transport/http-stream.js';
import { incomingOf } from '#transport/rest/incoming.js';
import { streamWithinMs } from '#transport/stream-limits.js';
import { answerCall, answerError, answerStatus, answerUnspoken } from '#transport/web/answers.js';
import { ask, askForStream } from '#transport/web/ask.js';
import { codecsOf } from '#transport/web/codec.js';
import { bodyBytesMax, callWithinMs } from '#transport/web/limits.js';
import { refusals } from '#transport/web/refusals.js';
import { streamContentTypes, streamWireOf, writingOf } from '#transport/web/stream-wires.js';
import { isGrpc, type Wire, wireOf } from '#transport/web/wires.js';

export interface WebOptions {
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly addressOf: (request: FastifyRequest) => string;
  /** Told of a bug of ours, whose answer says nothing of it. */
  readonly onFailure: (error: unknown, request: FastifyRequest) => void;
  readonly deadlineMs?: number;
}

const noBytes = Buffer.alloc(0);

const otherMethods = ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** `/<package.Service>/<Method>`, which no other path looks like. */
const anyCall = '/:service(^[A-Za-z_]\\w*\\.[\\w.]+$)/:method';

export function registerWeb(server: FastifyInstance, served: Served, options: WebOptions): void {
  void server.register((scope, _, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser<Buffer>('*', { parseAs: 'buffer' }, (_request, bytes, parsed) => {
      parsed(null, bytes);
    });
    scope.setErrorHandler((error, request, reply) => answerFailure({ error, request, reply }, options));
    for (const { methods } of served.services) {
      for (const method of methods.filter(isUnary)) addRoute(scope, method, { served, options });
      for (const method of methods.filter(isStreaming)) addStreamRoute(scope, method, { served, options });
    }
    scope.all(anyCall, { onRequest: answerNothing }, neverReached);
    done();
  });
}

interface Serving {
  readonly served: Served;
  readonly options: WebOptions;
}

function addRoute(scope: FastifyInstance, method: DescMethodUnary, { served, options }: Serving): void {
  const codecs = codecsOf(method);
  const { addressOf, deadlineMs: longestMs = callWithinMs } = options;
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const { headers } = request;
    const wire = wireOf(headers['content-type']) as Wire; // refuseUnspoken has looked.
    const body = (request.body as Buffer | undefined) ?? noBytes;
    const asked = ask({ wire, headers, body }, codecs);
    if (asked.kind === 'refused') {
      answerStatus(reply, wire, asked.status);
      return;
    }
    const deadlineMs = Math.min(asked.timeoutMs ?? longestMs, longestMs);
    served
      .invoke(method, asked.read, incomingOf(request, reply, { addressOf, deadlineMs }))
      .then((answered) => answerCall(reply, answered, { wire, codecs }))
      .catch((error: unknown) => answerFailure({ error, request, reply }, options));
  };
  const url = `/${method.parent.typeName}/${method.name}`;
  scope.route({ method: 'POST', url, bodyLimit: bodyBytesMax, onRequest: refuseUnspoken, handler });
  scope.route({ method: [...otherMethods], url, onRequest: answerMethod, handler: neverReached });
}

function addStreamRoute(
  scope: FastifyInstance,
  method: DescMethodServerStreaming,
  { served, options }: Serving,
): void {
  const codecs = codecsOf(method);
  const { addressOf } = options;
  const handler = (request: FastifyRequest, reply: FastifyReply): void => {
    const { headers } = request;
    const wire = streamWireOf(headers['content-type']) as Wire; // refuseUnspoken has looked.
    const body = (request.body as Buffer | undefined) ?? noBytes;
    const writing = writingOf(wire, codecs);
    const refuse = (status: Status) => answerEnd(reply, writing, status);
    const asked = askForStream({ wire, headers, body }, codecs);
    if (asked.kind === 'refused') {
      refuse(asked.status);
      return;
    }
    const deadlineMs = Math.min(asked.timeoutMs ?? streamWithinMs, streamWithinMs);
    served
      .stream(method, asked.read, incomingOf(request, reply, { addressOf, deadlineMs }))
      .then((streamed) => {
        if (streamed.kind === 'streaming') return answerStream(reply, streamed, writing);
        for (const name in streamed.headers) reply.header(name, streamed.headers[name]);
        return refuse(streamed.status);
      })
      .catch((error: unknown) => failStream(reply, () => answerFailure({ error, request, reply }, options)));
  };
  const url = `/${method.parent.typeName}/${method.name}`;
  const onRequest = refuseUnspokenStream;
  scope.route({ method: 'POST', url, bodyLimit: bodyBytesMax, onRequest, handler });
  scope.route({ method: [...otherMethods], url, onRequest: answerMethod, handler: neverReached });
}

/** Whoever asks for a stream is told of its end as in one. */
function answerEnd(reply: FastifyReply, { contentType, ofEnd }: Writing, status: Status): void {
  reply.header('content-type', contentType).send(ofEnd(status));
}

function refuseUnspokenStream({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const contentType = headers['content-type'];
  if (streamWireOf(contentType) !== null) done();
  else answerUnspoken(reply, isGrpc(contentType), streamContentTypes);
}

/** Before the body, which nobody could read. */
function refuseUnspoken({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  const contentType = headers['content-type'];
  if (wireOf(contentType) === null) answerUnspoken(reply, isGrpc(contentType));
  else done();
}

function answerMethod(_: FastifyRequest, reply: FastifyReply): void {
  answerError(reply.header('allow', 'POST'), refusals.method, 405);
}

/** 404 and not 501, which a method has that exists and is not built. */
function answerNothing({ headers }: FastifyRequest, reply: FastifyReply): void {
  const wire = wireOf(headers['content-type']);
  if (wire?.protocol === 'grpc-web') answerStatus(reply, wire, refusals.nothing);
  else answerError(reply, refusals.nothing, 404);
}

interface Failure {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

function answerFailure({ error, request, reply }: Failure, { onFailure }: WebOptions): void {
  const status = refusalOfFailure(error);
  if (status === refusals.broken) onFailure(error, request);
  if (reply.sent) return;
  const wire = wireOf(request.headers['content-type']);
  if (wire === null) answerError(reply, status);
  else answerStatus(reply, wire, status);
}

/** Of what Fastify says no to by itself, and of our bugs. */
function refusalOfFailure(error: unknown) {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  if (status === 413) return refusals.tooLarge;
  return typeof status === 'number' && status >= 400 && status < 500 ? refusals.wellFormed : refusals.broken;
}

function neverReached(): never {
  throw new Error('the hook before this has answered');
}
