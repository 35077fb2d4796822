// A request that shows what may stand where. What it holds is made up, and readable by the call.

import {
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';

/** Filters hold filters; two levels show enough. */
const depthMax = 3;

export function exampleOf(message: DescMessage, left: ReadonlySet<string>, depth = 0): JsonObject {
  const fields = message.fields.filter(
    (field) => !left.has(field.name) && !field.deprecated && isFirstOfItsOneof(field),
  );
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = exampleOfField(field, depth);
      return value === undefined ? [] : [[field.jsonName, value]];
    }),
  );
}

function isFirstOfItsOneof(field: DescField): boolean {
  return field.oneof === undefined || field.oneof.fields[0] === field;
}

function exampleOfField(field: DescField, depth: number): JsonValue | undefined {
  const one = exampleOfOne(field, depth);
  if (one === undefined || field.fieldKind === 'map') return undefined;
  return field.fieldKind === 'list' ? [one] : one;
}

const wellKnown: Readonly<Record<string, JsonValue>> = {
  'google.protobuf.Timestamp': '2030-01-02T03:04:05Z',
  'google.protobuf.Duration': '3600s',
};

function exampleOfOne(field: DescField, depth: number): JsonValue | undefined {
  const { message, enum: description, scalar, name } = field;
  if (message !== undefined) {
    const known = wellKnown[message.typeName];
    if (known !== undefined || message.typeName.startsWith('google.')) return known;
    return depth + 1 < depthMax ? exampleOf(message, new Set(), depth + 1) : undefined;
  }
  if (description !== undefined) return description.values.at(1)?.name ?? description.values[0]?.name;
  return scalar === undefined ? undefined : exampleOfScalar(scalar, name);
}

/** By the name of the field, where what is allowed is narrow. */
const byName: Readonly<Record<string, string>> = {
  code: '123456',
  first_code: '123456',
  second_code: '654321',
  email: 'ada@example.com',
  name: 'Telephone',
};

function exampleOfScalar(scalar: ScalarType, name: string): JsonValue {
  switch (scalar) {
    case ScalarType.STRING:
      return byName[name] ?? name.replaceAll('_', '-');
    case ScalarType.BOOL:
      return true;
    case ScalarType.BYTES:
      return 'AQI=';
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return '10';
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
    case ScalarType.INT32:
    case ScalarType.UINT32:
    case ScalarType.SINT32:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return 10;
  }
}
