// One id a request, on its answer and on every line written while it is handled. Lines outside any
// request carry the id of this start, so that a restart can be told in the log.

import { AsyncLocalStorage } from 'node:async_hooks';

import { ulid } from '#server/ulid.js';

const scope = new AsyncLocalStorage<string>();
const bootId = ulid(Date.now());

export function currentRequestId(): string {
  return scope.getStore() ?? bootId;
}

export function withRequestId<Result>(requestId: string, run: () => Result): Result {
  return scope.run(requestId, run);
}

/** A caller may bring its own, if it is too plain to carry anything else into the log. */
export function requestIdFrom(inbound: string | readonly string[] | undefined): string {
  return typeof inbound === 'string' && /^[A-Za-z0-9_-]{8,64}$/.test(inbound) ? inbound : ulid(Date.now());
}
