// What each refusal is on the wire: gRPC's code, an id, and a text in English. Where ZITADEL knows the refusal, id
// and text are the ones that its clients look for (docs/zitadel-coverage.md says where ours is the mended
// code); any other id is `CSIGN-` and the refusal's own code.

import { type StatusCode, statusCodes } from '#transport/call.js';
import { ofLogins } from '#transport/login-status-table.js';
import { ofOperators } from '#transport/operator-status-table.js';
import type { CallRefusal } from '#transport/refusals.js';
import { ofSessions } from '#transport/session-status-table.js';
import { ofEmail, ofUsers } from '#transport/user-status-table.js';

export interface Said {
  readonly code: StatusCode;
  readonly id: string;
  readonly text: string;
}

export interface Saying extends Said {
  /** By the name of a method: where ZITADEL says the same otherwise. */
  readonly in?: Readonly<Record<string, Partial<Said>>>;
}

const {
  aborted,
  alreadyExists,
  cancelled,
  deadlineExceeded,
  failedPrecondition,
  internal,
  invalidArgument,
  notFound,
  permissionDenied,
  resourceExhausted,
  unauthenticated,
  unavailable,
  unimplemented,
} = statusCodes;

const invalidCode = { code: invalidArgument, id: 'EVENT-8isk2', text: 'Invalid code' } as const;
const invalidRecoveryCode = {
  code: invalidArgument,
  id: 'DOMAIN-6uvh0',
  text: 'Invalid recovery code provided',
} as const;

/** Of a session, which asks for one that is ready: ZITADEL has one id for none and for one that is not. */
const totpNotReady = {
  code: failedPrecondition,
  id: 'COMMAND-3Mif9s',
  text: "Multifactor OTP (OneTimePassword) isn't ready",
} as const;

const ofFactors = {
  'attempts-delayed': {
    code: resourceExhausted,
    id: 'CSIGN-attempts-delayed',
    text: 'Too many wrong codes in a row; nothing was compared',
  },
  'code-already-used': invalidCode,
  'malformed-code': invalidCode,
  'malformed-recovery-code': invalidRecoveryCode,
  'proof-required': {
    code: failedPrecondition,
    id: 'CSIGN-proof-required',
    text: 'Removing a factor takes a code of it, a recovery code, or an administrator',
  },
  'recovery-codes-not-found': {
    code: failedPrecondition,
    id: 'COMMAND-84rgg',
    text: 'There is no recovery code that could be used',
  },
  'totp-already-ready': {
    code: alreadyExists,
    id: 'COMMAND-do9se',
    text: 'Multifactor OTP (OneTimePassword) is already set up',
    in: { VerifyTOTPRegistration: { id: 'COMMAND-qx4ls' } },
  },
  'totp-devices-max': {
    code: failedPrecondition,
    id: 'CSIGN-totp-devices-max',
    text: 'There are as many devices as the organization allows',
  },
  'totp-disabled': {
    code: failedPrecondition,
    id: 'CSIGN-totp-disabled',
    text: 'Too many wrong codes: the device has to be bound anew, or reset by an administrator',
  },
  'totp-exhausted': {
    code: resourceExhausted,
    id: 'CSIGN-totp-exhausted',
    text: 'Too many wrong codes in 30 days; nothing was compared',
  },
  'totp-not-found': {
    code: notFound,
    id: 'COMMAND-3Mif9s',
    text: "Multifactor OTP (OneTimePassword) doesn't exist",
    in: {
      CreateSession: totpNotReady,
      SetSession: totpNotReady,
      RemoveTOTP: { id: 'COMMAND-Hd9sd' },
      RemoveTotp: { id: 'COMMAND-Hd9sd' },
    },
  },
  'totp-not-ready': {
    code: failedPrecondition,
    id: 'CSIGN-totp-not-ready',
    text: "Multifactor OTP (OneTimePassword) isn't ready",
    in: { CreateSession: totpNotReady, SetSession: totpNotReady },
  },
  'totp-registration-expired': {
    code: failedPrecondition,
    id: 'CSIGN-totp-registration-expired',
    text: 'The first code came too late; start the registration anew',
  },
  'totp-registration-not-found': {
    code: failedPrecondition,
    id: 'CSIGN-totp-registration-not-found',
    text: 'No registration is under way',
  },
  'wrong-code': invalidCode,
  'wrong-recovery-code': invalidRecoveryCode,
} as const satisfies Sayings;

const ofAccessTokens = {
  'access-token-expiry-past': {
    code: invalidArgument,
    id: 'CSIGN-access-token-expiry-past',
    text: 'The token would have expired already',
  },
  'access-token-not-found': {
    code: notFound,
    id: 'CSIGN-access-token-not-found',
    text: 'There is no such access token',
  },
  'access-token-scopes-invalid': {
    code: invalidArgument,
    id: 'CSIGN-access-token-scopes-invalid',
    text: 'The scopes are not those of a token',
  },
  'access-tokens-max': {
    code: failedPrecondition,
    id: 'CSIGN-access-tokens-max',
    text: 'The user has as many access tokens as anybody may have',
  },
} as const satisfies Sayings;

