// Why a JSON value is not the message that it was to be, field by field, in our words. The reader of messages
// stops at the first mistake and tells it in words of its own; this look is taken when it has stopped.

import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf';

export interface Violation {
  /** As the contract writes it: `profile.given_name`, `queries[2].limit`. */
  readonly field: string;
  readonly description: string;
}

/** A body is allowed to be wrong in thousands of places; an answer lists as many as somebody reads. */
export const violationsMax = 20;
/** A name that is not ours is told back so that a typing mistake is found; longer ones are none. */
const nameCharactersMax = 100;

interface Look {
  readonly refusesUnknown: boolean;
  readonly found: Violation[];
}

export function violationsOf(
  message: DescMessage,
  json: JsonValue,
  refusesUnknown: boolean,
): readonly Violation[] {
  const look: Look = { refusesUnknown, found: [] };
  lookAtMessage({ message, json, path: '' }, look);
  if (look.found.length === 0) look.found.push({ field: '', description: 'does not fit what is asked for' });
  return look.found;
}

function tell(look: Look, field: string, description: string): void {
  if (look.found.length < violationsMax) look.found.push({ field, description });
}

interface MessagePlace {
  readonly message: DescMessage;
  readonly json: JsonValue;
  readonly path: string;
}

function lookAtMessage({ message, json, path }: MessagePlace, look: Look): void {
  if (message.typeName.startsWith('google.protobuf.')) {
    if (!isReadable(message, json)) tell(look, path, `is not ${nounOf(message)}`);
    return;
  }
  if (!isObject(json)) {
    tell(look, path, 'is not an object');
    return;
  }
  const seen = new Map<string, string>();
  for (const [name, value] of Object.entries(json)) {
    const field = message.fields.find((one) => one.name === name || one.jsonName === name);
    if (field === undefined) {
      if (look.refusesUnknown) tell(look, joined(path, printable(name)), 'is not known here');
      continue;
    }
    lookForTwins({ field, path: joined(path, field.name), isGiven: value !== null }, { look, seen });
    lookAtField({ field, json: value, path: joined(path, field.name) }, look);
  }
}

interface TwinPlace {
  readonly field: DescField;
  readonly path: string;
  readonly isGiven: boolean;
}

/** The same field in both cases, or two of which only one may be there. */
function lookForTwins(
  { field, path, isGiven }: TwinPlace,
  { look, seen }: { readonly look: Look; readonly seen: Map<string, string> },
): void {
  const group = field.oneof?.name ?? field.name;
  const twin = seen.get(group);
  if (twin === field.name) tell(look, path, 'is given twice');
  else if (twin !== undefined && isGiven) tell(look, path, `cannot be given together with ${twin}`);
  seen.set(group, field.name);
}

interface FieldPlace {
  readonly field: DescField;
  readonly json: JsonValue;
  readonly path: string;
}

function lookAtField({ field, json, path }: FieldPlace, look: Look): void {
  if (json === null) return;
  const message = field.message;
  if (field.fieldKind === 'message' && message !== undefined) {
    lookAtMessage({ message, json, path }, look);
    return;
  }
  if (field.fieldKind === 'list' && !Array.isArray(json)) {
    tell(look, path, 'is not a list');
    return;
  }
  if (field.fieldKind === 'list' && message !== undefined) {
    const items = json as readonly JsonValue[];
    for (const [index, item] of items.entries()) {
      lookAtMessage({ message, json: item, path: `${path}[${index}]` }, look);
    }
    return;
  }
  const isFine = isReadable(field.parent, { [field.jsonName]: json }, look.refusesUnknown);
  if (!isFine) tell(look, path, `is not ${nounOfField(field)}`);
}

function isReadable(message: DescMessage, json: JsonValue, refusesUnknown = true): boolean {
  try {
    fromJson(message, json, { ignoreUnknownFields: !refusesUnknown });
    return true;
  } catch {
    return false;
  }
}

function isObject(json: JsonValue): json is { [name: string]: JsonValue } {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

export function printable(name: string): string {
  return name.slice(0, nameCharactersMax).toWellFormed();
}

const nouns: Readonly<Record<string, string>> = {
  'google.protobuf.Timestamp': 'a time of RFC 3339',
  'google.protobuf.Duration': 'a duration in seconds, such as 30s',
};

function nounOf(message: DescMessage): string {
  return nouns[message.typeName] ?? `a ${message.name}`;
}

function nounOfField(field: DescField): string {
  if (field.fieldKind === 'map') return 'a map of what is asked for';
  const noun = field.enum === undefined ? nounOfScalar(field.scalar) : nounOfEnum(field.enum);
  return field.fieldKind === 'list' ? `a list whose items are each ${noun}` : noun;
}

function nounOfEnum(description: DescEnum): string {
  return `one of ${description.values.map((value) => value.name).join(', ')}`;
}

function nounOfScalar(scalar: ScalarType | undefined): string {
  switch (scalar) {
    case ScalarType.STRING:
      return 'a text';
    case ScalarType.BOOL:
      return 'true or false';
    case ScalarType.BYTES:
      return 'bytes in base64';
    case ScalarType.DOUBLE:
    case ScalarType.FLOAT:
      return 'a number';
    case ScalarType.INT32:
    case ScalarType.INT64:
    case ScalarType.UINT32:
    case ScalarType.UINT64:
    case ScalarType.SINT32:
    case ScalarType.SINT64:
    case ScalarType.FIXED32:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED32:
    case ScalarType.SFIXED64:
    case undefined:
      return 'a whole number in its range';
  }
}
