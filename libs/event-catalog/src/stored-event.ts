// What the event log keeps of an event, as far as the catalogue is concerned. The same shapes as the port's,
// said again since the catalogue knows nothing of where events are kept.

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface StoredEvent {
  readonly type: string;
  /** Holds the version of its own form as `v`, beside the fields. */
  readonly data: JsonObject;
}
