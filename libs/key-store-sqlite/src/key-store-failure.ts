import type { KeyStoreError } from '#secrets/key-store.js';

/** As it crosses between the threads. */
export interface Failure {
  readonly code: KeyStoreError['code'];
  readonly reason: string;
}

export class KeyStoreFailure extends Error implements KeyStoreError {
  override readonly name = 'KeyStoreError';
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`the key store is ${failure.code}: ${failure.reason}`, options);
    this.failure = failure;
  }

  get code(): KeyStoreError['code'] {
    return this.failure.code;
  }
}

export const unavailable = (reason: string, cause?: unknown): KeyStoreFailure =>
  new KeyStoreFailure({ code: 'unavailable', reason }, { cause });

export const damaged = (reason: string, cause?: unknown): KeyStoreFailure =>
  new KeyStoreFailure({ code: 'damaged', reason }, { cause });
