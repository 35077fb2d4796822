// Connect's unary calls by hand: a POST with the message as its body, and a status by HTTP.

import { gzipSync } from 'node:zlib';

import type { JsonObject } from '@bufbuild/protobuf';

import { bytesOf, jsonOfBytes, jsonOfDetail } from '#test/conformance/messages.js';
import { type Brings, headersOf, type Protocol, type Told } from '#test/conformance/protocol.js';
import { assertEqual, assertHttpStatus, connectCodes } from '#test/conformance/statuses.js';

export type Codec = 'json' | 'proto';

export function connect(url: string, codec: Codec): Protocol {
  const contentType = `application/${codec}`;
  return {
    name: `Connect, ${codec}`,
    noSuchMethod: 12,
    call: async (path, request, brings = {}) => {
      const message =
        codec === 'json' ? jsonOf(request, brings) : bytesOf(path, request, brings.fieldOfTomorrow);
      const response = await fetch(`${url}/${path}`, {
        method: 'POST',
        headers: { 'content-type': contentType, 'connect-protocol-version': '1', ...said(brings) },
        body: brings.compressed === true ? gzipSync(message) : message,
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      const headers = Object.fromEntries(response.headers);
      if (response.status !== 200) return refusalIn(bytes, response, headers);
      assertEqual(headers['content-type'], contentType, 'the answer is of the type that was asked');
      const answer = codec === 'json' ? jsonIn(bytes) : jsonOfBytes(path, bytes);
      return { status: 0, message: '', details: [], answer, headers };
    },
    close: () => undefined,
  };
}

function said(brings: Brings): Record<string, string> {
  return {
    ...headersOf(brings),
    ...(brings.timeoutMs === undefined ? {} : { 'connect-timeout-ms': String(brings.timeoutMs) }),
    ...(brings.compressed === true ? { 'content-encoding': 'gzip' } : {}),
  };
}

function jsonOf(request: JsonObject, { fieldOfTomorrow }: Brings): Uint8Array<ArrayBuffer> {
  const whole = fieldOfTomorrow === true ? { ...request, fieldOfTomorrow } : request;
  return new TextEncoder().encode(JSON.stringify(whole));
}

const jsonIn = (bytes: Buffer): JsonObject => JSON.parse(bytes.toString()) as JsonObject;

interface ConnectError {
  readonly code: string;
  readonly message?: string;
  readonly details?: readonly { readonly type: string; readonly value: string }[];
}

function refusalIn(bytes: Buffer, { status: httpStatus }: Response, headers: Record<string, string>): Told {
  assertEqual(headers['content-type'], 'application/json', 'a refusal is JSON, whatever was asked');
  const { code, message = '', details = [] } = jsonIn(bytes) as unknown as ConnectError;
  const status = connectCodes.indexOf(code) + 1;
  assertHttpStatus(httpStatus, status);
  return {
    status,
    message,
    details: details.map(({ type, value }) =>
      jsonOfDetail({ typeUrl: `type.googleapis.com/${type}`, value: Buffer.from(value, 'base64') }),
    ),
    answer: {},
    headers,
  };
}
