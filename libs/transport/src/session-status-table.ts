// What sessions that call are refused, on the wire.

import { statusCodes } from '#transport/call.js';
import type { Sayings } from '#transport/status-table.js';

const { notFound, permissionDenied } = statusCodes;

/** Where ZITADEL tells two of them apart, its clients look at the text. */
export const ofSessions = {
  'authentication-required': { code: permissionDenied, id: 'AUTHZ-Kl3p0', text: 'Authentication required' },
  'second-factor-required': { code: permissionDenied, id: 'AUTHZ-Kl3p0', text: 'Mfa required' },
  'enrolment-required': {
    code: permissionDenied,
    id: 'AUTHZ-Kl3p0',
    text: 'Mfa required: a second factor has to be enrolled first',
  },
  'scope-required': {
    code: permissionDenied,
    id: 'CSIGN-scope-required',
    text: 'The access token has not the scope that changes what its user logs in with',
  },
  'session-not-found': { code: notFound, id: 'QUERY-SFeaa', text: 'Session does not exist' },
  'session-token-wrong': {
    code: permissionDenied,
    id: 'QUERY-dsfr3',
    text: 'The token is not that of the session',
    in: { DeleteSession: { id: 'COMMAND-sGr42' } },
  },
  'step-up-required': {
    code: permissionDenied,
    id: 'CSIGN-step-up-required',
    text: 'A second factor has to be shown',
  },
} as const satisfies Sayings;
