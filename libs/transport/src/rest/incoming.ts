// What a REST call brings along besides its message.

import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Incoming } from '#transport/call.js';
import { Tally } from '#transport/tally.js';
import { type TraceParent, traceParentOf } from '#transport/trace-parent.js';

export interface IncomingOptions {
  /** Of the client; behind a trusted proxy, the one that the proxy tells. */
  readonly addressOf: (request: FastifyRequest) => string;
  readonly deadlineMs: number;
  /** Where it does not stand where everybody has it. Whoever has it elsewhere chooses no organization either. */
  readonly credentialOf?: (request: FastifyRequest) => string | null;
}

export const incomingOf = (
  request: FastifyRequest,
  reply: FastifyReply,
  options: IncomingOptions,
): Incoming => new HttpIncoming(request, reply, options);

/** A getter of an object literal is made in the old generation, and keeps what it knows until that is collected (ADR 57). */
class HttpIncoming implements Incoming {
  readonly requestId: string;
  readonly traceId: string | null;
  readonly traceParent: TraceParent | null;
  readonly authorization: string | null;
  readonly organization: string | null;
  readonly idempotencyKey: string | null;
  readonly position: string | null;
  readonly code: string | null;
  readonly recoveryCode: string | null;
  readonly address: string;
  readonly tally = new Tally({ isAlwaysTold: true });
  readonly #reply: FastifyReply;
  readonly #deadlineMs: number;
  #signal: AbortSignal | null = null;

  constructor(
    request: FastifyRequest,
    reply: FastifyReply,
    { addressOf, deadlineMs, credentialOf }: IncomingOptions,
  ) {
    const { headers } = request;
    this.requestId = request.id;
    this.traceParent = traceParentOf(textOf(headers.traceparent));
    this.traceId = this.traceParent?.traceId ?? null;
    this.authorization = credentialOf === undefined ? (headers.authorization ?? null) : credentialOf(request);
    this.organization = credentialOf === undefined ? textOf(headers['x-zitadel-orgid']) : null;
    this.idempotencyKey = textOf(headers['idempotency-key']);
    this.position = textOf(headers['x-countersign-position']);
    this.code = textOf(headers['x-countersign-code']);
    this.recoveryCode = textOf(headers['x-countersign-recovery-code']);
    this.address = addressOf(request);
    this.#reply = reply;
    this.#deadlineMs = deadlineMs;
  }

  /** With its timer it costs more than all the rest here, and not every refusal needs one. */
  get signal(): AbortSignal {
    this.#signal ??= signalOf(this.#reply, this.#deadlineMs);
    return this.#signal;
  }
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
