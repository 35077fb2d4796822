// What crosses between the service's thread and the two of the log. Texts and numbers only: they are
// cheap to copy, and JSON stays the bytes that are stored.

import type { EncodedAppend } from '#event-log/encode-append.js';
import type { EventLogFailure } from '#event-log/errors.js';
import type {
  AppendResult,
  Position,
  ReadAllOptions,
  ReadStreamOptions,
  SubscriptionFilter,
} from '#event-log/event-log.js';

export type WriterRequest =
  | { readonly kind: 'append'; readonly batch: number; readonly appends: readonly EncodedAppend[] }
  | { readonly kind: 'close' };

export type AppendOutcome = AppendResult | { readonly failure: EventLogFailure };

export type WriterReply =
  | { readonly kind: 'ready'; readonly identity: string; readonly head: number }
  /** The log was not opened, and opening it again would not help. */
  | { readonly kind: 'refused'; readonly failure: EventLogFailure }
  | {
      readonly kind: 'appended';
      readonly batch: number;
      readonly outcomes: readonly AppendOutcome[];
      readonly head: number;
    }
  /** Something that an operator should know and no caller is told. */
  | { readonly kind: 'trouble'; readonly text: string }
  | { readonly kind: 'closed' };

export type ReaderRequest = { readonly number: number; readonly committed: number } & (
  | { readonly kind: 'stream'; readonly stream: string; readonly options: ReadStreamOptions }
  | { readonly kind: 'all'; readonly options: ReadAllOptions }
  | { readonly kind: 'page'; readonly after: Position; readonly filter: SubscriptionFilter | undefined }
);

/** Events as one JSON text, an array of them: parsed at once by the one who asked. */
export type ReaderReply =
  | { readonly number: number; readonly kind: 'events'; readonly events: string }
  | {
      readonly number: number;
      readonly kind: 'end';
      readonly unknown: boolean;
      readonly upTo: Position;
      readonly atHead: boolean;
    }
  | { readonly number: number; readonly kind: 'failed'; readonly failure: EventLogFailure };
