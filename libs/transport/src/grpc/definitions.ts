// What grpc-js asks to know of a method, made from its descriptor.

import { type DescMessage, type DescMethod, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import type { MethodDefinition } from '@grpc/grpc-js';

import { messageDepthMax } from '#transport/grpc/limits.js';

/** Instead of an exception, for which grpc-js would answer INTERNAL: the mistake is the caller's. */
export const malformed = Symbol('malformed');

export type Decoded = Message | typeof malformed;

export function pathOf(method: DescMethod, service = method.parent.typeName): string {
  return `/${service}/${method.name}`;
}

export function methodDefinitionOf(method: DescMethod): MethodDefinition<Decoded, Message> {
  return {
    path: pathOf(method),
    requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
    responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
    requestSerialize: (message) => encode(method.input, message),
    requestDeserialize: (bytes) => decode(method.input, bytes),
    responseSerialize: (message) => encode(method.output, message),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

function encode(schema: DescMessage, message: Decoded): Buffer {
  if (message === malformed) throw new TypeError('what was malformed is not encoded again');
  const bytes = toBinary(schema, message);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const readOptions = { readUnknownFields: false, recursionLimit: messageDepthMax };

export function decode(schema: DescMessage, bytes: Uint8Array): Decoded {
  try {
    return fromBinary(schema, bytes, readOptions);
  } catch {
    return malformed;
  }
}
