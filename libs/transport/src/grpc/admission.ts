// What is looked at before a call is read. grpc-js would answer without a request id here, print what the caller
// sent, or throw.

import {
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';

import { type StatusCode, statusCodes } from '#transport/call.js';
import type { Serve, ServeStream } from '#transport/grpc/asked.js';
import * as limits from '#transport/grpc/limits.js';
import { refusalHeaders } from '#transport/grpc/status.js';
import { grpcTimeoutMs } from '#transport/grpc-timeout.js';
import { streamWithinMs } from '#transport/stream-limits.js';

/** A stream and a watch stay open, and are no calls that an end has to wait for. The rest is served by grpc-js. */
export type Route =
  | { readonly kind: 'unary'; readonly serve: Serve }
  | { readonly kind: 'stream'; readonly serve: ServeStream }
  | 'call'
  | 'watch';

export interface Admission {
  /** By path: what there is to be called. */
  readonly routes: ReadonlyMap<string, Route>;
  readonly requestIdFrom: (inbound: string | readonly string[] | undefined) => string;
}

export interface Admitted {
  readonly route: Route;
  readonly requestId: string;
  readonly timeoutMs: number;
}

/** Null where it was answered at once. */
export function admit(
  { routes, requestIdFrom }: Admission,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Admitted | null {
  const requestId = requestIdFrom(headers['x-request-id']);
  const httpStatus = httpRefusalOf(headers);
  if (httpStatus !== null) return refuse(stream, requestId, { ':status': httpStatus });
  if (metadataBytes(headers) > limits.metadataBytesMax) return refuse(stream, requestId, tooMuchMetadata);
  const route = routes.get(headers[':path'] ?? '');
  if (route === undefined) return refuse(stream, requestId, noSuchMethod);
  const timeout = headers['grpc-timeout'] as string | undefined;
  const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : grpcTimeoutMs(timeout);
  if (timeoutMs === null) return refuse(stream, requestId, malformedTimeout);
  const longest = isLong(route) ? streamWithinMs : limits.callWithinMs;
  return { route, requestId, timeoutMs: Math.min(timeoutMs, longest) };
}

const isLong = (route: Route): boolean =>
  route === 'watch' || (typeof route === 'object' && route.kind === 'stream');

/** Of what grpc-js serves: it times calls by their headers, and answers some by itself, which then carry the id. */
export function prepareForGrpcJs(
  { requestId, timeoutMs }: Admitted,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): void {
  headers['grpc-timeout'] = `${Math.ceil(timeoutMs)}m`;
  answerWithRequestId(stream, requestId);
}

function answerWithRequestId(stream: ServerHttp2Stream, requestId: string): void {
  const respond = stream.respond;
  stream.respond = (headers, options) => {
    const answer = headers as IncomingHttpHeaders;
    answer['x-request-id'] = requestId;
    respond.call(stream, answer, options);
    // RFC 9113 §8.1: the answer is complete; whatever else the caller meant to send is not read.
    if (options?.endStream === true && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  };
}

const grpcContent = /^application\/grpc(\+proto)?(;|$)/;

/** The HTTP status for what is not gRPC at all: over HTTP/2 nothing else is served. */
function httpRefusalOf(headers: IncomingHttpHeaders): number | null {
  if (!grpcContent.test(headers['content-type'] ?? '')) return constants.HTTP_STATUS_UNSUPPORTED_MEDIA_TYPE;
  return headers[':method'] === 'POST' ? null : constants.HTTP_STATUS_METHOD_NOT_ALLOWED;
}

function refuse(stream: ServerHttp2Stream, requestId: string, headers: OutgoingHttpHeaders): null {
  stream.respond({ ...headers, 'x-request-id': requestId }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
  return null;
}

function refusalOf(code: StatusCode, message: string): OutgoingHttpHeaders {
  const head = { ':status': 200, 'content-type': 'application/grpc+proto' };
  return { ...head, ...refusalHeaders({ code, message, details: [] }, {}) };
}

const tooMuchMetadata = refusalOf(
  statusCodes.resourceExhausted,
  `metadata is over ${limits.metadataBytesMax} bytes`,
);
const noSuchMethod = refusalOf(statusCodes.unimplemented, 'there is no such method here');
const malformedTimeout = refusalOf(statusCodes.invalidArgument, 'grpc-timeout makes no sense');

/** RFC 9113 §10.5.1 counts 32 for each pair. Node counts too, but only once the client has agreed to the settings. */
function metadataBytes(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + String(headers[name]).length + 32;
  return bytes;
}
