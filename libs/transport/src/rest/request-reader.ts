// What a route makes of path, query and body: the request's message, or what does not fit. What can be known
// before the first call is worked out once.

import {
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf';

import type { RestBinding } from '#transport/rest/bindings.js';
import { type FieldPath, fieldPathOf, jsonOfText, jsonOfTexts, setAt } from '#transport/rest/parameters.js';
import { parameterOf } from '#transport/rest/path-template.js';
import { printable, type Violation, violationsMax, violationsOf } from '#transport/rest/violations.js';

export type ReadRequest =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'violations'; readonly violations: readonly Violation[] };

export interface RequestParts {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | readonly string[]>>;
  /** Undefined where there was none. */
  readonly body: JsonValue | undefined;
}

export type RequestReader = (parts: RequestParts) => ReadRequest;

/** More than any request has fields; a query string within the limit of headers could carry thousands. */
const parametersMax = 100;

/** ZITADEL's clients may send what ZITADEL does not know; a mistake in a call of ours is told. */
export function refusesUnknown(message: DescMessage): boolean {
  return !message.typeName.startsWith('zitadel.');
}

interface Plan {
  readonly binding: RestBinding;
  readonly input: DescMessage;
  readonly isStrict: boolean;
  /** In the order of the fields. */
  readonly parameters: readonly string[];
  readonly inPath: readonly FieldPath[];
}

export function requestReader(binding: RestBinding): RequestReader {
  const input = binding.method.input;
  const plan: Plan = {
    binding,
    input,
    isStrict: refusesUnknown(input),
    parameters: binding.template.fields.map(parameterOf),
    inPath: binding.template.fields.map((field) => requiredField(binding, field)),
  };
  const options = { ignoreUnknownFields: !plan.isStrict };
  return (parts) => {
    const violations: Violation[] = [];
    const json = jsonOf(plan, parts, violations);
    if (violations.length > 0) return { kind: 'violations', violations };
    try {
      return { kind: 'message', message: fromJson(input, json, options) };
    } catch {
      return { kind: 'violations', violations: violationsOf(input, json, plan.isStrict) };
    }
  };
}

function requiredField({ method, template }: RestBinding, field: string): FieldPath {
  const path = fieldPathOf(method.input, field);
  if (path === null) throw new TypeError(`${method} has no field for ${field} of ${template.path}`);
  return path;
}

/** The path has the last word: whom a call is about stands in one place. */
function jsonOf(plan: Plan, { params, query, body }: RequestParts, violations: Violation[]): JsonObject {
  const json = jsonOfBody(plan, body, violations);
  addQuery(plan, { query, json }, violations);
  for (const [index, path] of plan.inPath.entries()) {
    const text = params[plan.parameters[index] ?? ''] ?? '';
    if (setAt(json, path, jsonOfText(path.at(-1) ?? path[0], text))) continue;
    violations.push({ field: path[0].name, description: 'is not an object' });
  }
  return json;
}

function jsonOfBody(plan: Plan, body: JsonValue | undefined, violations: Violation[]): JsonObject {
  if (body === undefined) return {};
  const field = plan.binding.body;
  if (field !== '*' && field !== null) return { [field.jsonName]: body };
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    violations.push({ field: '', description: 'The body is not an object.' });
    return {};
  }
  if (field === '*') return body as JsonObject;
  const unread = plan.isStrict ? Object.keys(body).map(unknown) : meant(plan, body).map(outOfPlace);
  violations.push(...unread.slice(0, violationsMax));
  return {};
}

/** ZITADEL would ignore it: a filter that is ignored in silence is answered with what was not asked for. */
function meant({ input, inPath }: Plan, body: JsonObject): readonly DescField[] {
  return input.fields.filter(
    (field) =>
      (body[field.name] ?? body[field.jsonName] ?? null) !== null &&
      !inPath.some(([bound]) => bound === field),
  );
}

function outOfPlace({ name }: DescField): Violation {
  return { field: name, description: 'is read from the query here, and not from a body' };
}

function unknown(field: string): Violation {
  return { field: printable(field), description: 'is not known here' };
}

interface Query {
  readonly query: RequestParts['query'];
  readonly json: JsonObject;
}

function addQuery(plan: Plan, { query, json }: Query, violations: Violation[]): void {
  const seen = new Set<string>();
  for (const name of Object.keys(query).slice(0, parametersMax)) {
    const path = boundByQuery(plan, name);
    if (path === null) {
      if (plan.isStrict) violations.push(unknown(name));
      continue;
    }
    const field = path.map((one) => one.name).join('.');
    const value = jsonOfTexts(path.at(-1) ?? path[0], [query[name] ?? ''].flat());
    if (value === null || seen.has(field)) violations.push({ field, description: 'is given twice' });
    else setAt(json, path, value);
    seen.add(field);
  }
}

/** Only what the body has no claim to. */
function boundByQuery({ binding, input }: Plan, name: string): FieldPath | null {
  if (binding.body === '*') return null;
  const path = fieldPathOf(input, name);
  return path?.[0] === binding.body ? null : path;
}
