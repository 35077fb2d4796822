// What a caller may be refused with: whatever a command refuses, and what never reaches one.

import type { Refusal } from '#application/refusals.js';

export type PipelineRefusal =
  | { readonly code: 'cancelled' }
  | { readonly code: 'deadline-exceeded' }
  | { readonly code: 'internal' }
  | { readonly code: 'not-built'; readonly method: string }
  | { readonly code: 'outcome-unknown' }
  | { readonly code: 'permission-denied' }
  | { readonly code: 'rate-limited'; readonly retryAfterMs: number }
  | { readonly code: 'unauthenticated' }
  | { readonly code: 'unavailable' };

export type CallRefusal = Refusal | PipelineRefusal;

type Documented = {
  readonly [Code in PipelineRefusal['code']]: {
    readonly meaning: string;
    readonly carries: readonly Exclude<keyof Extract<PipelineRefusal, { readonly code: Code }>, 'code'>[];
  };
};

/** As the refusals of commands are documented, and in the same document. */
export const pipelineRefusals = {
  cancelled: {
    meaning: 'The caller left before anything was done.',
    carries: [],
  },
  'deadline-exceeded': {
    meaning:
      'The time that the caller gave is over. What was under way may still be done: the same call with the same idempotency key finds out.',
    carries: [],
  },
  internal: {
    meaning: 'Something broke that should not. What it was stands in the log, under the id of the request.',
    carries: [],
  },
  'not-built': { meaning: 'There is such a call, and nothing that answers it.', carries: ['method'] },
  'outcome-unknown': {
    meaning:
      'Whether the change was made could not be found out. The same call with the same idempotency key finds out.',
    carries: [],
  },
  'permission-denied': {
    meaning: 'The caller may know of what it asked for, and may not do this, or not with this token.',
    carries: [],
  },
  'rate-limited': {
    meaning: 'The caller, or its address, asks faster than it may. Nothing was looked at.',
    carries: ['retryAfterMs'],
  },
  unauthenticated: {
    meaning:
      'No access token came along, or one that does not count: malformed, wrong, expired, revoked, or of somebody who is not active. Nobody can tell which.',
    carries: [],
  },
  unavailable: {
    meaning:
      'What the service stands on cannot be reached. Nothing was changed, and the same call may succeed later.',
    carries: [],
  },
} as const satisfies Documented;
