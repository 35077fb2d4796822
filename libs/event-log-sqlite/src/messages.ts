// What crosses between the service's thread and the two of the log. Texts and numbers only: they are
// cheap to copy, and JSON stays the bytes that are stored.

import type { EncodedAppend, EncodedEvent } from '#event-log/encode-append.js';
import type { EventLogFailure } from '#event-log/errors.js';
import type {
  ExpectedRevision,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  SubscriptionFilter,
} from '#event-log/event-log.js';

export interface WriterData {
  readonly directory: string;
  /** Where it tells every thread how far the log is committed. */
  readonly head: SharedArrayBuffer;
}

export type WriterRequest =
  | { readonly kind: 'append'; readonly batch: number; readonly appends: PackedAppends }
  | { readonly kind: 'close' };

export type AppendOutcome =
  | { readonly revision: number; readonly position: number }
  | { readonly failure: EventLogFailure };

export type WriterReply =
  | { readonly kind: 'ready'; readonly identity: string; readonly head: number }
  /** The log was not opened, and opening it again would not help. */
  | { readonly kind: 'refused'; readonly failure: EventLogFailure }
  | {
      readonly kind: 'appended';
      readonly batch: number;
      readonly outcomes: PackedOutcomes;
      readonly head: number;
    }
  /** Something that an operator should know and no caller is told. */
  | { readonly kind: 'trouble'; readonly text: string }
  /** Why nothing can be appended for now; null when it can be again. */
  | { readonly kind: 'state'; readonly failure: EventLogFailure | null }
  | { readonly kind: 'closed' };

export type ReaderRequest = { readonly number: number; readonly committed: number } & (
  | { readonly kind: 'stream'; readonly stream: string; readonly options: ReadStreamOptions }
  | { readonly kind: 'all'; readonly options: ReadAllOptions }
  | { readonly kind: 'page'; readonly after: Position; readonly filter: SubscriptionFilter | undefined }
);

export type Unnumbered<Request> = Request extends unknown ? Omit<Request, 'number'> : never;

/** Requests of one tick of the event loop: a message costs more than most reads. */
export type ReaderMessage = readonly ReaderRequest[] | 'close';

/** Events are one JSON text, an array of them: parsed at once by the one who asked. */
export type ReaderReply =
  | { readonly number: number; readonly kind: 'part'; readonly events: string }
  | {
      readonly number: number;
      readonly kind: 'end';
      /** The last part; empty where there is none. */
      readonly events: string;
      readonly unknown: boolean;
      readonly upTo: Position;
      readonly atHead: boolean;
    }
  | { readonly number: number; readonly kind: 'failed'; readonly failure: EventLogFailure };

/** Appends one after the other in one flat array: objects would cost more to copy than what they hold. */
export type PackedAppends = readonly (string | number)[];

export function packAppends(appends: readonly EncodedAppend[]): PackedAppends {
  const packed: (string | number)[] = [];
  for (const { stream, expected, events } of appends) {
    packed.push(stream, expected, events.length);
    for (const { id, type, data, metadata } of events) packed.push(id, type, data, metadata);
  }
  return packed;
}

export function unpackAppends(packed: PackedAppends): EncodedAppend[] {
  const appends: EncodedAppend[] = [];
  let at = 0;
  const text = () => packed[at++] as string;
  while (at < packed.length) {
    const stream = text();
    const expected = packed[at++] as ExpectedRevision;
    const count = packed[at++] as number;
    const events: EncodedEvent[] = [];
    for (let event = 0; event < count; event += 1) {
      events.push({ id: text(), type: text(), data: text(), metadata: text() });
    }
    appends.push({ stream, expected, events });
  }
  return appends;
}

/** Two numbers for each append, revision and position; -1 and the index of its failure where it failed. */
export interface PackedOutcomes {
  readonly numbers: readonly number[];
  readonly failures: readonly EventLogFailure[];
}

export function packOutcomes(outcomes: readonly AppendOutcome[]): PackedOutcomes {
  const numbers: number[] = [];
  const failures: EventLogFailure[] = [];
  for (const outcome of outcomes) {
    if ('failure' in outcome) numbers.push(-1, failures.push(outcome.failure) - 1);
    else numbers.push(outcome.revision, outcome.position);
  }
  return { numbers, failures };
}

export function unpackOutcome(
  { numbers, failures }: PackedOutcomes,
  index: number,
): AppendOutcome | undefined {
  const [revision, second] = [numbers[index * 2], numbers[index * 2 + 1]];
  if (revision === undefined || second === undefined) return undefined;
  if (revision >= 0) return { revision, position: second };
  const failure = failures[second];
  return failure === undefined ? undefined : { failure };
}
