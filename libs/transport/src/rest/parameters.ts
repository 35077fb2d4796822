// Texts of a path or a query string, put where the JSON of the request has them, so that one reader judges all.

import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';

/** The fields on the way from the request to the one that holds the value. */
export type FieldPath = readonly [DescField, ...DescField[]];

/** In either case: `user_id`, `userId`, `query.limit`. Null where no field of a text is there. */
export function fieldPathOf(message: DescMessage, path: string): FieldPath | null {
  const fields: DescField[] = [];
  let within: DescMessage | undefined = message;
  for (const name of path.split('.')) {
    const field: DescField | undefined = within?.fields.find(
      (one) => one.name === name || one.jsonName === name,
    );
    if (field === undefined) return null;
    fields.push(field);
    within = field.fieldKind === 'message' ? field.message : undefined;
  }
  const [first, ...others] = fields;
  return first !== undefined && holdsText(fields.at(-1) ?? first) ? [first, ...others] : null;
}

const readFromText: ReadonlySet<string> = new Set(
  ['Timestamp', 'Duration', 'FieldMask', 'BoolValue', 'StringValue', 'BytesValue', 'Int32Value']
    .concat(['UInt32Value', 'Int64Value', 'UInt64Value', 'FloatValue', 'DoubleValue'])
    .map((name) => `google.protobuf.${name}`),
);

function holdsText(field: DescField): boolean {
  return (
    field.fieldKind !== 'map' && (field.message === undefined || readFromText.has(field.message.typeName))
  );
}

/** What is there is replaced, under whichever name. False where something on the way is no object. */
export function setAt(target: JsonObject, path: FieldPath, value: JsonValue): boolean {
  let within = target;
  for (const field of path.slice(0, -1)) {
    const inner = within[field.jsonName] ?? within[field.name] ?? {};
    if (typeof inner !== 'object' || Array.isArray(inner)) return false;
    delete within[field.name];
    within[field.jsonName] = inner as JsonObject;
    within = inner as JsonObject;
  }
  const last = path.at(-1) ?? path[0];
  delete within[last.name];
  within[last.jsonName] = value;
  return true;
}

/** Null where there is one field for several texts. */
export function jsonOfTexts(field: DescField, texts: readonly string[]): JsonValue {
  if (field.fieldKind === 'list') return texts.map((text) => jsonOfText(field, text));
  const [text, ...others] = texts;
  return text === undefined || others.length > 0 ? null : jsonOfText(field, text);
}

/** Numbers, bytes, times and durations are read from their texts anyway. */
export function jsonOfText(field: DescField, text: string): JsonValue {
  if (field.enum !== undefined) return /^-?\d{1,10}$/.test(text) ? Number(text) : text;
  const scalar = field.message === undefined ? field.scalar : scalarOfWrapper(field.message);
  if (scalar === ScalarType.BOOL && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

function scalarOfWrapper(message: DescMessage): ScalarType | undefined {
  return message.name.endsWith('Value') ? message.fields[0]?.scalar : undefined;
}
