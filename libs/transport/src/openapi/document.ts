// /openapi.json, from the descriptors that the routes are made of.

import type { DescField, DescMessage, DescService } from '@bufbuild/protobuf';

import { isUnary, type ServedMethod } from '#transport/call.js';
import { commentOf } from '#transport/openapi/describe.js';
import { exampleOf } from '#transport/openapi/examples.js';
import type { OpenapiDocument, Operation, Parameter, Schema } from '#transport/openapi/model.js';
import { refusalReferences, refusalResponses, statusSchema } from '#transport/openapi/refusals.js';
import { Schemas } from '#transport/openapi/schemas.js';
import { type RestBinding, restBindings } from '#transport/rest/bindings.js';
import { streamContentType } from '#transport/rest/lines.js';
import { fieldPathOf } from '#transport/rest/parameters.js';
import { refusesUnknown } from '#transport/rest/request-reader.js';

const headers = {
  organization: {
    name: 'x-zitadel-orgid',
    in: 'header',
    description: 'The organization to act in, among those that the caller belongs to.',
    schema: { type: 'string' },
  },
  position: {
    name: 'x-countersign-position',
    in: 'header',
    description: 'What a change was answered with: the answer shows that change, or says `not-yet`.',
    schema: { type: 'string' },
  },
  idempotencyKey: {
    name: 'idempotency-key',
    in: 'header',
    description: 'Makes a change repeatable for 24 hours: the same call with the same key is done once.',
    schema: { type: 'string' },
  },
  code: {
    name: 'x-countersign-code',
    in: 'header',
    description:
      'A code of an app of the user who calls, where a session is refused as `step-up-required`. It is spent with the change.',
    schema: { type: 'string' },
  },
  recoveryCode: {
    name: 'x-countersign-recovery-code',
    in: 'header',
    description: 'A recovery code instead of `x-countersign-code`.',
    schema: { type: 'string' },
  },
} as const satisfies Record<string, Parameter>;

const answerHeaders = {
  position: {
    description: 'Of a change: a query that brings it shows the change. Nobody else has to understand it.',
    schema: { type: 'string' },
  },
  notice: {
    description:
      'What policies of the organization that decided have to say, where they do: a list in JSON of `notice` and `code`.',
    schema: { type: 'string' },
  },
} as const;

export function openapiOf(services: readonly DescService[], version: string): OpenapiDocument {
  const schemas = new Schemas();
  const bindings = restBindings(services);
  const paths: Record<string, Record<string, Operation>> = {};
  for (const binding of bindings) {
    const item = paths[binding.template.path] ?? {};
    paths[binding.template.path] = item;
    item[binding.verb.toLowerCase()] = operationOf(binding, bindings, schemas);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign',
      version,
      description:
        'Users, their second factors and their sessions. Each call is served alike over gRPC, gRPC-Web and Connect.',
    },
    servers: [{ url: '/' }],
    security: [{ accessToken: [] }],
    tags: services.map((service) => ({ name: service.typeName, description: commentOf(service) })),
    paths,
    components: {
      schemas: { ...schemas.all(), 'google.rpc.Status': statusSchema },
      parameters: headers,
      headers: answerHeaders,
      responses: refusalResponses,
      securitySchemes: {
        accessToken: {
          type: 'http',
          scheme: 'bearer',
          description: 'An access token of a user, or the token of a session.',
        },
      },
    },
  };
}

function operationOf(binding: RestBinding, all: readonly RestBinding[], schemas: Schemas): Operation {
  const { method, status } = binding;
  const comment = commentOf(method);
  const name = `${method.parent.typeName}.${method.name}`;
  const nth = all.filter((one) => one.method === method).indexOf(binding) + 1;
  const body = bodyOf(binding, schemas);
  return {
    operationId: nth === 1 ? name : `${name}_${nth}`,
    tags: [method.parent.typeName],
    summary: method.name,
    ...(comment === '' ? {} : { description: comment }),
    ...(method.deprecated ? { deprecated: true } : {}),
    parameters: [...parametersOf(binding, schemas), ...headerReferences(binding)],
    ...(body === null ? {} : { requestBody: { content: { 'application/json': body } } }),
    responses: {
      [status]: {
        description: isUnary(method) ? 'Done.' : linesDescription,
        ...answerHeaderReferences(binding),
        content: contentOf(method, schemas),
      },
      ...refusalReferences,
    },
    'x-grpc-method': `${method.parent.typeName}/${method.name}`,
  };
}

function contentOf(method: ServedMethod, schemas: Schemas): Schema {
  const schema = schemas.of(method.output);
  if (isUnary(method)) return { 'application/json': { schema } };
  const error = { $ref: '#/components/schemas/google.rpc.Status' };
  return {
    [streamContentType]: { schema: { oneOf: [lineOf('result', schema), lineOf('error', error)] } },
  };
}

const linesDescription =
  'A line of JSON for each message, as it comes. Where the stream ends otherwise than well, its last line says why.';

const lineOf = (name: string, schema: Schema): Schema => ({
  type: 'object',
  properties: { [name]: schema },
  required: [name],
});

function headerReferences({ verb }: RestBinding): readonly { readonly $ref: string }[] {
  const names = verb === 'GET' ? ['organization', 'position'] : Object.keys(headers);
  return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function answerHeaderReferences({ verb }: RestBinding) {
  const notice = { 'x-countersign-notice': { $ref: '#/components/headers/notice' } };
  if (verb === 'GET') return { headers: notice };
  return { headers: { 'x-countersign-position': { $ref: '#/components/headers/position' }, ...notice } };
}

function bodyOf({ method, body, template }: RestBinding, schemas: Schemas) {
  if (body === null) return null;
  if (body !== '*') return { schema: schemas.ofField(body) };
  const inPath = new Set(template.fields);
  const fields = method.input.fields.filter((field) => !inPath.has(field.name));
  const schema: Schema = schemas.objectOf(method.input, fields);
  const closed = refusesUnknown(method.input) ? { additionalProperties: false } : {};
  return { schema: { ...schema, ...closed }, example: exampleOf(method.input, inPath) };
}

function parametersOf({ method, body, template }: RestBinding, schemas: Schemas): readonly Parameter[] {
  const inPath = template.fields.map((name): Parameter => {
    const field = fieldPathOf(method.input, name)?.at(-1);
    const schema = field === undefined ? { type: 'string' } : schemas.ofField(field);
    return { name, in: 'path', required: true, schema };
  });
  if (body === '*') return inPath;
  const left = method.input.fields.filter((field) => field !== body && !template.fields.includes(field.name));
  return [
    ...inPath,
    ...left.flatMap((field) => queryParametersOf({ field, before: '', within: [] }, schemas)),
  ];
}

interface QueryPlace {
  readonly field: DescField;
  readonly before: string;
  readonly within: readonly DescMessage[];
}

function queryParametersOf({ field, before, within }: QueryPlace, schemas: Schemas): readonly Parameter[] {
  const name = `${before}${field.jsonName}`;
  if (fieldPathOf(field.parent, field.name) !== null) {
    return [{ name, in: 'query', schema: schemas.ofField(field) }];
  }
  const { message } = field;
  if (field.fieldKind !== 'message' || message === undefined || within.includes(message)) return [];
  return message.fields.flatMap((inner) =>
    queryParametersOf({ field: inner, before: `${name}.`, within: [...within, message] }, schemas),
  );
}
