// Makes of what the catalogue says a way in and a way out. Both are strict: what could not be read back is
// not written, and what was not written like this is not read.

import type { AnyEntries, Entries } from '#event-catalog/entry.js';
import { type Fields, isObject, tellable } from '#event-catalog/fields.js';
import type { JsonObject, JsonValue, StoredEvent } from '#event-catalog/stored-event.js';
import { UndecodableEvent } from '#event-catalog/undecodable-event.js';

export interface Codec<Event> {
  /** Throws `TypeError` for an event that could not be read back: a bug of the caller. */
  encode(event: Event): StoredEvent;
  /** Throws `UndecodableEvent`. */
  decode(stored: StoredEvent): Event;
}

export function codecOf<Event extends { readonly type: string }>(entries: Entries<Event>): Codec<Event> {
  const known = new Map(
    Object.entries(entries as AnyEntries).map(([type, entry]) => [type, versionsOf(type, entry)]),
  );
  return {
    encode: (event) => encode(known.get(event.type), event),
    decode: (stored) => decode(known.get(stored.type), stored) as unknown as Event,
  };
}

interface Version {
  readonly type: string;
  readonly number: number;
  readonly names: readonly string[];
  readonly flawsIn: readonly ((value: unknown) => string | null)[];
  /** Null for the newest. */
  readonly upcast: ((stored: JsonObject) => JsonObject) | null;
}

type Versions = readonly [...Version[], Version];

function versionsOf(type: string, { fields, older = [] }: AnyEntries[string]): Versions {
  const version = (number: number, of: Fields, upcast: Version['upcast']): Version => ({
    type,
    number,
    names: Object.keys(of),
    flawsIn: Object.values(of).map(({ flawIn }) => flawIn),
    upcast,
  });
  return [
    ...older.map((one, index) => version(index + 1, one.fields, one.upcast)),
    version(older.length + 1, fields, null),
  ];
}

function encode(versions: Versions | undefined, event: { readonly type: string }): StoredEvent {
  if (versions === undefined) throw new TypeError(`the catalogue has no event of the type ${event.type}`);
  const newest = versions[versions.length - 1] as Version;
  const data: Record<string, JsonValue> = { v: newest.number };
  if (!copyFields(newest, event, data)) {
    const { message } = flawOf(newest, event, 'type');
    throw new TypeError(`this cannot be written: ${message}`);
  }
  return { type: newest.type, data };
}

function decode(versions: Versions | undefined, { type, data }: StoredEvent): JsonObject {
  if (versions === undefined) throw new UndecodableEvent({ code: 'unknown-type', type });
  const newest = versions.length;
  const number = isObject(data) ? data.v : null;
  const version = typeof number === 'number' ? versions[number - 1] : undefined;
  if (version === undefined) throw unknownVersion(type, number, newest);
  const event: Record<string, JsonValue> = { type: version.type };
  if (version.upcast === null) {
    if (!copyFields(version, data, event)) throw flawOf(version, data, 'v');
    return event;
  }
  const stored: Record<string, JsonValue> = { v: version.number };
  if (!copyFields(version, data, stored)) throw flawOf(version, data, 'v');
  delete stored.v;
  return decode(versions, { type, data: { ...version.upcast(stored), v: version.number + 1 } });
}

/** False when a field is missing or ill-typed, or there is any other beside the one that is not a field. */
function copyFields(version: Version, from: object, to: Record<string, JsonValue>): boolean {
  const { names, flawsIn } = version;
  const source = from as Readonly<Record<string, JsonValue>>;
  for (let index = 0; index < names.length; index += 1) {
    const name = names[index] as string;
    const value = source[name];
    if (flawsIn[index]?.(value) !== null) return false;
    to[name] = value as JsonValue;
  }
  return Object.keys(source).length === names.length + 1;
}

/** Looks again, slowly, for what `copyFields` only noticed. */
function flawOf(version: Version, from: object, beside: 'type' | 'v'): UndecodableEvent {
  const { type, number, names, flawsIn } = version;
  const source = from as Readonly<Record<string, unknown>>;
  const undecodable = (code: 'missing-field' | 'extra-field' | 'ill-typed-field', field: string) =>
    new UndecodableEvent({ code, type, version: number, field });
  for (const [index, name] of names.entries()) {
    if (!Object.hasOwn(source, name)) return undecodable('missing-field', name);
    const flaw = flawsIn[index]?.(source[name]) ?? null;
    if (flaw !== null) return undecodable('ill-typed-field', `${name}${flaw}`);
  }
  const extra = Object.keys(source).find((name) => name !== beside && !names.includes(name));
  return undecodable('extra-field', tellable(extra ?? ''));
}

function unknownVersion(type: string, version: unknown, newest: number): UndecodableEvent {
  const told = Number.isSafeInteger(version) ? (version as number) : null;
  return new UndecodableEvent({ code: 'unknown-version', type, version: told, newest });
}
