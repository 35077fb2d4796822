// One call of gRPC with one message each way: from metadata and bytes to the pipeline, and back.

import type { DescMethodUnary, Message } from '@bufbuild/protobuf';
import { type handleUnaryCall, Metadata, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';

import {
  type Answered,
  type AnswerHeaders,
  type Incoming,
  type Served,
  statusCodes,
} from '#transport/call.js';
import { type Decoded, malformed } from '#transport/grpc/definitions.js';
import { statusObjectOf } from '#transport/grpc/status.js';

/** Whose call it is: of the peer's address and the headers that a trusted proxy adds. */
export type AddressOf = (peer: string, header: (name: string) => string | null) => string;

type Unary = handleUnaryCall<Decoded, Message>;
type UnaryCall = ServerUnaryCall<Decoded, Message>;

export function unaryHandler(method: DescMethodUnary, { invoke }: Served, addressOf: AddressOf): Unary {
  return (call, callback) => {
    const { request } = call;
    if (request === malformed) return callback(malformedStatus(method), null);
    const leaving = new AbortController();
    let isAnswered = false;
    call.once('cancelled', () => {
      if (!isAnswered) leaving.abort(reasonOf(call));
    });
    const answer = (answered: Answered): void => {
      isAnswered = true;
      send({ call, callback, answered });
    };
    invoke(method, request, incomingOf(call, addressOf, leaving.signal)).then(answer, () => answer(broken));
  };
}

/** Only for a pipeline that breaks its promise never to reject. */
const broken: Answered = {
  kind: 'refused',
  status: { code: statusCodes.internal, message: 'something broke here', details: [] },
  headers: {},
};

function malformedStatus({ input }: DescMethodUnary) {
  return { code: statusCodes.invalidArgument, details: `the message is not a ${input.typeName}` };
}

function reasonOf(call: UnaryCall): DOMException {
  return Date.now() >= Number(call.getDeadline())
    ? new DOMException('the deadline is over', 'TimeoutError')
    : new DOMException('the caller has left', 'AbortError');
}

interface Sending {
  readonly call: UnaryCall;
  readonly callback: sendUnaryData<Message>;
  readonly answered: Answered;
}

function send({ call, callback, answered }: Sending): void {
  if (answered.kind === 'refused') {
    callback(statusObjectOf(answered.status, answered.headers));
    return;
  }
  const metadata = metadataOf(answered.headers);
  if (metadata !== null) call.sendMetadata(metadata);
  callback(null, answered.message);
}

/** Null where there is nothing but the request id, which stands on every answer already. */
function metadataOf(headers: AnswerHeaders): Metadata | null {
  let metadata: Metadata | null = null;
  for (const name in headers) {
    if (name === 'x-request-id') continue;
    metadata ??= new Metadata();
    metadata.set(name, headers[name] as string);
  }
  return metadata;
}

function incomingOf(call: UnaryCall, addressOf: AddressOf, signal: AbortSignal): Incoming {
  const { metadata } = call;
  const header = (name: string): string | null => {
    const [value] = metadata.get(name);
    return typeof value === 'string' ? value : null;
  };
  const peer = call.getPeer();
  return {
    requestId: header('x-request-id') ?? '',
    traceId: traceIdOf(header('traceparent')),
    authorization: header('authorization'),
    organization: header('x-zitadel-orgid'),
    idempotencyKey: header('idempotency-key'),
    address: addressOf(peer.slice(0, peer.lastIndexOf(':')), header),
    signal,
  };
}

/** W3C Trace Context: version, trace id, parent, flags; a trace id of zeros is none. */
function traceIdOf(traceparent: string | null): string | null {
  if (traceparent === null) return null;
  const [, traceId] = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(traceparent) ?? [];
  return traceId === undefined || /^0+$/.test(traceId) ? null : traceId;
}
