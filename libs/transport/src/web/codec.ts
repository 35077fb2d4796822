// The messages of one method, read and written as protobuf or as its JSON. JSON is judged as REST judges it: the same
// body must not be fine on one way and refused on the other.

import { fromBinary, fromJson, type Message, toBinary, toJson } from '@bufbuild/protobuf';

import type { Read, ServedMethod } from '#transport/call.js';
import { jsonDepthMax, parseJsonBody } from '#transport/rest/json-body.js';
import { refusesUnknown } from '#transport/rest/request-reader.js';
import { statusOfViolations } from '#transport/rest/status-json.js';
import { violationsOf } from '#transport/rest/violations.js';
import { refusalOf } from '#transport/web/refusals.js';
import type { Wire } from '#transport/web/wires.js';

export interface Codec {
  read(bytes: Buffer): Read;
  write(message: Message): Buffer;
}

export type Codecs = Readonly<Record<Wire['format'], Codec>>;

export function codecsOf(method: ServedMethod): Codecs {
  return { proto: protoOf(method), json: jsonOf(method) };
}

const readOptions = { readUnknownFields: false, recursionLimit: jsonDepthMax };

function protoOf({ input, output }: ServedMethod): Codec {
  const status = refusalOf(`The message is not a ${input.typeName}.`);
  return {
    read: (bytes) => {
      try {
        return { kind: 'message', message: fromBinary(input, bytes, readOptions) };
      } catch {
        return { kind: 'refused', status };
      }
    },
    write: (message) => bufferOver(toBinary(output, message)),
  };
}

function jsonOf({ input, output }: ServedMethod): Codec {
  const isStrict = refusesUnknown(input);
  const options = { ignoreUnknownFields: !isStrict };
  return {
    read: (bytes) => {
      const body = parseJsonBody(bytes);
      if (body.kind === 'refused') return { kind: 'refused', status: refusalOf(body.reason) };
      try {
        return { kind: 'message', message: fromJson(input, body.value, options) };
      } catch {
        return { kind: 'refused', status: statusOfViolations(violationsOf(input, body.value, isStrict)) };
      }
    },
    write: (message) => Buffer.from(JSON.stringify(toJson(output, message))),
  };
}

function bufferOver({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
