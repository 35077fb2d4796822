// What goes back of a plain call: JSON in the words of its dialect, a picture, or nothing.

import type { FastifyReply } from 'fastify';

import type { AnswerHeaders } from '#transport/call.js';
import type { Dialect, Told } from '#transport/plain/dialect.js';
import { type No, no } from '#transport/plain/no.js';

/** What the calls behind the route were answered with, besides their messages. */
export interface Aside {
  readonly headers: AnswerHeaders;
  readonly notices: readonly string[];
}

export const noAside: Aside = { headers: {}, notices: [] };

const jsonType = 'application/json; charset=utf-8';

export interface Answering {
  readonly dialect: Dialect;
  readonly reply: FastifyReply;
}

export function answerTold({ dialect, reply }: Answering, told: Told, { headers, notices }: Aside): void {
  reply.headers({ ...headers, ...told.headers });
  // What was told once must not be found again in a cache.
  reply.header('cache-control', 'no-store');
  switch (told.kind) {
    case 'nothing':
      reply.code(204).send();
      return;
    case 'svg':
      reply.header('content-type', 'image/svg+xml').header('vary', 'accept').send(told.svg);
      return;
    case 'json': {
      const body = dialect.noticed?.(told.body, notices) ?? told.body;
      reply.header('content-type', jsonType).send(JSON.stringify(body));
    }
  }
}

export function answerNo({ dialect, reply }: Answering, refused: No, { headers, notices }: Aside): void {
  const { status, body } = dialect.refusalOf(refused, { requestId: reply.request.id, notices });
  reply.headers(headers);
  reply.header('cache-control', 'no-store');
  reply.code(status).header('content-type', jsonType).send(JSON.stringify(body));
}

export const alreadyShown = no(
  'already-shown',
  'What this call tells was told before, under the same idempotency key',
);

export const noSuchPath = no('no-such-path', 'There is nothing here');
export const noSuchMethod = no('no-such-method', 'This method does not exist here');

/** Of what Fastify says no to by itself, and of our bugs. */
const failures = {
  400: no('malformed', 'The request is not well-formed'),
  413: no('body-too-large', 'The body is over 64 KiB'),
  415: no('unsupported-type', 'Only application/json is understood here'),
  500: no('internal', 'Something broke here. The request id finds it in the log'),
} as const satisfies Record<number, No>;

export function failureOf(error: unknown): No {
  const status = (error as { readonly statusCode?: unknown } | null)?.statusCode;
  if (status === 413 || status === 415) return failures[status];
  return typeof status === 'number' && status >= 400 && status < 500 ? failures[400] : failures[500];
}
