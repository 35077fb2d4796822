// Calls with one message each way, which is all that is served but health and reflection. They are read and
// answered on the stream itself: the wrapping that grpc-js puts around each would cost a third of such a call (ADR 0024).

import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';

import { type DescMethodUnary, type Message, toBinary } from '@bufbuild/protobuf';

import {
  type Answered,
  type AnswerHeaders,
  type Incoming,
  type Read,
  type Reader,
  type Served,
  type Status,
  statusCodes,
} from '#transport/call.js';
import { decompress } from '#transport/grpc/decompress.js';
import { decode, malformed } from '#transport/grpc/definitions.js';
import { dropRest } from '#transport/grpc/drop-rest.js';
import { MessageReader } from '#transport/grpc/message-reader.js';
import { refusalHeaders } from '#transport/grpc/status.js';
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
export type ServeUnary = (asked: Asked) => () => void;

export function serveUnary(method: DescMethodUnary, serving: Serving): ServeUnary {
  return (asked) => {
    const call = new UnaryCall(asked, method, serving);
    return () => call.closed();
  };
}

export interface Serving {
  readonly served: Served;
  readonly addressOf: AddressOf;
  /** Told of bugs, which the caller only knows by the id of the request. */
  readonly onFailure: (error: unknown, requestId: string) => void;
}

class UnaryCall {
  readonly #asked: Asked;
  readonly #method: DescMethodUnary;
  readonly #serving: Serving;
  readonly #leaving = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isAnswered = false;

  constructor(asked: Asked, method: DescMethodUnary, serving: Serving) {
    const { stream, timeoutMs } = asked;
    this.#asked = asked;
    this.#method = method;
    this.#serving = serving;
    this.#timer = setTimeout(() => this.#expire(), timeoutMs);
    const reader = new MessageReader({
      message: (bytes, isCompressed) => this.#run(() => this.#read(bytes, isCompressed)),
      refused: (code, message) => this.#refuse(code, message),
    });
    stream.on('data', (bytes: Buffer) => reader.take(bytes));
    stream.on('end', () => reader.end());
  }

  closed(): void {
    if (!this.#end()) return;
    this.#leaving.abort(new DOMException('the caller has left', 'AbortError'));
  }

  #expire(): void {
    this.#leaving.abort(new DOMException('the deadline is over', 'TimeoutError'));
    this.#refuse(statusCodes.deadlineExceeded, 'the deadline is over');
  }

  #run(read: Reader): void {
    if (this.#isAnswered) return;
    this.#serving.served
      .invoke(this.#method, read, this.#incoming())
      .then((answered) => this.#answer(answered))
      .catch((error) => this.#fail(error));
  }

  #read(bytes: Uint8Array, isCompressed: boolean): Read | Promise<Read> {
    if (!isCompressed) return readMessage(this.#method, bytes);
    return decompress(bytes, this.#asked.headers['grpc-encoding'] as string | undefined).then((found) =>
      found.kind === 'refused' ? found : readMessage(this.#method, found.bytes),
    );
  }

  #incoming(): Incoming {
    const { headers, requestId, peer } = this.#asked;
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
      address: this.#serving.addressOf(peer, header),
      signal: this.#leaving.signal,
    };
  }

  /** False where it was over before. */
  #end(): boolean {
    if (this.#isAnswered) return false;
    this.#isAnswered = true;
    clearTimeout(this.#timer);
    return true;
  }

  #answer(answered: Answered): void {
    if (answered.kind === 'answered') this.#send(answered.message, answered.headers);
    else if (this.#end()) this.#sendOnlyTrailers(refusalHeaders(answered.status, answered.headers));
  }

  #refuse(code: (typeof statusCodes)[keyof typeof statusCodes], message: string): void {
    if (this.#end()) this.#sendOnlyTrailers(refusalHeaders({ code, message, details: [] }, {}));
  }

  /** A pipeline that broke its promise never to reject, or an answer that cannot be encoded. */
  #fail(error: unknown): void {
    const { stream, requestId } = this.#asked;
    this.#serving.onFailure(error, requestId);
    if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else {
      this.#end();
      this.#sendOnlyTrailers(refusalHeaders(broken, {}));
    }
  }

  #send(message: Message, headers: AnswerHeaders): void {
    const { stream, requestId } = this.#asked;
    if (!this.#end() || stream.destroyed || stream.closed) return;
    const frame = frameOf(toBinary(this.#method.output, message));
    stream.respond({ ...headers, ...answerHead, 'x-request-id': requestId }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(frame);
  }

  #sendOnlyTrailers(trailers: Record<string, string>): void {
    const { stream, requestId } = this.#asked;
    if (stream.destroyed || stream.closed) return;
    stream.respond({ ...trailers, ...answerHead, 'x-request-id': requestId }, { endStream: true });
    dropRest(stream);
  }
}

function readMessage({ input }: DescMethodUnary, bytes: Uint8Array): Read {
  const message = decode(input, bytes);
  if (message !== malformed) return { kind: 'message', message };
  const text = `the message is not a ${input.typeName}`;
  return { kind: 'refused', status: { code: statusCodes.invalidArgument, message: text, details: [] } };
}

const broken: Status = { code: statusCodes.internal, message: 'something broke here', details: [] };

/** Answers are not compressed: they are small, and what is secret would be told by its length. */
const answerHead = {
  ':status': 200,
  'content-type': 'application/grpc+proto',
  'grpc-accept-encoding': 'identity,deflate,gzip',
};

/** A byte that says that it is not compressed, and its length. */
function frameOf(bytes: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(5 + bytes.length);
  frame[0] = 0;
  frame.writeUInt32BE(bytes.length, 1);
  frame.set(bytes, 5);
  return frame;
}
