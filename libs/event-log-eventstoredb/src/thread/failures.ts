// What each error of the client means. It is read from `type` or the gRPC code, never from the text (empty
// for conflicts of a batch) and never by `instanceof` (some errors come raw).

import type { ErrorType } from '@eventstore/db-client';

import type { Failure, Meaning } from '#event-log-eventstoredb/thread/protocol.js';

export const meaningByType = {
  timeout: 'retry',
  'deadline-exceeded': 'retry',
  unavailable: 'retry',
  cancelled: 'retry',
  unknown: 'retry',
  'not-leader': 'not-leader',
  'stream-not-found': 'not-found',
  'no-stream': 'not-found',
  // A status without a reason, as of a proxy: it says nothing about the stream.
  'not-found': 'retry',
  'access-denied': 'refused',
  'invalid-argument': 'refused',
  'invalid-transaction': 'retry',
  'stream-deleted': 'deleted',
  'scavenge-not-found': 'retry',
  'wrong-expected-version': 'conflict',
  'maximum-append-size-exceeded': 'too-large',
  'missing-required-metadata-property': 'refused',
  'persistent-subscription-failed': 'retry',
  'persistent-subscription-does-not-exist': 'retry',
  'persistent-subscription-exists': 'retry',
  'persistent-subscription-dropped': 'retry',
  'maximum-subscribers-reached': 'retry',
  'user-not-found': 'retry',
  'user-conflict': 'retry',
  unsupported: 'retry',
} as const satisfies Record<`${ErrorType}`, Meaning>;

/** Of errors without a type, and of those that the client calls `unknown`. Every other code is `retry`. */
export const meaningByCode: ReadonlyMap<number, Meaning> = new Map([
  // INVALID_ARGUMENT: the server knows no record at the position that was asked for.
  [3, 'bad-position'],
  // PERMISSION_DENIED and UNAUTHENTICATED.
  [7, 'refused'],
  [16, 'refused'],
]);

interface ClientError {
  readonly type?: unknown;
  readonly code?: unknown;
  readonly message?: unknown;
  readonly actualVersion?: unknown;
  readonly maxAppendSize?: unknown;
}

export function failureOf(error: unknown, sent = true): Failure {
  const { type, code, message, actualVersion, maxAppendSize } = (error ?? {}) as ClientError;
  const meaning = meaningOf(type, code);
  const reason = typeof message === 'string' && message !== '' ? message : String(type ?? code ?? 'unknown');
  if (meaning === 'conflict') {
    return {
      meaning,
      reason,
      sent,
      actual: typeof actualVersion === 'bigint' ? Number(actualVersion) : 'no-stream',
    };
  }
  if (meaning === 'too-large') return { meaning, reason, sent, maximum: Number(maxAppendSize) };
  return { meaning, reason, sent };
}

function meaningOf(type: unknown, code: unknown): Meaning {
  if (typeof type === 'string' && type !== 'unknown' && Object.hasOwn(meaningByType, type)) {
    return meaningByType[type as keyof typeof meaningByType];
  }
  return meaningByCode.get(code as number) ?? 'retry';
}

/** Whether the connection itself is in doubt, so that the next call had better have a new one. */
export function isConnectionInDoubt({ meaning }: Failure): boolean {
  return meaning === 'retry';
}
