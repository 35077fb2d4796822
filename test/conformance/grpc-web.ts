// gRPC-Web by hand, as PROTOCOL-WEB.md of gRPC describes it: frames in one body, and the trailers as the last.

import { gzipSync } from 'node:zlib';

import type { JsonObject } from '@bufbuild/protobuf';

import { bytesOf, detailsOfStatus, jsonOfBytes } from '#test/conformance/messages.js';
import { type Brings, headersOf, type Protocol, type Told } from '#test/conformance/protocol.js';
import { assertEqual } from '#test/conformance/statuses.js';

const trailersFlag = 0x80;

export type Wire = 'binary' | 'text';

const contentTypes: Readonly<Record<Wire, string>> = {
  binary: 'application/grpc-web+proto',
  text: 'application/grpc-web-text+proto',
};

export function grpcWeb(url: string, wire: Wire): Protocol {
  const contentType = contentTypes[wire];
  return {
    name: `gRPC-Web, ${wire}`,
    noSuchMethod: 12,
    call: async (path, request, brings = {}) => {
      const body = bodyOf(path, request, brings);
      const response = await fetch(`${url}/${path}`, {
        method: 'POST',
        headers: { 'content-type': contentType, accept: contentType, 'x-grpc-web': '1', ...said(brings) },
        body: wire === 'text' ? body.toString('base64') : new Uint8Array(body),
      });
      assertEqual(response.status, 200, 'gRPC-Web tells every status in its trailers');
      assertEqual(
        response.headers.get('content-type'),
        contentType,
        'the answer is of the type that was asked',
      );
      const bytes = Buffer.from(await response.arrayBuffer());
      return toldBy(path, response.headers, wire === 'text' ? ofBase64(bytes) : bytes);
    },
    close: () => undefined,
  };
}

function said(brings: Brings): Record<string, string> {
  return {
    ...headersOf(brings),
    ...(brings.timeoutMs === undefined ? {} : { 'grpc-timeout': `${brings.timeoutMs}m` }),
    ...(brings.compressed === true ? { 'grpc-encoding': 'gzip' } : {}),
  };
}

function bodyOf(path: string, request: JsonObject, { compressed = false, fieldOfTomorrow }: Brings): Buffer {
  const message = bytesOf(path, request, fieldOfTomorrow);
  const payload = compressed ? gzipSync(message) : message;
  const head = Buffer.alloc(5);
  head.writeUInt8(compressed ? 1 : 0);
  head.writeUInt32BE(payload.length, 1);
  return Buffer.concat([head, payload]);
}

/** Each part may be padded by itself, so padding can stand in the middle. */
function ofBase64(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  // Node would read other alphabets too, and browsers do not.
  assertEqual(/^[A-Za-z0-9+/=]*$/.test(text), true, 'the text is base64');
  const parts = text.match(/[^=]+=*/g) ?? [];
  return Buffer.concat(parts.map((part) => Buffer.from(part, 'base64')));
}

function toldBy(path: string, head: Headers, body: Buffer): Told {
  const frames = framesIn(body);
  const messages = frames.filter(({ flags }) => flags === 0);
  const trailers = frames
    .filter(({ flags }) => flags === trailersFlag)
    .map(({ payload }) => linesOf(payload));
  // Of a refusal without a message the trailers may stand in the head.
  const headers = { ...Object.fromEntries(head), ...trailers[0] } as Record<string, string>;
  const status = Number(headers['grpc-status']);
  const details = headers['grpc-status-details-bin'];
  assertEqual(messages.length, status === 0 ? 1 : 0, 'there is one message if it was done, else none');
  return {
    status,
    message: decodeURIComponent(headers['grpc-message'] ?? ''),
    details: details === undefined ? [] : detailsOfStatus(Buffer.from(details, 'base64')),
    answer: messages[0] === undefined ? {} : jsonOfBytes(path, messages[0].payload),
    headers,
  };
}

interface Frame {
  readonly flags: number;
  readonly payload: Buffer;
}

function framesIn(body: Buffer): readonly Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    frames.push({ flags: body.readUInt8(at), payload: body.subarray(at + 5, end) });
    assertEqual(end <= body.length, true, 'no frame is longer than the body');
    at = end;
  }
  return frames;
}

function linesOf(payload: Buffer): Record<string, string> {
  const lines = payload.toString('latin1').split('\r\n').filter(Boolean);
  return Object.fromEntries(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')).toLowerCase(),
      line.slice(line.indexOf(':') + 1).trim(),
    ]),
  );
}
