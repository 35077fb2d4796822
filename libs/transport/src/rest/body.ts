// The body of a REST request, as far as Fastify hands it over: bytes that may be JSON, or a refusal by its headers.
// Both reach the route as values, since an error thrown to Fastify would end the connection.

import type { FastifyInstance, FastifyRequest } from 'fastify';

export type Body =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'unsupported'; readonly reason: string };

/** Instead of what Fastify reads by itself, which would let names through that appear twice. */
export function readBodiesAsJson(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    done(null, bodyOf(request, bytes));
  });
}

function bodyOf({ headers }: FastifyRequest, bytes: Buffer): Body {
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    return { kind: 'unsupported', reason: 'A body is understood here only as it is, without an encoding.' };
  }
  const type = headers['content-type'];
  if (type !== undefined && type !== 'application/json' && !isUtf8Named(type)) {
    return { kind: 'unsupported', reason: 'JSON is understood here only in UTF-8.' };
  }
  return { kind: 'bytes', bytes };
}

function isUtf8Named(contentType: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1];
  return charset === undefined || /^utf-?8$/i.test(charset);
}
