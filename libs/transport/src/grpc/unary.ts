// Calls with one message each way, which is all that is served but streams, health and reflection. They are read and
// answered on the stream itself: the wrapping that grpc-js puts around each would cost a third of such a call (ADR 0024).

import { constants, type ServerHttp2Stream } from 'node:http2';

import { type DescMethodUnary, type Message, toBinary } from '@bufbuild/protobuf';

import {
  type Answered,
  type AnswerHeaders,
  type Status,
  type StatusCode,
  statusCodes,
} from '#transport/call.js';
import { type Asked, incomingOf, readMessage, type Serve, type Serving } from '#transport/grpc/asked.js';
import { dropRest } from '#transport/grpc/drop-rest.js';
import { answerHeaders, frameOf } from '#transport/grpc/frames.js';
import { MessageReader, type MessageTaker } from '#transport/grpc/message-reader.js';
import { refusalHeaders } from '#transport/grpc/status.js';

export function serveUnary(method: DescMethodUnary, serving: Serving): Serve {
  return (asked) => {
    const call = new UnaryCall(asked, method, serving);
    return () => call.closed();
  };
}

/**
 * Node keeps a stream that is over until the old generation is collected, since the state of whatever is written to holds
 * it by a closure that is made there; and with it all that it leads to. So a call hangs on its stream by one property,
 * which is emptied, and not by listeners that know it.
 */
const callOf = Symbol('call');

type CalledStream = ServerHttp2Stream & { [callOf]?: UnaryCall | null };

function takePiece(this: CalledStream, bytes: Buffer): void {
  this[callOf]?.reader.take(bytes);
}

function endPieces(this: CalledStream): void {
  this[callOf]?.reader.end();
}

function sendOk(this: ServerHttp2Stream): void {
  this.sendTrailers(ok);
}

const ok = { 'grpc-status': '0' };

class UnaryCall implements MessageTaker {
  readonly reader = new MessageReader(this);
  readonly #asked: Asked;
  readonly #method: DescMethodUnary;
  readonly #serving: Serving;
  readonly #leaving = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isAnswered = false;

  constructor(asked: Asked, method: DescMethodUnary, serving: Serving) {
    this.#asked = asked;
    this.#method = method;
    this.#serving = serving;
    this.#timer = setTimeout(() => this.#expire(), asked.timeoutMs);
    const stream: CalledStream = asked.stream;
    stream[callOf] = this;
    stream.on('data', takePiece);
    stream.on('end', endPieces);
  }

  closed(): void {
    const stream: CalledStream = this.#asked.stream;
    stream[callOf] = null;
    if (!this.#end()) return;
    this.#leaving.abort(new DOMException('the caller has left', 'AbortError'));
  }

  message(bytes: Uint8Array, isCompressed: boolean): void {
    if (this.#isAnswered) return;
    const read = () => readMessage(this.#asked, this.#method, { bytes, isCompressed });
    this.#serving.served
      .invoke(this.#method, read, incomingOf(this.#asked, this.#serving, this.#leaving.signal))
      .then((answered) => this.#answer(answered))
      .catch((error) => this.#fail(error));
  }

  refused(code: StatusCode, message: string): void {
    if (this.#end()) this.#sendOnlyTrailers(refusalHeaders({ code, message, details: [] }, {}));
  }

  #expire(): void {
    this.#leaving.abort(new DOMException('the deadline is over', 'TimeoutError'));
    this.refused(statusCodes.deadlineExceeded, 'the deadline is over');
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
    stream.respond(answerHeaders(headers, requestId), { waitForTrailers: true });
    stream.once('wantTrailers', sendOk);
    stream.end(frame);
  }

  #sendOnlyTrailers(trailers: Record<string, string>): void {
    const { stream, requestId } = this.#asked;
    if (stream.destroyed || stream.closed) return;
    stream.respond(answerHeaders(trailers, requestId), { endStream: true });
    dropRest(stream);
  }
}

const broken: Status = { code: statusCodes.internal, message: 'something broke here', details: [] };
