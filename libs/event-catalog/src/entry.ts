// What the catalogue says of one type of event.

import type { Fields, FieldsOf } from '#event-catalog/fields.js';
import type { JsonObject } from '#event-catalog/stored-event.js';

export interface Entry<Event extends { readonly type: string }> {
  /** One sentence, for docs/events.md. */
  readonly meaning: string;
  /** Of the newest version, the only one that is written. */
  readonly fields: FieldsOf<Omit<Event, 'type'>>;
  /** From version 1 on, each with the step to the next. Nothing is ever taken out. */
  readonly older?: readonly OlderVersion[];
}

/** A type that is missing, or is none of these, does not compile. */
export type Entries<Event extends { readonly type: string }> = {
  readonly [Type in Event['type']]: Entry<Extract<Event, { readonly type: Type }>>;
};

/** Entries of events that are not known here. */
export type AnyEntries = Readonly<
  Record<
    string,
    { readonly meaning: string; readonly fields: Fields; readonly older?: readonly OlderVersion[] }
  >
>;

export interface OlderVersion {
  readonly fields: Fields;
  readonly upcast: (stored: JsonObject) => JsonObject;
}

/** What `upcast` answers is checked against the fields of the next version. */
export function older<Shape extends object>(
  fields: FieldsOf<Shape>,
  upcast: (stored: Shape) => JsonObject,
): OlderVersion {
  return { fields: fields as Fields, upcast: (stored) => upcast(stored as Shape) };
}
