// Calls with one message from the caller and many back. Nothing is asked of a stream while HTTP/2 has no room for it.

import { constants } from 'node:http2';

import { type DescMethodServerStreaming, type Message, toBinary } from '@bufbuild/protobuf';

import { type Reader, type Status, type StatusCode, type Streamed, statusCodes } from '#transport/call.js';
import {
  type Asked,
  incomingOf,
  type OpenForLong,
  readMessage,
  type ServeStream,
  type Serving,
} from '#transport/grpc/asked.js';
import { dropRest } from '#transport/grpc/drop-rest.js';
import { answerHeaders, frameOf } from '#transport/grpc/frames.js';
import { MessageReader } from '#transport/grpc/message-reader.js';
import { refusalHeaders } from '#transport/grpc/status.js';
import { pump } from '#transport/pump.js';
import { lingerMs } from '#transport/stream-limits.js';
import { connectionTooOld } from '#transport/waiting.js';

export function serveStreaming(method: DescMethodServerStreaming, serving: Serving): ServeStream {
  return (asked) => new StreamingCall(asked, method, serving);
}

class StreamingCall implements OpenForLong {
  readonly #asked: Asked;
  readonly #method: DescMethodServerStreaming;
  readonly #serving: Serving;
  readonly #leaving = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #isBegun = false;
  #drained: PromiseWithResolvers<void> | null = null;

  constructor(asked: Asked, method: DescMethodServerStreaming, serving: Serving) {
    const { stream, timeoutMs } = asked;
    this.#asked = asked;
    this.#method = method;
    this.#serving = serving;
    this.#timer = setTimeout(() => this.#expire(), timeoutMs);
    const reader = new MessageReader({
      message: (bytes, isCompressed) =>
        this.#begin(() => readMessage(this.#asked, this.#method, { bytes, isCompressed })),
      refused: (code, message) => this.#refuse({ code, message, details: [] }),
    });
    stream.on('data', (bytes: Buffer) => reader.take(bytes));
    stream.on('end', () => reader.end());
    stream.on('drain', () => this.#drained?.resolve());
  }

  closed(): void {
    clearTimeout(this.#timer);
    this.#leaving.abort(new DOMException('the caller has left', 'AbortError'));
    this.#drained?.resolve();
  }

  retire(): void {
    this.#leaving.abort(connectionTooOld);
    if (!this.#isBegun) this.#refuse(tooOld);
  }

  /** A stream that has begun says itself that its time is over, after what it told. */
  #expire(): void {
    this.#leaving.abort(new DOMException('the deadline is over', 'TimeoutError'));
    if (!this.#isBegun) this.#refuse(expired);
  }

  #begin(read: Reader): void {
    if (this.#isBegun || this.#isGone) return;
    this.#isBegun = true;
    const incoming = incomingOf(this.#asked, this.#serving, this.#leaving.signal);
    this.#serving.served
      .stream(this.#method, read, incoming)
      .then((streamed) => this.#tell(streamed))
      .catch((error) => this.#fail(error));
  }

  async #tell(streamed: Streamed): Promise<void> {
    const { stream, requestId } = this.#asked;
    if (streamed.kind === 'refused') {
      this.#refuse(streamed.status, streamed.headers);
      return;
    }
    if (!this.#isGone) stream.respond(answerHeaders(streamed.headers, requestId), { waitForTrailers: true });
    await pump(streamed, {
      write: (message) => this.#write(message),
      drained: () => this.#whenDrained(),
      end: (status) => this.#end(status),
    });
  }

  #write(message: Message): boolean {
    return this.#isGone || this.#asked.stream.write(frameOf(toBinary(this.#method.output, message)));
  }

  #whenDrained(): Promise<void> {
    this.#drained = Promise.withResolvers();
    if (this.#isGone) this.#drained.resolve();
    return this.#drained.promise;
  }

  #end(status: Status | null): void {
    const { stream } = this.#asked;
    clearTimeout(this.#timer);
    if (this.#isGone) return;
    const trailers = status === null ? { 'grpc-status': '0' } : refusalHeaders(status, {});
    stream.once('wantTrailers', () => stream.sendTrailers(trailers));
    stream.end();
    // Whoever does not read would keep it open.
    if (status !== null) this.#closeSoon();
  }

  #closeSoon(): void {
    const { stream } = this.#asked;
    const late = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), lingerMs).unref();
    stream.once('close', () => clearTimeout(late));
  }

  #refuse(status: Status, headers: Readonly<Record<string, string>> = {}): void {
    const { stream, requestId } = this.#asked;
    clearTimeout(this.#timer);
    this.#isBegun = true;
    if (this.#isGone || stream.headersSent) return;
    const trailers = refusalHeaders(status, headers);
    stream.respond(answerHeaders(trailers, requestId), { endStream: true });
    dropRest(stream);
  }

  /** A pipeline that broke its promise never to reject, or a message that cannot be encoded. */
  #fail(error: unknown): void {
    const { stream, requestId } = this.#asked;
    this.#serving.onFailure(error, requestId);
    this.#leaving.abort(new DOMException('it failed', 'AbortError'));
    if (stream.headersSent) stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    else this.#refuse(broken);
  }

  get #isGone(): boolean {
    const { stream } = this.#asked;
    return stream.destroyed || stream.closed;
  }
}

const plain = (code: StatusCode, message: string): Status => ({ code, message, details: [] });
const expired = plain(statusCodes.deadlineExceeded, 'the deadline is over');
const tooOld = plain(statusCodes.unavailable, 'the connection is too old');
const broken = plain(statusCodes.internal, 'something broke here');
