// The frames of gRPC-Web, and of streams in Connect: flags, a length, and so many bytes; in an answer a last one with what
// HTTP/2 has as trailers.

import type { Status } from '#transport/call.js';
import { frameHeadBytes, messageBytesMax } from '#transport/web/limits.js';
import { refusals } from '#transport/web/refusals.js';

const compressedFlag = 0x01;
const trailersFlag = 0x80;
/** Of Connect's last frame. */
const endFlag = 0x02;

export type Unframed =
  | { readonly kind: 'message'; readonly bytes: Buffer; readonly isCompressed: boolean }
  | { readonly kind: 'refused'; readonly status: Status };

export function unframe(body: Buffer): Unframed {
  if (body.length === 0) return refused(refusals.notOne);
  if (body.length < frameHeadBytes) return refused(refusals.truncated);
  const flags = body.readUInt8(0);
  if ((flags & ~compressedFlag) !== 0) return refused(refusals.flags);
  const end = frameHeadBytes + body.readUInt32BE(1);
  if (end > frameHeadBytes + messageBytesMax) return refused(refusals.tooLarge);
  if (body.length < end) return refused(refusals.truncated);
  if (body.length > end) return refused(refusals.notOne);
  return { kind: 'message', bytes: body.subarray(frameHeadBytes), isCompressed: flags === compressedFlag };
}

function refused(status: Status): Unframed {
  return { kind: 'refused', status };
}

/** Four characters for three bytes; where a client sent piece after piece, any of them may be padded. */
const base64 = /^(?:[A-Za-z0-9+/]{2}(?:[A-Za-z0-9+/]{2}|[A-Za-z0-9+/]=|==))*$/;

/** Null where it is not base64. */
export function bytesOfText(body: Buffer): Buffer | null {
  const text = body.toString('latin1');
  if (!base64.test(text)) return null;
  const pieces = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64')));
}

/** A message and how the call ended, or only how it ended. */
export function framed(message: Uint8Array | null, trailers: string): Buffer {
  const tail = Buffer.byteLength(trailers);
  const start = message === null ? 0 : frameHeadBytes + message.length;
  const bytes = Buffer.allocUnsafe(start + frameHeadBytes + tail);
  if (message !== null) {
    bytes.writeUInt8(0, 0);
    bytes.writeUInt32BE(message.length, 1);
    bytes.set(message, frameHeadBytes);
  }
  bytes.writeUInt8(trailersFlag, start);
  bytes.writeUInt32BE(tail, start + 1);
  bytes.write(trailers, start + frameHeadBytes, 'latin1');
  return bytes;
}

/** A message of several. */
export function frame(message: Uint8Array): Buffer {
  return withHead(0, message);
}

/** How a stream of Connect ended. */
export function connectEnd(json: string): Buffer {
  return withHead(endFlag, Buffer.from(json));
}

function withHead(flags: number, content: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(frameHeadBytes + content.length);
  bytes.writeUInt8(flags, 0);
  bytes.writeUInt32BE(content.length, 1);
  bytes.set(content, frameHeadBytes);
  return bytes;
}
