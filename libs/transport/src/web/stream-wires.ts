// How streams are written in the protocols of browsers. gRPC-Web writes them as it writes all else; Connect has types of
// its own for them, with frames.

import type { Message } from '@bufbuild/protobuf';

import type { Status } from '#transport/call.js';
import type { Writing } from '#transport/http-stream.js';
import { errorOf, trailersOf } from '#transport/web/answers.js';
import type { Codecs } from '#transport/web/codec.js';
import { connectEnd, frame, framed } from '#transport/web/frames.js';
import { contentTypes, type Wire, wireOf } from '#transport/web/wires.js';

const connect = { protocol: 'connect', isText: false } as const;

const connectWires: ReadonlyMap<string, Wire> = new Map([
  ['application/connect+json', { ...connect, format: 'json', contentType: 'application/connect+json' }],
  ['application/connect+proto', { ...connect, format: 'proto', contentType: 'application/connect+proto' }],
]);

/** Null where no stream is asked for so. */
export function streamWireOf(contentType: string | undefined): Wire | null {
  const wire = wireOf(contentType);
  if (wire?.protocol === 'grpc-web') return wire;
  return connectWires.get(contentType?.toLowerCase() ?? '') ?? null;
}

export const streamContentTypes: readonly string[] = [
  ...connectWires.keys(),
  ...contentTypes.filter((type) => wireOf(type)?.protocol === 'grpc-web'),
];

export function writingOf(wire: Wire, codecs: Codecs): Writing {
  const coded = (bytes: Buffer) => (wire.isText ? bytes.toString('base64') : bytes);
  return {
    contentType: wire.contentType,
    of: (message: Message) => coded(frame(codecs[wire.format].write(message))),
    ofEnd: (status: Status | null) => coded(endOf(wire, status)),
  };
}

function endOf({ protocol }: Wire, status: Status | null): Buffer {
  if (protocol === 'connect')
    return connectEnd(JSON.stringify(status === null ? {} : { error: errorOf(status) }));
  return framed(null, status === null ? 'grpc-status: 0\r\n' : trailersOf(status));
}
