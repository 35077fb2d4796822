// Calls with one message each way, which is all that is served but streams, health and reflection. They are read and
// answered on the stream itself: the wrapping that grpc-js puts around each would cost a third of such a call (ADR 0024).

import { constants } from 'node:http2';

import { type DescMethodUnary, type Message, toBinary } from '@bufbuild/protobuf';

import { type Answered, type AnswerHeaders, type Reader, type Status, statusCodes } from '#transport/call.js';
import { type Asked, incomingOf, readMessage, type Serve, type Serving } from '#transport/grpc/asked.js';
import { dropRest } from '#transport/grpc/drop-rest.js';
import { answerHead, frameOf } from '#transport/grpc/frames.js';
import { MessageReader } from '#transport/grpc/message-reader.js';
import { refusalHeaders } from '#transport/grpc/status.js';

export function serveUnary(method: DescMethodUnary, serving: Serving): Serve {
  return (asked) => {
    const call = new UnaryCall(asked, method, serving);
    return () => call.closed();
  };
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
      message: (bytes, isCompressed) =>
        this.#run(() => readMessage(this.#asked, this.#method, { bytes, isCompressed })),
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
      .invoke(this.#method, read, incomingOf(this.#asked, this.#serving, this.#leaving.signal))
      .then((answered) => this.#answer(answered))
      .catch((error) => this.#fail(error));
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

const broken: Status = { code: statusCodes.internal, message: 'something broke here', details: [] };
