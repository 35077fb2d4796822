// What /openapi.json says of a dialect, by the table that its routes are made of.

import { commonReasons, organizationReasons } from '#transport/openapi/common-reasons.js';
import type { OpenapiPart } from '#transport/openapi/merge.js';
import type { Operation, Parameter, PathItem, Schema } from '#transport/openapi/model.js';
import type { Dialect, Route } from '#transport/plain/dialect.js';
import type { Fields } from '#transport/plain/fields.js';
import { no, type Reason } from '#transport/plain/no.js';
import { noticesSchema } from '#transport/plain/notices.js';

export function openapiOfDialect(dialect: Dialect): OpenapiPart {
  const { name, routes, described } = dialect;
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of routes) {
    const item = paths[route.path] ?? {};
    paths[route.path] = item;
    item[route.verb.toLowerCase()] = operationOf(dialect, route);
  }
  return {
    tags: [{ name, description: described.description }],
    paths: paths satisfies { readonly [path: string]: PathItem },
    components: {
      schemas: { [refusalName(name)]: described.refusal },
      parameters: parametersOf(dialect),
      headers: {},
      responses: {},
      securitySchemes: { [name]: described.security },
    },
  };
}

const refusalName = (name: string): string => `${name}.Refusal`;

function parametersOf({ name, described }: Dialect): Record<string, Parameter> {
  return Object.fromEntries(
    described.headers.map((header) => [
      `${name}.${header.name}`,
      { ...header, in: 'header', required: true } as const,
    ]),
  );
}

function operationOf(dialect: Dialect, route: Route): Operation {
  const { name, described } = dialect;
  const { verb, path, summary } = route;
  const inPath = [...path.matchAll(/\{([a-z_]+)\}/g)].map(
    ([, parameter = '']): Parameter => ({ name: parameter, in: 'path', required: true, schema: uuid }),
  );
  const headers = [
    ...described.headers.map((header) => `${name}.${header.name}`),
    ...(verb === 'GET' ? ['position'] : ['position', 'idempotencyKey', 'code', 'recoveryCode']),
  ];
  return {
    operationId: `${name}${`.${verb.toLowerCase()}${path}`.replaceAll(/[/{}]+/g, '.').replace(/\.$/, '')}`,
    tags: [name],
    summary,
    description: `${summary}. ${described.description}`,
    security: route.enters === true ? [] : [{ [name]: [] }],
    parameters: [...inPath, ...headers.map((header) => ({ $ref: `#/components/parameters/${header}` }))],
    ...(Object.keys(route.fields).length === 0 ? {} : { requestBody: { content: bodyOf(route.fields) } }),
    responses: { ...successOf(dialect, route), ...refusalsOf(dialect, route) },
  };
}

const uuid: Schema = { type: 'string', format: 'uuid' };

function bodyOf(fields: Fields) {
  const entries = Object.entries(fields);
  const required = entries.filter(([, field]) => field.required).map(([name]) => name);
  const properties = entries.map(([name, { description }]) => [name, { type: 'string', description }]);
  const example = Object.fromEntries(entries.map(([name, field]) => [name, field.example]));
  const schema: Schema = {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
  return { 'application/json': { schema, example } };
}

function successOf(
  { noticed }: Dialect,
  { answer, answerHeaders, picture }: Route,
): { readonly [status: string]: Schema } {
  const done = { description: 'Done.', ...(answerHeaders && { headers: headersOf(answerHeaders) }) };
  if (answer === null) return { 204: done };
  const svg = picture === true ? { 'image/svg+xml': { schema: { type: 'string' } } } : {};
  const schema = noticed === undefined ? answer : roomForNotices(answer);
  return { 200: { ...done, content: { 'application/json': { schema }, ...svg } } };
}

const roomForNotices = (answer: Schema): Schema => ({
  ...answer,
  properties: { ...(answer.properties as Schema), notices: noticesSchema },
});

const headersOf = (described: Readonly<Record<string, string>>): { readonly [name: string]: Schema } =>
  Object.fromEntries(
    Object.entries(described).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );

function refusalsOf(dialect: Dialect, { refusals }: Route): { readonly [status: string]: Schema } {
  const ofOrganization = dialect.described.headers.length === 0 ? [] : organizationReasons;
  const reasons = new Set<Reason>([...commonReasons, ...ofOrganization, ...refusals]);
  const meanings = new Map<number, string[]>();
  for (const reason of reasons) {
    const { status } = dialect.refusalOf(no(reason, ''), { requestId: '', notices: [] });
    meanings.set(status, [...(meanings.get(status) ?? []), reason.replaceAll('-', ' ')]);
  }
  const schema = { $ref: `#/components/schemas/${refusalName(dialect.name)}` };
  return Object.fromEntries(
    [...meanings].map(([status, told]) => [
      String(status),
      { description: `Refused: ${told.join(', ')}.`, content: { 'application/json': { schema } } },
    ]),
  );
}
