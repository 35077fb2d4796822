// /openapi.json and /docs, made once, at start.

import type { FastifyInstance } from 'fastify';

import type { OpenapiDocument } from '#transport/openapi/model.js';
import { pageOf, pagePolicy } from '#transport/openapi/page.js';

export function registerDocumentation(server: FastifyInstance, document: OpenapiDocument): void {
  const json = Buffer.from(JSON.stringify(document));
  const page = Buffer.from(pageOf(document));
  server.get('/openapi.json', (_, reply) => {
    reply.header('content-type', 'application/json; charset=utf-8').send(json);
  });
  server.get('/docs', (_, reply) => {
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', pagePolicy)
      .header('referrer-policy', 'no-referrer')
      .send(page);
  });
}
