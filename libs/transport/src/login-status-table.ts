// What passwords and changes of sessions are refused with, on the wire. Who has no password and who is not there are
// answered as who has another one.

import { statusCodes } from '#transport/call.js';
import type { CallRefusal } from '#transport/refusals.js';
import type { Sayings } from '#transport/status-table.js';

const { alreadyExists, failedPrecondition, invalidArgument, resourceExhausted } = statusCodes;

export const ofLogins = {
  'password-code-exhausted': {
    code: failedPrecondition,
    id: 'CSIGN-password-code-exhausted',
    text: 'Too many wrong guesses at this code; ask for a new one',
  },
  'password-code-expired': {
    code: failedPrecondition,
    id: 'CSIGN-password-code-expired',
    text: 'The code has expired; ask for a new one',
  },
  'password-code-not-deliverable': {
    code: failedPrecondition,
    id: 'CSIGN-password-code-not-deliverable',
    text: 'There is no delivery hook; ask for the code to be returned and deliver it',
  },
  'password-code-not-found': {
    code: failedPrecondition,
    id: 'COMMAND-2M9fs',
    text: 'Code not found',
  },
  'password-code-wrong': { code: invalidArgument, id: 'CODE-woT0xc', text: 'Code is invalid' },
  'password-composition': {
    code: invalidArgument,
    id: 'CSIGN-password-composition',
    text: 'The password lacks kinds of characters that the organization asks for',
  },
  'password-delayed': {
    code: resourceExhausted,
    id: 'CSIGN-password-delayed',
    text: 'Too many wrong passwords in a row; nothing was compared',
  },
  'password-exhausted': {
    code: failedPrecondition,
    id: 'CSIGN-password-exhausted',
    text: 'Too many wrong passwords in a row: the password has to be set anew',
  },
  'password-hash-unreadable': {
    code: invalidArgument,
    id: 'USER-JDk4t',
    text: 'Password hash encoding not supported',
  },
  'password-not-set': {
    code: failedPrecondition,
    id: 'COMMAND-3nJ4t',
    text: 'User has not set a password',
  },
  'password-too-common': {
    code: invalidArgument,
    id: 'CSIGN-password-too-common',
    text: 'The password is among those that are guessed first',
  },
  'password-too-long': {
    code: invalidArgument,
    id: 'CSIGN-password-too-long',
    text: 'Password is too long',
  },
  'password-too-short': { code: invalidArgument, id: 'DOMAIN-HuJf6', text: 'Password is too short' },
  'password-wrong': { code: invalidArgument, id: 'COMMAND-3M0fs', text: 'Password is invalid' },
  'session-already-exists': {
    code: alreadyExists,
    id: 'CSIGN-session-already-exists',
    text: 'The session was made before, by the same call',
  },
  'session-expired': { code: failedPrecondition, id: 'COMMAND-Hkl3d', text: 'Session has expired' },
  'session-lifetime-out-of-range': {
    code: invalidArgument,
    id: 'COMMAND-asEG4',
    text: 'Session lifetime must be positive, and no longer than the organization allows',
  },
  'session-terminated': {
    code: failedPrecondition,
    id: 'COMMAND-Hewfq',
    text: 'Session already terminated',
  },
  'session-user-change': {
    code: invalidArgument,
    id: 'CSIGN-session-user-change',
    text: 'User change not possible',
  },
  'session-user-missing': { code: invalidArgument, id: 'COMMAND-8N9ds', text: 'User ID is missing' },
} as const satisfies Sayings;

type UserMissing = Extract<CallRefusal, { readonly code: 'session-user-missing' }>;

/** By what was shown for nobody: ZITADEL has an id for each. */
export const idsOfUserMissing: Readonly<Record<UserMissing['field'], string>> = {
  password: 'COMMAND-Sfw3f',
  totp: 'COMMAND-8N9ds',
  'recovery-code': 'COMMAND-4m9s2',
  metadata: 'CSIGN-session-user-missing',
  'user-agent': 'CSIGN-session-user-missing',
};
