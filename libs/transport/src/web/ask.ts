// What a request asks for: how long its caller waits and a message, once it is read, or why it is no call.

import type { IncomingHttpHeaders } from 'node:http';

import type { Read, Reader, Status } from '#transport/call.js';
import type { Codecs } from '#transport/web/codec.js';
import { refusals } from '#transport/web/refusals.js';
import { timeoutMsOf } from '#transport/web/timeouts.js';
import { unwrap, unwrapForStream } from '#transport/web/unwrap.js';
import type { Wire } from '#transport/web/wires.js';

export type Asked =
  | { readonly kind: 'call'; readonly read: Reader; readonly timeoutMs: number | null }
  | { readonly kind: 'refused'; readonly status: Status };

export interface WebRequest {
  readonly wire: Wire;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export function ask(request: WebRequest, codecs: Codecs, unwrapping: Unwrapping = unwrap): Asked {
  const { wire, headers } = request;
  const timeoutMs = timeoutMsOf(wire, headers);
  if (timeoutMs === undefined) return { kind: 'refused', status: refusals.timeout };
  if (!isVersion1(wire, headers['connect-protocol-version'])) {
    return { kind: 'refused', status: refusals.version };
  }
  return { kind: 'call', read: () => read(request, codecs, unwrapping), timeoutMs };
}

function read({ wire, headers, body }: WebRequest, codecs: Codecs, unwrapping: Unwrapping): Read {
  const unwrapped = unwrapping(wire, headers, body);
  return unwrapped.kind === 'refused' ? unwrapped : codecs[wire.format].read(unwrapped.bytes);
}

export const askForStream = (request: WebRequest, codecs: Codecs): Asked =>
  ask(request, codecs, unwrapForStream);

type Unwrapping = typeof unwrap;

/** Who does not name it means 1: curl, or a client of another protocol. */
function isVersion1({ protocol }: Wire, version: string | readonly string[] | undefined): boolean {
  return protocol !== 'connect' || version === undefined || version === '1';
}
