// How long a caller says that it waits.

import type { IncomingHttpHeaders } from 'node:http';

import { grpcTimeoutMs } from '#transport/grpc-timeout.js';
import type { Wire } from '#transport/web/wires.js';

/** Null where nothing is said, and undefined where it makes no sense. */
export function timeoutMsOf({ protocol }: Wire, headers: IncomingHttpHeaders): number | null | undefined {
  const text = headers[protocol === 'connect' ? 'connect-timeout-ms' : 'grpc-timeout']?.toString();
  if (text === undefined) return null;
  if (protocol === 'connect') return /^\d{1,10}$/.test(text) ? Number(text) : undefined;
  const timeoutMs = grpcTimeoutMs(text);
  return timeoutMs === null ? undefined : Math.ceil(timeoutMs);
}
