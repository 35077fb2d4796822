// What a caller may be refused with: whatever a command refuses, whatever a query does, and what reaches neither.

import type { Refusal } from '#application/refusals.js';
import type { ListRefusal } from '#read-models/queries/queries.js';
import type { StepUpRefusal } from '#transport/step-up.js';

/** Of a session that calls, and is not authenticated. */
export type SessionRefusal =
  | { readonly code: 'authentication-required'; readonly missing: 'user' | 'password' }
  | { readonly code: 'second-factor-required' }
  | { readonly code: 'enrolment-required' };

export type PipelineRefusal =
  | { readonly code: 'cancelled' }
  /** The field is the check, or the challenge. */
  | { readonly code: 'check-not-built'; readonly field: string }
  | { readonly code: 'deadline-exceeded' }
  | { readonly code: 'internal' }
  | { readonly code: 'not-built'; readonly method: string }
  | { readonly code: 'outcome-unknown' }
  | { readonly code: 'permission-denied' }
  /** The field is the header. */
  | { readonly code: 'position-unknown'; readonly field: string }
  | { readonly code: 'rate-limited'; readonly retryAfterMs: number }
  | SessionRefusal
  | StepUpRefusal
  | { readonly code: 'session-token-wrong' }
  | { readonly code: 'unauthenticated' }
  | { readonly code: 'unavailable' };

/** Of what operators ask for. */
export type OperatorRefusal =
  | { readonly code: 'build-live' }
  | { readonly code: 'build-not-found' }
  | { readonly code: 'build-unfinished' }
  | { readonly code: 'event-not-found' }
  | { readonly code: 'master-key-not-loaded' }
  | { readonly code: 'parked-stream-not-found' }
  | { readonly code: 'projection-not-found' }
  | { readonly code: 'projection-not-running' }
  | { readonly code: 'replay-not-found' }
  | { readonly code: 'replay-over' }
  | { readonly code: 'replay-under-way' }
  | { readonly code: 'streams-max'; readonly maximum: number };

export type CallRefusal = Refusal | ListRefusal | OperatorRefusal | PipelineRefusal;

type Documented<Of extends CallRefusal> = {
  readonly [Code in Of['code']]: {
    readonly meaning: string;
    readonly carries: readonly Exclude<keyof Extract<Of, { readonly code: Code }>, 'code'>[];
  };
};

/** As the refusals of commands are documented, and in the same document. */
export const pipelineRefusals = {
  'authentication-required': {
    meaning: 'The session that calls has not checked its user, or its password, yet. Nothing was looked at.',
    carries: ['missing'],
  },
  cancelled: {
    meaning: 'The caller left before anything was done.',
    carries: [],
  },
  'check-not-built': {
    meaning:
      'A session can check a user, a password, a TOTP code and a recovery code. Nothing of the call was done.',
    carries: ['field'],
  },
  'deadline-exceeded': {
    meaning:
      'The time that the caller gave is over. What was under way may still be done: the same call with the same idempotency key finds out.',
    carries: [],
  },
  'enrolment-required': {
    meaning:
      'The organization requires a second factor, and the user of the session that calls has none. It may start and confirm the registration of an app or end itself, and nothing else.',
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
  'position-unknown': {
    meaning:
      'What stands in the header is no position that this log gave: it is cut or changed, or of another installation. Nothing was done.',
    carries: ['field'],
  },
  'rate-limited': {
    meaning: 'The caller, or its address, asks faster than it may. Nothing was looked at.',
    carries: ['retryAfterMs'],
  },
  'scope-required': {
    meaning:
      'An access token changes the factors, the tokens or the password of its own user only with the scope that is told, or with `all`.',
    carries: ['scope'],
  },
  'second-factor-required': {
    meaning:
      'The session that calls has not checked a second factor, and its user has one. Whatever the settings, it is not authenticated before.',
    carries: [],
  },
  'session-token-wrong': {
    meaning: 'The token that came along is not the present one of the session. Nothing was looked at.',
    carries: [],
  },
  'step-up-required': {
    meaning:
      'The session that calls has to show a second factor that is no older than is told: a code of an app or a recovery code with the call, or checked in the session before. Nothing was done.',
    carries: ['maxAgeSeconds'],
  },
  unauthenticated: {
    meaning:
      'No token came along, or one that does not count: malformed, wrong, expired, revoked, of a session that was ended or changed, or of somebody who is not active. Nobody can tell which.',
    carries: [],
  },
  unavailable: {
    meaning:
      'What the service stands on cannot be reached. Nothing was changed, and the same call may succeed later.',
    carries: [],
  },
} as const satisfies Documented<PipelineRefusal>;

export const queryRefusals = {
  'filter-too-deep': {
    meaning: 'The filter is nested too deeply.',
    carries: ['maximum'],
  },
  'filter-too-large': {
    meaning: 'The filter has too many parts, or too many values in one of them.',
    carries: ['maximum'],
  },
  'list-too-long': {
    meaning: 'More would have to be looked at than one query may. A narrower one can be answered.',
    carries: ['maximum'],
  },
  'not-yet': {
    meaning:
      'What was written before is not known to queries yet. Nothing is wrong, and the same call may succeed soon.',
    carries: ['behindMs'],
  },
  'page-invalid': {
    meaning: 'Neither offset nor limit may be negative, and a page has at most as many entries as are told.',
    carries: ['maximum'],
  },
} as const satisfies Documented<ListRefusal>;

export const operatorRefusals = {
  'build-live': {
    meaning: 'Queries are answered from this build. It can be dropped once another one is live.',
    carries: [],
  },
  'build-not-found': { meaning: 'There is no build of this number that has rows.', carries: [] },
  'build-unfinished': {
    meaning: 'A replay makes this build. Cancelling that drops it, too.',
    carries: [],
  },
  'event-not-found': { meaning: 'No event of ours stands at this position of the log.', carries: [] },
  'master-key-not-loaded': {
    meaning:
      'The file of master keys has another first key than the server began with, or cannot be read. It is read at the start, which then rotates; `countersign doctor` tells beforehand whether it can be.',
    carries: [],
  },
  'parked-stream-not-found': {
    meaning:
      'The stream is not parked, or at another event than the one that was named: somebody else may have been there.',
    carries: [],
  },
  'projection-not-found': { meaning: 'There is no projection of this name.', carries: [] },
  'projection-not-running': {
    meaning:
      'Nobody makes rows of the projection in this server: a replay has to build them, or it stopped for good.',
    carries: [],
  },
  'replay-not-found': { meaning: 'No replay that is known makes this build.', carries: [] },
  'replay-over': {
    meaning: 'The replay is done or cancelled: nothing can be done about it any more.',
    carries: [],
  },
  'replay-under-way': {
    meaning: 'The projection is being replayed already, or there is a build with this name beside.',
    carries: [],
  },
  'streams-max': {
    meaning: 'The caller, or all callers together, have as many streams open as there may be.',
    carries: ['maximum'],
  },
} as const satisfies Documented<OperatorRefusal>;
