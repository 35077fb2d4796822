import pg from 'pg';

import type { KeyStoreError } from '#secrets/key-store.js';

export interface Failure {
  readonly code: KeyStoreError['code'];
  readonly reason: string;
}

export class KeyStoreFailure extends Error implements KeyStoreError {
  override readonly name = 'KeyStoreError';
  readonly code: KeyStoreError['code'];

  constructor({ code, reason }: Failure, options?: ErrorOptions) {
    super(`the key store is ${code}: ${reason}`, options);
    this.code = code;
  }
}

export const unavailable = (reason: string, cause?: unknown): KeyStoreFailure =>
  new KeyStoreFailure({ code: 'unavailable', reason }, { cause });

export const damaged = (reason: string, cause?: unknown): KeyStoreFailure =>
  new KeyStoreFailure({ code: 'damaged', reason }, { cause });

/** Tables or columns that are not there or are others, and pages that PostgreSQL cannot read. */
const damages = /^(3F000|42P01|42703|42804|42809|XX00[012])$/;

/** Of what the driver, the network or the server said. */
export function failureOf(error: unknown): Error {
  if (error instanceof KeyStoreFailure || error instanceof TypeError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  const isDamage = error instanceof pg.DatabaseError && damages.test(error.code ?? '');
  return isDamage ? damaged(reason, error) : unavailable(reason, error);
}
