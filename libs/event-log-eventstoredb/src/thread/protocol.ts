// What the log and the client's thread say to each other. Rows travel as JSON text: one string is cheaper to
// hand over than the objects in it, and keeps names such as `__proto__`.

import type { EncodedEvent } from '#event-log/encode-append.js';
import type { Position, SubscriptionFilter } from '#event-log/event-log.js';
import type { Timings } from '#event-log-eventstoredb/limits.js';
import type { ForeignEvents } from '#event-log-eventstoredb/settings.js';

export interface ThreadData {
  readonly connectionString: string;
  readonly timings: Timings;
}

export interface AppendBody {
  readonly kind: 'append';
  readonly stream: string;
  /** -1 for a stream that must not exist. */
  readonly expected: number;
  readonly events: readonly EncodedEvent[];
}

export interface ReadStreamBody {
  readonly kind: 'read-stream';
  readonly stream: string;
  readonly direction: 'forward' | 'backward';
  readonly from: number | 'end';
  readonly limit: number;
}

export interface ReadAllBody {
  readonly kind: 'read-all';
  readonly direction: 'forward' | 'backward';
  /** Exclusive. */
  readonly from: Position | 'end';
  readonly limit: number;
}

export interface SubscribeBody {
  readonly kind: 'subscribe';
  readonly after: Position;
  readonly filter: SubscriptionFilter | null;
}

export type Body =
  | AppendBody
  | ReadStreamBody
  | ReadAllBody
  | SubscribeBody
  /** The position of the very last record; also tells whether the server is there. */
  | { readonly kind: 'head'; readonly isProbe: boolean };

/** Why it is abandoned: nothing came for too long, which puts the connection in doubt. */
export const silent = 'silent';

export type ToThread =
  | { readonly kind: 'request'; readonly request: number; readonly body: Body }
  /** Nobody waits for it any more: cancel what can be cancelled. */
  | { readonly kind: 'abandon'; readonly request: number; readonly why: typeof silent | 'left' }
  /** One more chunk may be sent. */
  | { readonly kind: 'credit'; readonly request: number }
  | { readonly kind: 'close' };

/** What a failure means for whoever asked; the tables are in failures.ts. */
export type Meaning =
  /** Nobody knows; trying again is right. */
  | 'retry'
  /** Another node leads; the client goes there. */
  | 'not-leader'
  | 'conflict'
  | 'not-found'
  | 'deleted'
  | 'too-large'
  /** Definite, and no retry will help. */
  | 'refused'
  | 'bad-position'
  | 'not-ours';

export interface Failure {
  readonly meaning: Meaning;
  readonly reason: string;
  /** False only when nothing can have reached the server. */
  readonly sent: boolean;
  /** Of a conflict. */
  readonly actual?: number | 'no-stream';
  /** Of an append that is too large for this server. */
  readonly maximum?: number;
}

export interface Done {
  readonly append?: { readonly revision: number; readonly position: Position | null };
  readonly head?: Position;
}

export type FromThread =
  | { readonly kind: 'ready' }
  /** The connection string cannot be used. */
  | { readonly kind: 'unusable'; readonly reason: string }
  | { readonly kind: 'rows'; readonly request: number; readonly text: string; readonly upTo: Position }
  | { readonly kind: 'done'; readonly request: number; readonly done: Done }
  | { readonly kind: 'failed'; readonly request: number; readonly failure: Failure }
  | { readonly kind: 'foreign'; readonly foreign: ForeignEvents }
  | { readonly kind: 'closed' };

/** An event; a checkpoint; that a subscription caught up. */
export type EventRow = readonly [
  id: string,
  stream: string,
  revision: number,
  position: Position,
  type: string,
  data: never,
  metadata: never,
];
export type Row = EventRow | readonly ['checkpoint' | 'caught-up', Position];
