// What crosses between the service's thread and those that read.

import type { ModelStoreFailure } from '#read-models/store.js';
import type { Shown } from '#read-models/stores/shown.js';

export type QueryRequest =
  | { readonly kind: 'begin'; readonly read: number; readonly call: number }
  | {
      readonly kind: 'ask';
      readonly read: number;
      readonly call: number;
      readonly sql: string;
      readonly parameters: readonly unknown[];
      /** Afterwards nobody waits for the answer. */
      readonly withinMs: number;
    }
  | { readonly kind: 'end'; readonly read: number }
  | { readonly kind: 'close' };

export interface QueryFailure {
  /** A question that the database does not understand is a bug of who asks. */
  readonly code: ModelStoreFailure | 'bug';
  readonly reason: string;
}

export type QueryReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly failure: QueryFailure }
  | { readonly kind: 'answered'; readonly call: number; readonly outcome: Shown | readonly unknown[] }
  | { readonly kind: 'failed'; readonly call: number; readonly failure: QueryFailure };
