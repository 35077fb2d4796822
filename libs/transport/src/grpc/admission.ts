// What is looked at before grpc-js sees a call, because it would answer without a request id, print what the
// caller sent, or throw.

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';

import { type StatusCode, statusCodes } from '#transport/call.js';
import * as limits from '#transport/grpc/limits.js';

/** A watch stays open, and is no call that an end has to wait for. */
export type Kind = 'call' | 'watch';

export interface Admission {
  /** By path: what there is to be called. */
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly requestIdFrom: (inbound: string | readonly string[] | undefined) => string;
}

export interface Asked {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
}

/** Null where it was answered at once. Changes the headers to what grpc-js is to see. */
export function admit({ kinds, requestIdFrom }: Admission, { stream, headers }: Asked): Kind | null {
  const requestId = requestIdFrom(headers['x-request-id']);
  headers['x-request-id'] = requestId;
  answerWithRequestId(stream, requestId);
  const httpStatus = httpRefusalOf(headers);
  if (httpStatus !== null) return refuseHttp(stream, httpStatus);
  if (metadataBytes(headers) > limits.metadataBytesMax) return refuse(stream, tooMuchMetadata);
  const kind = kinds.get(headers[':path'] ?? '');
  if (kind === undefined) return refuse(stream, noSuchMethod);
  const timeoutMs = timeoutMsOf(headers['grpc-timeout'] as string | undefined);
  if (timeoutMs === undefined) return refuse(stream, malformedTimeout);
  setTimeoutHeader(headers, kind, timeoutMs);
  return kind;
}

/** All that grpc-js answers on the stream then carries the id, also what it answers by itself. */
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

function refuseHttp(stream: ServerHttp2Stream, status: number): null {
  stream.respond({ ':status': status }, { endStream: true });
  return null;
}

interface Refusal {
  readonly code: StatusCode;
  readonly message: string;
}

const tooMuchMetadata: Refusal = {
  code: statusCodes.resourceExhausted,
  message: `metadata is over ${limits.metadataBytesMax} bytes`,
};
const noSuchMethod: Refusal = { code: statusCodes.unimplemented, message: 'there is no such method here' };
const malformedTimeout: Refusal = {
  code: statusCodes.invalidArgument,
  message: 'grpc-timeout makes no sense',
};

function refuse(stream: ServerHttp2Stream, { code, message }: Refusal): null {
  const headers = { ':status': 200, 'content-type': 'application/grpc+proto' };
  stream.respond(
    { ...headers, 'grpc-status': code, 'grpc-message': encodeURI(message) },
    { endStream: true },
  );
  return null;
}

/** RFC 9113 §10.5.1 counts 32 for each pair. Node counts too, but only once the client has agreed to the settings. */
function metadataBytes(headers: IncomingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) bytes += name.length + String(headers[name]).length + 32;
  return bytes;
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Null where there is none, and undefined where it makes no sense. */
function timeoutMsOf(text: string | undefined): number | null | undefined {
  if (text === undefined) return null;
  const [, amount, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return amount === undefined || unit === undefined ? undefined : Number(amount) * (unitMs[unit] ?? 0);
}

/** grpc-js times the call by it. A watch may stay as long as its connection. */
function setTimeoutHeader(headers: IncomingHttpHeaders, kind: Kind, timeoutMs: number | null): void {
  if (kind === 'watch' && timeoutMs === null) return;
  const longest = kind === 'call' ? limits.callWithinMs : limits.connectionAgeMs;
  headers['grpc-timeout'] = `${Math.ceil(Math.min(timeoutMs ?? longest, longest))}m`;
}
