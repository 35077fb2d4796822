// A refusal as gRPC tells it: code and text, and the whole `google.rpc.Status` in a trailer of its own.

import { create, toBinary } from '@bufbuild/protobuf';
import { Metadata, type StatusObject } from '@grpc/grpc-js';

import { StatusSchema } from '#contract/google/rpc/status_pb.js';
import type { AnswerHeaders, Status } from '#transport/call.js';

/** Many statuses are made once and told a thousand times. */
const encoded = new WeakMap<Status, Buffer>();

export function statusObjectOf(status: Status, headers: AnswerHeaders): StatusObject {
  const metadata = new Metadata();
  for (const name in headers) if (name !== 'x-request-id') metadata.set(name, headers[name] as string);
  if (status.details.length > 0) metadata.set('grpc-status-details-bin', detailsOf(status));
  return { code: status.code, details: status.message.toWellFormed(), metadata };
}

function detailsOf(status: Status): Buffer {
  let bytes = encoded.get(status);
  if (bytes === undefined) {
    const { code, message, details } = status;
    bytes = Buffer.from(
      toBinary(StatusSchema, create(StatusSchema, { code, message, details: [...details] })),
    );
    encoded.set(status, bytes);
  }
  return bytes;
}
