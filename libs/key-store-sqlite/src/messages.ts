// What crosses between the service's thread and the one that has the file.

import type { Failure } from '#key-store-sqlite/key-store-failure.js';
import type { KeyPage, WrappedKey } from '#secrets/key-store.js';

export type Operation =
  | { readonly kind: 'add'; readonly key: WrappedKey }
  | { readonly kind: 'get'; readonly subject: string }
  | { readonly kind: 'erase'; readonly subject: string }
  | { readonly kind: 'rewrap'; readonly from: WrappedKey; readonly to: WrappedKey }
  | { readonly kind: 'page'; readonly masterKeyId: string; readonly page: KeyPage }
  | { readonly kind: 'count' };

/** What each operation answers. */
export interface Outcomes {
  readonly add: boolean;
  readonly get: WrappedKey | null;
  readonly erase: boolean;
  readonly rewrap: boolean;
  readonly page: readonly WrappedKey[];
  readonly count: ReadonlyMap<string, number>;
}

export interface Call {
  readonly number: number;
  readonly operation: Operation;
}

export type Answer =
  | { readonly number: number; readonly outcome: Outcomes[keyof Outcomes] }
  | { readonly number: number; readonly failure: Failure };

export type KeeperRequest =
  | { readonly kind: 'calls'; readonly calls: readonly Call[] }
  | { readonly kind: 'close' };

export type KeeperReply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly failure: Failure }
  | { readonly kind: 'answered'; readonly answers: readonly Answer[] }
  | { readonly kind: 'trouble'; readonly text: string };
