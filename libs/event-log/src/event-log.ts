// The one port through which every event is written and read. Each promise made here is checked by
// the suite in contract/, on every engine; an engine that cannot keep one declares it there.

/**
 * A place in the log: opaque text, comparable with `<`. Only positions of one log (one `identity()`)
 * may be compared with each other.
 */
export type Position = string & { readonly __brand: 'Position' };

/** Before the first event of any log; sorts before every other position. */
export const logStart = '0' as Position;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface EventMetadata extends JsonObject {
  /** When it happened, by the command's clock: UTC, RFC 3339 with milliseconds. Never the engine's clock. */
  readonly time: string;
}

export interface NewEvent {
  /** A UUID. Retrying an append with the same ids cannot write it a second time. */
  readonly id: string;
  readonly type: string;
  readonly data: JsonObject;
  readonly metadata: EventMetadata;
}

export interface RecordedEvent extends NewEvent {
  readonly stream: string;
  /** 0 for the first event of the stream, then without gaps. */
  readonly revision: number;
  readonly position: Position;
}

/** `any` does not exist: no ADR has named a use for it. */
export type ExpectedRevision = 'no-stream' | 'exists' | number;

export interface AppendResult {
  /** Of the last event of this append, also when a retry is recognised. */
  readonly revision: number;
  readonly position: Position;
}

export type ReadStreamOptions =
  | { readonly direction: 'forward'; readonly from: number; readonly limit: number }
  | { readonly direction: 'backward'; readonly from: number | 'end'; readonly limit: number };

/** `found` without events: the stream exists, and holds nothing in the range that was asked for. */
export type StreamPage =
  | { readonly status: 'found'; readonly events: readonly RecordedEvent[] }
  | { readonly status: 'unknown' };

export type ReadAllOptions =
  | { readonly direction: 'forward'; readonly after: Position; readonly limit: number }
  | { readonly direction: 'backward'; readonly before: Position | 'end'; readonly limit: number };

export type SubscriptionFilter =
  | { readonly streamPrefixes: readonly string[] }
  | { readonly eventTypes: readonly string[] };

export interface SubscribeOptions {
  /** Exclusive: the position of the last event or checkpoint that was handled. */
  readonly after: Position;
  readonly filter?: SubscriptionFilter;
}

export type SubscriptionItem =
  | { readonly kind: 'event'; readonly event: RecordedEvent }
  /** Everything up to here was considered; nothing in it passed the filter since the last item. */
  | { readonly kind: 'checkpoint'; readonly position: Position }
  /** Everything that the log held a moment ago was delivered. Comes again after each burst. */
  | { readonly kind: 'caught-up'; readonly position: Position };

export interface EventLog {
  /**
   * Writes all events or none, and answers only when they are durable. The same ids at the same
   * expected revision answer as the first time. Throws `EventLogError`.
   */
  append(stream: string, events: readonly NewEvent[], expected: ExpectedRevision): Promise<AppendResult>;
  /** At most `limit` events (1 to `eventsPerReadMax`); fewer only at the end of the stream. */
  readStream(stream: string, options: ReadStreamOptions): Promise<StreamPage>;
  /** At most `limit` events (1 to `eventsPerReadMax`); fewer only at the end of the log. */
  readAll(options: ReadAllOptions): Promise<readonly RecordedEvent[]>;
  /**
   * In log order, without gap or duplicate, over any reconnection. Leaving the loop frees everything,
   * also while it waits; closing the log ends it. A consumer that is slow is waited for.
   */
  subscribe(options: SubscribeOptions): AsyncIterableIterator<SubscriptionItem>;
  /** The position of the last event, `logStart` when there is none. */
  head(): Promise<Position>;
  /** Differs for every log ever created, so that a checkpoint of another log is found out. */
  identity(): Promise<string>;
  /** Finishes what was accepted, then frees everything. Later calls are refused as `unavailable`. */
  close(): Promise<void>;
}
