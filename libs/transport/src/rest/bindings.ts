// Which REST routes a service has, by the `google.api.http` options of its methods.

import { type DescField, type DescService, getOption } from '@bufbuild/protobuf';

import { http } from '#contract/google/api/annotations_pb.js';
import type { HttpRule } from '#contract/google/api/http_pb.js';
import { isServed, type ServedMethod } from '#transport/call.js';
import { type PathTemplate, parsePathTemplate } from '#transport/rest/path-template.js';

export type Verb = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH';

export interface RestBinding {
  readonly method: ServedMethod;
  readonly verb: Verb;
  readonly template: PathTemplate;
  /** What the body is read into: the whole request, one field of it, or nothing. */
  readonly body: '*' | DescField | null;
  /** Of an answer that is no refusal. */
  readonly status: 200 | 201;
}

/** ZITADEL answers 200, also to what creates, but for these. */
const answeringCreated: ReadonlySet<string> = new Set([
  'zitadel.org.v2.OrganizationService.AddOrganization',
  'zitadel.session.v2.SessionService.CreateSession',
]);

export function restBindings(services: readonly DescService[]): readonly RestBinding[] {
  return services.flatMap((service) => service.methods.filter(isServed).flatMap(bindingsOf));
}

function bindingsOf(method: ServedMethod): readonly RestBinding[] {
  const rule = getOption(method, http);
  return [rule, ...rule.additionalBindings].flatMap((one) => bindingOf(method, one));
}

function bindingOf(method: ServedMethod, rule: HttpRule): readonly RestBinding[] {
  const { pattern } = rule;
  if (pattern.case === undefined) return [];
  if (pattern.case === 'custom' || rule.responseBody !== '') {
    throw new TypeError(`${method} has a route that is not served here`);
  }
  return [
    {
      method,
      verb: pattern.case.toUpperCase() as Verb,
      template: parsePathTemplate(pattern.value),
      body: bodyOf(method, rule.body),
      status: answeringCreated.has(`${method.parent.typeName}.${method.name}`) ? 201 : 200,
    },
  ];
}

function bodyOf(method: ServedMethod, name: string): '*' | DescField | null {
  if (name === '*' || name === '') return name === '*' ? '*' : null;
  const field = method.input.fields.find((one) => one.name === name);
  if (field === undefined) throw new TypeError(`${method} reads its body into ${name}, which it has not`);
  return field;
}
