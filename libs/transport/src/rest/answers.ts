// What goes back over REST: messages as protobuf's JSON, and every no as a `google.rpc.Status`.

import { toJson } from '@bufbuild/protobuf';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { type Answered, type Status, type StatusCode, statusCodes } from '#transport/call.js';
import type { RestBinding } from '#transport/rest/bindings.js';
import { httpStatuses, statusText } from '#transport/rest/status-json.js';

export interface AnswerOptions {
  /** Told of a bug of ours, whose answer says nothing of it. */
  readonly onFailure: (error: unknown, request: FastifyRequest) => void;
}

const jsonType = 'application/json; charset=utf-8';

export function answerCall(reply: FastifyReply, { method, status }: RestBinding, answered: Answered): void {
  if (answered.kind === 'refused') {
    answerRefusal(reply, answered);
    return;
  }
  for (const name in answered.headers) reply.header(name, answered.headers[name]);
  const text = JSON.stringify(toJson(method.output, answered.message));
  reply.code(status).header('content-type', jsonType).send(text);
}

export function answerRefusal(
  reply: FastifyReply,
  { status, headers }: Extract<Answered, { readonly kind: 'refused' }>,
): void {
  for (const name in headers) reply.header(name, headers[name]);
  answerStatus(reply, status);
}

export function answerStatus(
  reply: FastifyReply,
  status: Status,
  httpStatus: number = status.httpStatus ?? httpStatuses[status.code],
): void {
  reply.code(httpStatus).header('content-type', jsonType).send(statusText(status));
}

export function answerUnsupported(reply: FastifyReply, reason: string): void {
  answerStatus(reply, plain(statusCodes.invalidArgument, reason), 415);
}

const nothing = plain(statusCodes.notFound, 'There is nothing here.');
const otherMethod = plain(statusCodes.unimplemented, 'This method does not exist here.');

export function answerNothing(reply: FastifyReply): void {
  answerStatus(reply, nothing);
}

export function answerMethod(reply: FastifyReply, allow: string): void {
  answerStatus(reply.header('allow', allow), otherMethod, 405);
}

interface Failure {
  readonly error: unknown;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Of what Fastify says no to by itself, and of our bugs. */
const failures = {
  400: plain(statusCodes.invalidArgument, 'The request is not well-formed.'),
  413: plain(statusCodes.resourceExhausted, 'The body is over 64 KiB.'),
  415: plain(statusCodes.invalidArgument, 'Only application/json is understood here.'),
  500: plain(statusCodes.internal, 'Something broke here. The request id finds it in the log.'),
} as const satisfies Record<number, Status>;

export function answerFailure({ error, request, reply }: Failure, { onFailure }: AnswerOptions): void {
  const status = failureStatus(error);
  if (status === 500) onFailure(error, request);
  if (!reply.sent) answerStatus(reply, failures[status], status);
}

function failureStatus(error: unknown): keyof typeof failures {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  if (status === 413 || status === 415) return status;
  return typeof status === 'number' && status >= 400 && status < 500 ? 400 : 500;
}

function plain(code: StatusCode, message: string): Status {
  return { code, message, details: [] };
}
