// What a REST call brings along besides its message.

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Incoming } from '#transport/call.js';

export interface IncomingOptions {
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly addressOf: (request: FastifyRequest) => string;
  readonly deadlineMs: number;
}

export function incomingOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { addressOf, deadlineMs }: IncomingOptions,
): Incoming {
  const { headers } = request;
  let signal: AbortSignal | undefined;
  return {
    requestId: request.id,
    traceId: traceIdOf(textOf(headers.traceparent)),
    authorization: headers.authorization ?? null,
    organization: textOf(headers['x-zitadel-orgid']),
    idempotencyKey: textOf(headers['idempotency-key']),
    address: addressOf(request),
    // A signal with its timer costs more than all the rest here, and not every refusal needs one.
    get signal() {
      signal ??= signalOf(reply, deadlineMs);
      return signal;
    },
  };
}

function textOf(header: string | readonly string[] | undefined): string | null {
  return typeof header === 'string' ? header : null;
}

/** The W3C's Trace Context §3.2: version, trace id, parent id, flags; a trace id of zeros is none. */
const traceparent = /^[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;

function traceIdOf(header: string | null): string | null {
  return header === null ? null : (traceparent.exec(header)?.[1] ?? null);
}

/** Its reason tells the two apart as Node's own signals do: a TimeoutError, or an AbortError. */
function signalOf(reply: FastifyReply, deadlineMs: number): AbortSignal {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException('The deadline is over.', 'TimeoutError'));
  }, deadlineMs);
  const onClose = (): void => {
    clearTimeout(timer);
    if (!reply.raw.writableFinished) controller.abort();
  };
  if (reply.raw.destroyed) onClose();
  else reply.raw.once('close', onClose);
  return controller.signal;
}
