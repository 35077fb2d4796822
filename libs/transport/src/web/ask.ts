// What a request asks for: a message and how long its caller waits, or why it is no call.

import type { IncomingHttpHeaders } from 'node:http';

import type { Message } from '@bufbuild/protobuf';

import type { Status } from '#transport/call.js';
import type { Codecs } from '#transport/web/codec.js';
import { refusals } from '#transport/web/refusals.js';
import { timeoutMsOf } from '#transport/web/timeouts.js';
import { unwrap } from '#transport/web/unwrap.js';
import type { Wire } from '#transport/web/wires.js';

export type Asked =
  | { readonly kind: 'message'; readonly message: Message; readonly timeoutMs: number | null }
  | { readonly kind: 'refused'; readonly status: Status };

export interface WebRequest {
  readonly wire: Wire;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export function ask({ wire, headers, body }: WebRequest, codecs: Codecs): Asked {
  const timeoutMs = timeoutMsOf(wire, headers);
  if (timeoutMs === undefined) return { kind: 'refused', status: refusals.timeout };
  if (!isVersion1(wire, headers['connect-protocol-version'])) {
    return { kind: 'refused', status: refusals.version };
  }
  const unwrapped = unwrap(wire, headers, body);
  if (unwrapped.kind === 'refused') return unwrapped;
  const read = codecs[wire.format].read(unwrapped.bytes);
  return read.kind === 'refused' ? read : { ...read, timeoutMs };
}

/** Who does not name it means 1: curl, or a client of another protocol. */
function isVersion1({ protocol }: Wire, version: string | readonly string[] | undefined): boolean {
  return protocol !== 'connect' || version === undefined || version === '1';
}
