// The JSON that protobuf makes of messages, as JSON Schema.

import { type DescEnum, type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';

import { commentOf, commentOfValue } from '#transport/openapi/describe.js';
import type { Schema } from '#transport/openapi/model.js';

/** Collects the messages that are referred to, and those that they refer to. */
export class Schemas {
  readonly #byName = new Map<string, Schema>();

  /** Of the whole message, by reference. */
  of(message: DescMessage): Schema {
    const known = wellKnown[message.typeName];
    if (known !== undefined) return known;
    if (!this.#byName.has(message.typeName)) {
      // First the name: messages may hold themselves.
      this.#byName.set(message.typeName, {});
      this.#byName.set(message.typeName, this.objectOf(message, message.fields));
    }
    return { $ref: `#/components/schemas/${message.typeName}` };
  }

  /** Of some fields of a message, in place. */
  objectOf(message: DescMessage, fields: readonly DescField[]): Schema {
    const properties = Object.fromEntries(fields.map((field) => [field.jsonName, this.ofField(field)]));
    const description = [commentOf(message), ...alternatives(message, fields)]
      .filter((text) => text !== '')
      .join('\n\n');
    return { type: 'object', ...described(description), ...(fields.length === 0 ? {} : { properties }) };
  }

  ofField(field: DescField): Schema {
    return { ...this.#ofValue(field), ...described(commentOf(field)), ...deprecated(field) };
  }

  all(): { readonly [name: string]: Schema } {
    const entries = [...this.#byName].sort(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(entries);
  }

  #ofValue(field: DescField): Schema {
    const one = this.#ofOne(field);
    switch (field.fieldKind) {
      case 'list':
        return { type: 'array', items: one };
      case 'map':
        return { type: 'object', additionalProperties: one };
      case 'enum':
      case 'message':
      case 'scalar':
        return one;
    }
  }

  #ofOne({ message, enum: description, scalar }: DescField): Schema {
    if (message !== undefined) return this.of(message);
    if (description !== undefined) return this.#ofEnum(description);
    return scalar === undefined ? {} : ofScalar(scalar);
  }

  #ofEnum(description: DescEnum): Schema {
    if (!this.#byName.has(description.typeName)) {
      const meanings = description.values
        .map(({ name }) => ({ name, meaning: commentOfValue(description, name) }))
        .filter(({ meaning }) => meaning !== '')
        .map(({ name, meaning }) => `\`${name}\`: ${meaning}`);
      this.#byName.set(description.typeName, {
        type: 'string',
        enum: description.values.map(({ name }) => name),
        ...described([commentOf(description), ...meanings].filter((text) => text !== '').join('\n\n')),
      });
    }
    return { $ref: `#/components/schemas/${description.typeName}` };
  }
}

function described(description: string): Schema {
  return description === '' ? {} : { description };
}

function deprecated(field: DescField): Schema {
  return field.deprecated ? { deprecated: true } : {};
}

function alternatives(message: DescMessage, fields: readonly DescField[]): readonly string[] {
  return message.oneofs
    .map((oneof) => oneof.fields.filter((field) => fields.includes(field)).map((field) => field.jsonName))
    .filter((names) => names.length > 1)
    .map((names) => `At most one of ${names.map((name) => `\`${name}\``).join(', ')}.`);
}

const wellKnown: Readonly<Record<string, Schema>> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: String.raw`^-?\d+(\.\d+)?s$` },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.ListValue': { type: 'array' },
  'google.protobuf.Any': { type: 'object', properties: { '@type': { type: 'string' } }, required: ['@type'] },
  'google.protobuf.BoolValue': { type: 'boolean' },
  'google.protobuf.StringValue': { type: 'string' },
};

export function ofScalar(scalar: ScalarType): Schema {
  switch (scalar) {
    case ScalarType.STRING:
      return { type: 'string' };
    case ScalarType.BOOL:
      return { type: 'boolean' };
    case ScalarType.BYTES:
      return { type: 'string', contentEncoding: 'base64' };
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return { type: 'number' };
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return { type: 'integer', format: 'int32' };
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return { type: 'integer', format: 'int64', minimum: 0, maximum: 2 ** 32 - 1 };
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return { type: 'string', format: 'int64', pattern: String.raw`^-?\d+$` };
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return { type: 'string', format: 'uint64', pattern: String.raw`^\d+$` };
  }
}
