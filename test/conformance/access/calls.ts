// Each call as data: its row, and how it is asked about a target on either wire.

import {
  type DescField,
  type DescMessage,
  type DescMethodUnary,
  fromJson,
  type JsonObject,
  type JsonValue,
  toBinary,
  toJson,
} from '@bufbuild/protobuf';

import { type Row, rows, services } from '#test/conformance/access/rows.js';
import { isStreaming } from '#transport/call.js';
import { type RestBinding, restBindings } from '#transport/rest/bindings.js';

export interface AccessCall {
  readonly name: string;
  readonly method: DescMethodUnary;
  readonly row: Row;
  readonly routes: readonly RestBinding[];
  readonly isStreaming: boolean;
}

export const calls: readonly AccessCall[] = Object.entries(services).flatMap(([noun, service]) =>
  service.methods.map((method) => {
    const ofService = rows[noun as keyof typeof rows] as Readonly<Record<string, Row>>;
    const row = ofService[method.localName];
    if (row === undefined) throw new TypeError(`${method} has no row`);
    const unary = method as DescMethodUnary;
    return {
      name: `${service.typeName}/${method.name}`,
      method: unary,
      row,
      isStreaming: isStreaming(method),
      routes: restBindings([service]).filter((binding) => binding.method === unary),
    };
  }),
);

/** The paths of all fields whose name says that they hold an id. */
export function idsIn(message: DescMessage, prefix = '', around: readonly string[] = []): string[] {
  return message.fields.flatMap((field) => {
    const path = `${prefix}${field.name}`;
    const inner = field.message;
    if (inner === undefined) return holdsAnId(field, prefix) ? [path] : [];
    return around.includes(inner.typeName) ? [] : idsIn(inner, `${path}.`, [...around, inner.typeName]);
  });
}

const holdsAnId = ({ name }: DescField, prefix: string) =>
  /(^|_)ids?$/.test(name) && !/(^|\.)(and|or|not)_query\.$/.test(prefix);

/** The JSON in which the field of this path, and nothing else, has this text. */
export function jsonOf(message: DescMessage, path: string, text: string): JsonObject {
  const [name = '', ...rest] = path.split('.');
  const field = message.fields.find((one) => one.name === name);
  if (field === undefined) throw new TypeError(`${message.typeName} has no ${name}`);
  const inner: JsonValue = field.message === undefined ? text : jsonOf(field.message, rest.join('.'), text);
  return { [field.jsonName]: field.fieldKind === 'list' ? [inner] : inner };
}

export function bytesOf({ method }: AccessCall, request: JsonObject): Buffer {
  return Buffer.from(toBinary(method.input, fromJson(method.input, request)));
}

export interface HttpAsk {
  readonly verb: string;
  readonly path: string;
  readonly body: string | null;
}

/** As REST asks the same. */
export function httpAskOf({ method }: AccessCall, binding: RestBinding, request: JsonObject): HttpAsk {
  const json = toJson(method.input, fromJson(method.input, request)) as JsonObject;
  const rest = structuredClone(json);
  const path = binding.template.path.replaceAll(/\{([^}]+)\}/g, (_, field: string) => {
    const { jsonName } = fieldAt(method.input, field);
    const text = String(rest[jsonName] ?? '');
    delete rest[jsonName];
    return encodeURIComponent(text === '' ? 'left-out' : text);
  });
  if (binding.body !== null) return { verb: binding.verb, path, body: JSON.stringify(rest) };
  const query = new URLSearchParams(flat(rest, '')).toString();
  return { verb: binding.verb, path: query === '' ? path : `${path}?${query}`, body: null };
}

function fieldAt(message: DescMessage, name: string): DescField {
  const field = message.fields.find((one) => one.name === name);
  if (field === undefined) throw new TypeError(`${message.typeName} has no ${name}`);
  return field;
}

function flat(json: JsonValue, prefix: string): [string, string][] {
  if (json === null || typeof json !== 'object') return [[prefix, String(json)]];
  if (Array.isArray(json)) return json.flatMap((one) => flat(one, prefix));
  return Object.entries(json).flatMap(([name, value]) =>
    flat(value, prefix === '' ? name : `${prefix}.${name}`),
  );
}
