// A refusal as gRPC tells it: code and text, and the whole `google.rpc.Status` in a trailer of its own.

import { create, toBinary } from '@bufbuild/protobuf';

import { StatusSchema } from '#contract/google/rpc/status_pb.js';
import type { AnswerHeaders, Status } from '#transport/call.js';

/** Many statuses are made once and told a thousand times. */
const encoded = new WeakMap<Status, Record<string, string>>();

export function refusalHeaders(status: Status, headers: AnswerHeaders): Record<string, string> {
  let trailers = encoded.get(status);
  if (trailers === undefined) {
    trailers = trailersOf(status);
    encoded.set(status, trailers);
  }
  return { ...headers, ...trailers };
}

function trailersOf(status: Status): Record<string, string> {
  const { code, message, details } = status;
  const text = message.toWellFormed();
  const trailers = { 'grpc-status': String(code), 'grpc-message': encodeURI(text) };
  if (details.length === 0) return trailers;
  const bytes = toBinary(StatusSchema, create(StatusSchema, { code, message: text, details: [...details] }));
  return { ...trailers, 'grpc-status-details-bin': Buffer.from(bytes).toString('base64') };
}
