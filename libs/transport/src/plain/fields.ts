// The body of a plain call: an object of texts, each of them known by name.

import type { JsonValue } from '@bufbuild/protobuf';

import type { FieldNo } from '#transport/plain/no.js';
import { printable, violationsMax } from '#transport/rest/violations.js';

export interface Field {
  readonly required: boolean;
  readonly description: string;
  readonly example: string;
}

export type Fields = Readonly<Record<string, Field>>;

export type InputOf<Of extends Fields> = {
  readonly [Name in keyof Of]: Of[Name]['required'] extends true ? string : string | undefined;
};

export type ReadFields =
  | { readonly kind: 'input'; readonly input: Readonly<Record<string, string | undefined>> }
  | { readonly kind: 'unfit'; readonly fields: readonly FieldNo[] };

/** What is null counts as left out. How long a text may be is for the command to say. */
export function readFields(
  { fields, oneOf = [] }: { readonly fields: Fields; readonly oneOf?: readonly string[] },
  json: JsonValue,
): ReadFields {
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return { kind: 'unfit', fields: [{ field: '', message: 'The body must be an object' }] };
  const given = new Map(Object.entries(json));
  const unknown = [...given.keys()].filter((name) => !Object.hasOwn(fields, name));
  const input: Record<string, string | undefined> = {};
  const unfit: FieldNo[] = unknown.map((name) => ({ field: printable(name), message: 'is not known here' }));
  for (const [name, { required }] of Object.entries(fields)) {
    const value = given.get(name) ?? undefined;
    if (typeof value === 'string') input[name] = value;
    else if (value !== undefined) unfit.push({ field: name, message: 'must be a text' });
    else if (required) unfit.push({ field: name, message: 'is required' });
  }
  unfit.push(...unfitTogether(oneOf, input));
  if (unfit.length === 0) return { kind: 'input', input };
  return { kind: 'unfit', fields: unfit.slice(0, violationsMax) };
}

function unfitTogether(
  oneOf: readonly string[],
  input: Readonly<Record<string, string | undefined>>,
): readonly FieldNo[] {
  const [first, ...others] = oneOf.filter((name) => input[name] !== undefined);
  if (first !== undefined)
    return others.map((field) => ({ field, message: `must not come together with ${first}` }));
  const [field, ...instead] = oneOf;
  return field === undefined ? [] : [{ field, message: `is required, or ${instead.join(' or ')}` }];
}
