// From a body to the bytes of one message: out of base64, out of its frame, out of its compression.

import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';

import type { Status } from '#transport/call.js';
import { bytesOfText, unframe } from '#transport/web/frames.js';
import { messageBytesMax } from '#transport/web/limits.js';
import { refusals } from '#transport/web/refusals.js';
import type { Wire } from '#transport/web/wires.js';

export type Unwrapped =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly status: Status };

export function unwrap(wire: Wire, headers: IncomingHttpHeaders, body: Buffer): Unwrapped {
  return wire.protocol === 'connect' ? unwrapConnect(headers, body) : unwrapGrpcWeb(wire, headers, body);
}

/** In Connect a call that is answered by a stream has its one message in a frame, too. */
export function unwrapForStream(wire: Wire, headers: IncomingHttpHeaders, body: Buffer): Unwrapped {
  if (wire.protocol === 'grpc-web') return unwrapGrpcWeb(wire, headers, body);
  return unwrapFrame(body, encodingOf(headers['connect-content-encoding']));
}

function unwrapConnect(headers: IncomingHttpHeaders, body: Buffer): Unwrapped {
  const encoding = encodingOf(headers['content-encoding']);
  if (encoding === 'gzip') return inflate(body);
  if (encoding === 'other') return refused(refusals.encoding);
  return body.length > messageBytesMax ? refused(refusals.tooLarge) : message(body);
}

function unwrapGrpcWeb({ isText }: Wire, headers: IncomingHttpHeaders, body: Buffer): Unwrapped {
  const encoding = encodingOf(headers['grpc-encoding']);
  if (encoding === 'other' || encodingOf(headers['content-encoding']) !== 'identity') {
    return refused(refusals.encoding);
  }
  const frames = isText ? bytesOfText(body) : body;
  return frames === null ? refused(refusals.notBase64) : unwrapFrame(frames, encoding);
}

function unwrapFrame(frames: Buffer, encoding: 'identity' | 'gzip' | 'other'): Unwrapped {
  if (encoding === 'other') return refused(refusals.encoding);
  const unframed = unframe(frames);
  if (unframed.kind === 'refused') return unframed;
  if (!unframed.isCompressed) return message(unframed.bytes);
  return encoding === 'gzip' ? inflate(unframed.bytes) : refused(refusals.flags);
}

function encodingOf(header: string | readonly string[] | undefined): 'identity' | 'gzip' | 'other' {
  const encoding = header?.toString().toLowerCase() ?? 'identity';
  return encoding === 'identity' || encoding === 'gzip' ? encoding : 'other';
}

/** At once, not in a thread: with both sides bounded it takes less than the way there and back. */
function inflate(bytes: Buffer): Unwrapped {
  if (bytes.length > messageBytesMax) return refused(refusals.tooLarge);
  try {
    return message(gunzipSync(bytes, { maxOutputLength: messageBytesMax }));
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    return refused(isTooLarge ? refusals.tooLarge : refusals.garbled);
  }
}

function message(bytes: Buffer): Unwrapped {
  return { kind: 'message', bytes };
}

function refused(status: Status): Unwrapped {
  return { kind: 'refused', status };
}
