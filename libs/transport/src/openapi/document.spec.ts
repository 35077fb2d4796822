import { type DescMethod, type DescService, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { fastify } from 'fastify';

import { openapiOf } from '#transport/openapi/document.js';
import { mergeOpenapi } from '#transport/openapi/merge.js';
import type { OpenapiDocument, Operation } from '#transport/openapi/model.js';
import { registerRest } from '#transport/rest/routes.js';
import { lenientService, strictService } from '#transport/testing/made-up-contract.js';
import { unaryOnly } from '#transport/testing/unary-only.js';
import { servicesOfContract } from '#transport/testing/whole-contract.js';

let services: readonly DescService[];
let document: OpenapiDocument;

beforeAll(async () => {
  services = await servicesOfContract();
  document = openapiOf(services, '1.2.3');
});

function operationsOf({ paths }: OpenapiDocument): readonly (readonly [string, string, Operation])[] {
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([verb, operation]) => [verb.toUpperCase(), path, operation] as const),
  );
}

function methodsOf(all: readonly DescService[]): readonly DescMethod[] {
  return all.flatMap(({ methods }) => methods);
}

describe('the OpenAPI document', () => {
  it.each([
    ['of the contract', () => document],
    [
      'of services with every kind of route and field',
      () => openapiOf([lenientService, strictService], '1.2.3'),
    ],
  ])('%s is OpenAPI 3.1', async (_, given) => {
    const validator = new Validator();
    const result = await validator.validate({ ...given() });
    expect(result).toMatchObject({ valid: true });
    expect(validator.version).toBe('3.1');
  });

  it('every call of the contract is in it', () => {
    const described = operationsOf(document).map(([, , operation]) => operation['x-grpc-method']);
    expect(new Set(described)).toEqual(
      new Set(methodsOf(services).map((method) => `${method.parent.typeName}/${method.name}`)),
    );
    expect(described.length).toBeGreaterThan(50);
  });

  it('every route of the server is in it, and the other way round', async () => {
    const server = fastify({ exposeHeadRoutes: false });
    const served: string[] = [];
    server.addHook('onRoute', ({ method, url, onRequest }) => {
      if (onRequest === undefined) served.push(`${String(method)} ${url}`);
    });
    registerRest(server, unaryOnly({ services, invoke: () => Promise.reject(new Error('not called')) }), {
      addressOf: () => '',
      onFailure: () => undefined,
    });
    await server.ready();
    await server.close();
    const described = operationsOf(document).map(
      ([verb, path]) => `${verb} ${path.replaceAll(/\{([^}]+)\}/g, ':$1')}`,
    );
    expect(served.toSorted()).toEqual(described.toSorted());
  });

  it('every call is described in the words of the contract', () => {
    const silent = operationsOf(document).filter(([, , { description }]) => (description ?? '').length < 10);
    expect(silent.map(([verb, path]) => `${verb} ${path}`)).toEqual([]);
    expect(document.tags.filter(({ description }) => description === '')).toEqual([]);
  });

  it('every example of a request is read by its call', () => {
    const byName = new Map(
      methodsOf(services).map((method) => [`${method.parent.typeName}/${method.name}`, method]),
    );
    const read = operationsOf(document).flatMap(([, , operation]) => {
      const method = byName.get(operation['x-grpc-method'] ?? '');
      const example = operation.requestBody?.content['application/json'].example;
      return method === undefined || example === undefined
        ? []
        : [fromJson(method.input, example as JsonValue)];
    });
    expect(read.length).toBeGreaterThan(30);
  });

  it('every reference leads somewhere, and nothing is described that nobody refers to', () => {
    const text = JSON.stringify(document);
    const references = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    );
    expect(Object.keys(document.components.schemas).toSorted()).toEqual([...references].toSorted());
  });

  it('what creates answers 201 where ZITADEL does', () => {
    const statuses = Object.keys(document.paths['/v2/organizations']?.post?.responses ?? {});
    expect(statuses).toContain('201');
    expect(statuses).not.toContain('200');
  });

  it('what is in the path is not asked for in the body', () => {
    const schema =
      document.paths['/v2/users/{user_id}/totp/verify']?.post?.requestBody?.content['application/json']
        .schema;
    expect(schema).toMatchObject({ properties: { code: { type: 'string' } } });
    expect(JSON.stringify(schema)).not.toContain('userId');
  });

  it('a message may hold itself', () => {
    expect(JSON.stringify(document.components.schemas['zitadel.user.v2.OrQuery'])).toContain(
      'zitadel.user.v2.SearchQuery',
    );
  });

  it('is the same each time', () => {
    expect(JSON.stringify(openapiOf(services, '1.2.3'))).toBe(JSON.stringify(document));
  });

  it('takes in the paths of a dialect', () => {
    const dialect = openapiOf([lenientService], '1.2.3');
    const merged = mergeOpenapi(document, dialect);
    expect(Object.keys(merged.paths)).toEqual([
      ...Object.keys(document.paths),
      ...Object.keys(dialect.paths),
    ]);
    expect(merged.tags).toHaveLength(services.length + 1);
  });

  it('does not take in another description of what is described', () => {
    const other: OpenapiDocument = {
      ...document,
      components: { ...document.components, schemas: { 'google.rpc.Status': { type: 'string' } } },
    };
    expect(() => mergeOpenapi(document, other)).toThrow('google.rpc.Status is described twice');
  });
});
