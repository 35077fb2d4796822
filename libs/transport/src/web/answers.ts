// What goes back: over Connect an HTTP status and the JSON of an error, over gRPC-Web always 200 and a frame that says
// how the call ended.

import { create, toBinary } from '@bufbuild/protobuf';
import type { FastifyReply } from 'fastify';

import { StatusSchema } from '#contract/google/rpc/status_pb.js';
import { type Answered, type Status, type StatusCode, statusCodes } from '#transport/call.js';
import { httpStatuses } from '#transport/rest/status-json.js';
import type { Codecs } from '#transport/web/codec.js';
import { framed } from '#transport/web/frames.js';
import { refusals } from '#transport/web/refusals.js';
import { contentTypes, type Wire } from '#transport/web/wires.js';

/** The words of the Connect protocol. */
const names = {
  [statusCodes.cancelled]: 'canceled',
  [statusCodes.unknown]: 'unknown',
  [statusCodes.invalidArgument]: 'invalid_argument',
  [statusCodes.deadlineExceeded]: 'deadline_exceeded',
  [statusCodes.notFound]: 'not_found',
  [statusCodes.alreadyExists]: 'already_exists',
  [statusCodes.permissionDenied]: 'permission_denied',
  [statusCodes.resourceExhausted]: 'resource_exhausted',
  [statusCodes.failedPrecondition]: 'failed_precondition',
  [statusCodes.aborted]: 'aborted',
  [statusCodes.outOfRange]: 'out_of_range',
  [statusCodes.unimplemented]: 'unimplemented',
  [statusCodes.internal]: 'internal',
  [statusCodes.unavailable]: 'unavailable',
  [statusCodes.dataLoss]: 'data_loss',
  [statusCodes.unauthenticated]: 'unauthenticated',
} as const satisfies Record<StatusCode, string>;

export function answerCall(
  reply: FastifyReply,
  answered: Answered,
  { wire, codecs }: { readonly wire: Wire; readonly codecs: Codecs },
): void {
  for (const name in answered.headers) reply.header(name, answered.headers[name]);
  if (answered.kind === 'refused') {
    answerStatus(reply, wire, answered.status);
    return;
  }
  const message = codecs[wire.format].write(answered.message);
  sendOk(reply, wire, wire.protocol === 'connect' ? message : framed(message, 'grpc-status: 0\r\n'));
}

export function answerStatus(reply: FastifyReply, wire: Wire, status: Status): void {
  if (status === refusals.encoding) reply.header(acceptOf[wire.protocol], 'gzip');
  if (wire.protocol === 'connect') answerError(reply, status);
  else sendOk(reply, wire, framed(null, trailersOf(status)));
}

const acceptOf = { connect: 'accept-encoding', 'grpc-web': 'grpc-accept-encoding' } as const;

function sendOk(reply: FastifyReply, { isText, contentType }: Wire, bytes: Buffer): void {
  reply.header('content-type', contentType).send(isText ? bytes.toString('base64') : bytes);
}

/** The error of the Connect protocol, which is also told to those who speak none that is spoken here. */
export function answerError(
  reply: FastifyReply,
  status: Status,
  httpStatus: number = status.httpStatus ?? httpStatuses[status.code],
): void {
  reply
    .code(httpStatus)
    .header('content-type', 'application/json')
    .send(Buffer.from(JSON.stringify(errorOf(status))));
}

export function errorOf({ code, message, details }: Status): object {
  const told = details.map(({ typeUrl, value }) => ({
    type: typeUrl.slice(typeUrl.lastIndexOf('/') + 1),
    value: base64Of(value),
  }));
  return {
    code: names[code],
    message: message.toWellFormed(),
    ...(told.length > 0 && { details: told }),
  };
}

export function answerUnspoken(
  reply: FastifyReply,
  isGrpc: boolean,
  spoken: readonly string[] = contentTypes,
): void {
  reply.header('accept-post', spoken.join(', '));
  if (isGrpc) answerError(reply, refusals.elsewhere, 505);
  else answerError(reply, refusals.type, 415);
}

/** Percent-encoding as gRPC asks for: a line break in a text would otherwise begin another trailer. */
export function trailersOf({ code, message, details }: Status): string {
  const text = message.toWellFormed();
  const trailers = `grpc-status: ${code}\r\ngrpc-message: ${encodeURIComponent(text)}\r\n`;
  if (details.length === 0) return trailers;
  const status = create(StatusSchema, { code, message: text, details: [...details] });
  return `${trailers}grpc-status-details-bin: ${base64Of(toBinary(StatusSchema, status))}\r\n`;
}

/** Without padding, as both protocols prefer it. */
function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '');
}