const ofOrganizations = {
  'instance-already-set-up': {
    code: failedPrecondition,
    id: 'CSIGN-instance-already-set-up',
    text: 'The instance is set up already',
  },
  'instance-not-set-up': {
    code: failedPrecondition,
    id: 'CSIGN-instance-not-set-up',
    text: 'The instance is not set up yet',
  },
  'member-already-exists': {
    code: alreadyExists,
    id: 'CSIGN-member-already-exists',
    text: 'The user is a member already',
  },
  'member-not-found': { code: notFound, id: 'CSIGN-member-not-found', text: 'There is no such member' },
  'members-max': {
    code: failedPrecondition,
    id: 'CSIGN-members-max',
    text: 'There are as many members as there may be',
  },
  'organization-already-exists': {
    code: alreadyExists,
    id: 'CSIGN-organization-already-exists',
    text: 'The id of the organization was given before',
  },
  'organization-already-inactive': {
    code: failedPrecondition,
    id: 'CSIGN-organization-already-inactive',
    text: 'The organization is already inactive',
  },
  'organization-not-active': {
    code: failedPrecondition,
    id: 'CSIGN-organization-not-active',
    text: 'The organization is not active',
  },
  'organization-not-found': {
    code: notFound,
    id: 'CSIGN-organization-not-found',
    text: 'The organization could not be found',
  },
  'organization-not-inactive': {
    code: failedPrecondition,
    id: 'CSIGN-organization-not-inactive',
    text: 'The organization is not inactive',
  },
  'policies-max': {
    code: failedPrecondition,
    id: 'CSIGN-policies-max',
    text: 'There are as many policies as there may be',
  },
  'policy-not-found': { code: notFound, id: 'CSIGN-policy-not-found', text: 'There is no such policy' },
  'role-missing': { code: invalidArgument, id: 'CSIGN-role-missing', text: 'A member has at least one role' },
  'role-unknown': {
    code: invalidArgument,
    id: 'CSIGN-role-unknown',
    text: 'There is no role of this name here',
  },
  'setting-malformed': {
    code: invalidArgument,
    id: 'CSIGN-setting-malformed',
    text: 'The setting has neither colons nor control characters',
  },
  'setting-out-of-range': {
    code: invalidArgument,
    id: 'CSIGN-setting-out-of-range',
    text: 'The setting is below or above what is allowed',
  },
} as const satisfies Sayings;

const ofLists = {
  'filter-too-deep': {
    code: invalidArgument,
    id: 'CSIGN-filter-too-deep',
    text: 'The filter is nested too deeply',
  },
  'filter-too-large': {
    code: invalidArgument,
    id: 'CSIGN-filter-too-large',
    text: 'The filter is too large',
  },
  'list-too-long': {
    code: failedPrecondition,
    id: 'CSIGN-list-too-long',
    text: 'Too much would have to be looked at; ask for less',
  },
  'not-yet': {
    code: unavailable,
    id: 'CSIGN-not-yet',
    text: 'What was written before is not known to queries yet; try again',
  },
  'page-invalid': {
    code: invalidArgument,
    id: 'CSIGN-page-invalid',
    text: 'The offset or the limit of the page is not one',
  },
} as const satisfies Sayings;

const ofAnyCall = {
  busy: { code: unavailable, id: 'CSIGN-busy', text: 'Too much is being hashed; try again' },
  cancelled: { code: cancelled, id: 'CSIGN-cancelled', text: 'The caller left; nothing was done' },
  'check-not-built': {
    code: unimplemented,
    id: 'CSIGN-check-not-built',
    text: 'This check is not built',
  },
  contended: {
    code: aborted,
    id: 'CSIGN-contended',
    text: 'Too many others change the same thing; nothing was changed, try again',
  },
  'deadline-exceeded': {
    code: deadlineExceeded,
    id: 'CSIGN-deadline-exceeded',
    text: 'The time is over; repeat the call with its idempotency key to learn what was done',
  },
  'idempotency-key-malformed': {
    code: invalidArgument,
    id: 'CSIGN-idempotency-key-malformed',
    text: 'The idempotency key is not 1 to 255 printable ASCII characters',
  },
  'idempotency-key-reused': {
    code: failedPrecondition,
    id: 'CSIGN-idempotency-key-reused',
    text: 'Something else was asked for under this idempotency key',
  },
  internal: {
    code: internal,
    id: 'CSIGN-internal',
    text: 'Something broke; the log says what, by the request id',
  },
  'invalid-input': { code: invalidArgument, id: 'CSIGN-invalid-input', text: 'The request breaks a rule' },
  'not-built': { code: unimplemented, id: 'CSIGN-not-built', text: 'This call is not built' },
  'outcome-unknown': {
    code: unavailable,
    id: 'CSIGN-outcome-unknown',
    text: 'The outcome is not known; repeat the call with its idempotency key to find out',
  },
  'permission-denied': { code: permissionDenied, id: 'AUTH-AWfge', text: 'No matching permissions found' },
  'policy-denied': {
    code: permissionDenied,
    id: 'CSIGN-policy-denied',
    text: 'Policies of the organization do not permit this',
  },
  'position-unknown': {
    code: invalidArgument,
    id: 'CSIGN-position-unknown',
    text: 'The header x-countersign-position holds no position that this log gave',
  },
  'quota-exhausted': {
    code: resourceExhausted,
    id: 'CSIGN-quota-exhausted',
    text: 'The organization has used what it may',
  },
  'rate-limited': { code: resourceExhausted, id: 'CSIGN-rate-limited', text: 'Too many calls; slow down' },
  unauthenticated: { code: unauthenticated, id: 'AUTH-7fs1e', text: 'No valid access token came along' },
  unavailable: {
    code: unavailable,
    id: 'CSIGN-unavailable',
    text: 'The service is not available; try again',
  },
} as const satisfies Sayings;

export type Sayings = { readonly [Code in CallRefusal['code']]?: Saying };

export const sayings: Readonly<Record<CallRefusal['code'], Saying>> = {
  ...ofUsers,
  ...ofEmail,
  ...ofFactors,
  ...ofAccessTokens,
  ...ofOrganizations,
  ...ofLists,
  ...ofOperators,
  ...ofLogins,
  ...ofSessions,
  ...ofAnyCall,
};
