// What a REST call brings along besides its message.

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Incoming } from '#transport/call.js';
import { Tally } from '#transport/tally.js';
import { traceParentOf } from '#transport/trace-parent.js';

export interface IncomingOptions {
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly addressOf: (request: FastifyRequest) => string;
  readonly deadlineMs: number;
  /** Where it does not stand where everybody has it. Whoever has it elsewhere chooses no organization either. */
  readonly credentialOf?: (request: FastifyRequest) => string | null;
}

export function incomingOf(
  request: FastifyRequest,
  reply: FastifyReply,
  { addressOf, deadlineMs, credentialOf }: IncomingOptions,
): Incoming {
  const { headers } = request;
  const traceParent = traceParentOf(textOf(headers.traceparent));
  let signal: AbortSignal | undefined;
  return {
    requestId: request.id,
    traceId: traceParent?.traceId ?? null,
    traceParent,
    authorization: credentialOf === undefined ? (headers.authorization ?? null) : credentialOf(request),
    organization: credentialOf === undefined ? textOf(headers['x-zitadel-orgid']) : null,
    idempotencyKey: textOf(headers['idempotency-key']),
    position: textOf(headers['x-countersign-position']),
    code: textOf(headers['x-countersign-code']),
    recoveryCode: textOf(headers['x-countersign-recovery-code']),
    address: addressOf(request),
    tally: new Tally({ isAlwaysTold: true }),
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
