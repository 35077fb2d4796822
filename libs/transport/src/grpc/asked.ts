// What came on a stream of HTTP/2, for calls with one answer and for those with many.

import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';

import { type Incoming, type Read, type Served, type ServedMethod, statusCodes } from '#transport/call.js';
import { decompress } from '#transport/grpc/decompress.js';
import { decode, malformed } from '#transport/grpc/definitions.js';
import { Tally } from '#transport/tally.js';
import { traceParentOf } from '#transport/trace-parent.js';

/** Whose call it is: of the peer's address and the headers that a trusted proxy adds. */
export type AddressOf = (peer: string, header: (name: string) => string | null) => string;

export interface Asked {
  readonly stream: ServerHttp2Stream;
  readonly headers: IncomingHttpHeaders;
  readonly requestId: string;
  readonly timeoutMs: number;
  readonly peer: string;
}

/** Answers what is to be done when the stream is closed. */
export type Serve = (asked: Asked) => () => void;

export interface OpenForLong {
  /** The stream is closed. */
  closed(): void;
  /** Its connection is too old: what comes next has to come by another one. */
  retire(): void;
}

export type ServeStream = (asked: Asked) => OpenForLong;

export interface Serving {
  readonly served: Served;
  readonly addressOf: AddressOf;
  /** Told of bugs, which the caller only knows by the id of the request. */
  readonly onFailure: (error: unknown, requestId: string) => void;
}

export function incomingOf(
  { headers, requestId, peer }: Asked,
  { addressOf }: Serving,
  signal: AbortSignal,
): Incoming {
  const header = (name: string): string | null => {
    const value = headers[name];
    return typeof value === 'string' ? value : null;
  };
  const traceParent = traceParentOf(header('traceparent'));
  return {
    requestId,
    traceId: traceParent?.traceId ?? null,
    traceParent,
    authorization: header('authorization'),
    organization: header('x-zitadel-orgid'),
    idempotencyKey: header('idempotency-key'),
    position: header('x-countersign-position'),
    code: header('x-countersign-code'),
    recoveryCode: header('x-countersign-recovery-code'),
    address: addressOf(peer, header),
    tally: new Tally({ isAlwaysTold: false }),
    signal,
  };
}

interface Came {
  readonly bytes: Uint8Array;
  readonly isCompressed: boolean;
}

export function readMessage(
  { headers }: Asked,
  method: ServedMethod,
  { bytes, isCompressed }: Came,
): Read | Promise<Read> {
  if (!isCompressed) return messageOf(method, bytes);
  return decompress(bytes, headers['grpc-encoding'] as string | undefined).then((found) =>
    found.kind === 'refused' ? found : messageOf(method, found.bytes),
  );
}

function messageOf({ input }: ServedMethod, bytes: Uint8Array): Read {
  const message = decode(input, bytes);
  if (message !== malformed) return { kind: 'message', message };
  const text = `the message is not a ${input.typeName}`;
  return { kind: 'refused', status: { code: statusCodes.invalidArgument, message: text, details: [] } };
}
