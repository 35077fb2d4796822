// The one message of a call, out of whatever pieces it comes in: a byte that says whether it is compressed, four
// of length, the message. What is too large is refused as soon as its length is known.

import { type StatusCode, statusCodes } from '#transport/call.js';
import { messageBytesMax } from '#transport/grpc/limits.js';

export interface MessageTaker {
  message(bytes: Uint8Array, isCompressed: boolean): void;
  refused(code: StatusCode, message: string): void;
}

const prefixBytes = 5;

export class MessageReader {
  readonly #taker: MessageTaker;
  /** Put together once, since a byte at a time would have all of it copied for each. */
  #pieces: Buffer[] = [];
  #length = 0;
  /** As the prefix says; null until it is there. */
  #expected: number | null = null;
  #isOver = false;

  constructor(taker: MessageTaker) {
    this.#taker = taker;
  }

  take(bytes: Buffer): void {
    if (this.#isOver) return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    if (this.#expected === null) {
      if (this.#length < prefixBytes) return;
      this.#expected = prefixBytes + this.#together().readUInt32BE(1);
    }
    if (this.#expected > prefixBytes + messageBytesMax) this.#refuse(statusCodes.resourceExhausted, tooLarge);
    else if (this.#length > this.#expected) {
      this.#refuse(statusCodes.invalidArgument, 'this method takes one message');
    }
  }

  end(): void {
    if (this.#isOver) return;
    if (this.#length !== this.#expected) {
      this.#refuse(statusCodes.invalidArgument, 'the message is not there, or not whole');
      return;
    }
    this.#isOver = true;
    const bytes = this.#together();
    this.#taker.message(bytes.subarray(prefixBytes), bytes[0] !== 0);
  }

  #together(): Buffer {
    const [first] = this.#pieces;
    const bytes = first !== undefined && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
    this.#pieces = [bytes];
    return bytes;
  }

  #refuse(code: StatusCode, message: string): void {
    this.#isOver = true;
    this.#taker.refused(code, message);
  }
}

const tooLarge = `the message is over ${messageBytesMax} bytes`;
