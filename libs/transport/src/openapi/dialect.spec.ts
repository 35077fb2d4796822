import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { fastify } from 'fastify';

import { FactorService } from '#contract/countersign/v1/factor_service_pb.js';
import { apiKey } from '#transport/dialects/api-key/dialect.js';
import { me2fa } from '#transport/dialects/me-2fa/dialect.js';
import { mfaEnroll } from '#transport/dialects/mfa-enroll/dialect.js';
import { tenant } from '#transport/dialects/tenant/dialect.js';
import { openapiOfDialect } from '#transport/openapi/dialect.js';
import { openapiOf } from '#transport/openapi/document.js';
import { mergeOpenapi } from '#transport/openapi/merge.js';
import { pageOf } from '#transport/openapi/page.js';
import { registerDialect } from '#transport/plain/register.js';

const dialects = [tenant, apiKey, me2fa, mfaEnroll({ name: 'sid', externalUrl: 'https://id.example' })];
const document = dialects.map(openapiOfDialect).reduce(mergeOpenapi, openapiOf([FactorService], '1.2.3'));

describe('the OpenAPI of dialects', () => {
  it('is OpenAPI 3.1, beside that of the contract', async () => {
    expect(await new Validator().validate({ ...document })).toMatchObject({ valid: true });
  });

  it.each(dialects)('of $name has every route that is served, and no other', async (dialect) => {
    const server = fastify({ exposeHeadRoutes: false });
    const served: string[] = [];
    server.addHook('onRoute', ({ method, url, handler }) => {
      if (handler.name !== 'neverReached') served.push(`${String(method)} ${url}`);
    });
    const invoke = () => Promise.reject(new Error('not called'));
    const options = { addressOf: () => '', onFailure: () => undefined };
    registerDialect(server, dialect, { served: { invoke }, options });
    await server.ready();
    await server.close();
    const described = Object.entries(openapiOfDialect(dialect).paths).flatMap(([path, item]) =>
      Object.keys(item).map((verb) => `${verb.toUpperCase()} ${path.replaceAll(/\{([a-z]+)\}/g, ':$1')}`),
    );
    expect(served.toSorted()).toEqual(described.toSorted());
  });

  it('tells each status that a call may be refused with, and what for', () => {
    const begin = document.paths['/v1/users/me/mfa/totp']?.post;
    expect(Object.keys(begin?.responses ?? {})).toEqual([
      '200',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '429',
      '500',
      '503',
      '504',
    ]);
    expect(begin?.responses['409']).toMatchObject({
      description: 'Refused: conflict, already enrolled, factors max.',
    });
  });

  it('has notices with every answer of dialects that have a place for them', () => {
    const told = dialects.map((dialect) => {
      const operations = Object.values(openapiOfDialect(dialect).paths).flatMap((item) =>
        Object.values(item),
      );
      const answers = operations.flatMap(({ responses }) => responses['200'] ?? []);
      return [dialect.name, new Set(answers.map((answer) => JSON.stringify(answer).includes('"notices":')))];
    });
    expect(told).toEqual([
      ['tenant', new Set([true])],
      ['api-key', new Set([false])],
      ['me-2fa', new Set([true])],
      ['mfa-enroll', new Set([false])],
    ]);
  });

  it('says what brings the credential', () => {
    expect(document.paths['/auth/v1/users/current/totp']?.get?.security).toEqual([{ 'api-key': [] }]);
    expect(document.components.securitySchemes['api-key']).toMatchObject({ in: 'header', name: 'X-API-Key' });
    const page = pageOf(document);
    expect(page).toContain('-H &quot;X-API-Key: $TOKEN&quot;');
    expect(page).toContain(
      '-H &quot;authorization: Bearer $TOKEN&quot; -H &quot;X-Tenant-ID: $X_TENANT_ID&quot;',
    );
  });
});
