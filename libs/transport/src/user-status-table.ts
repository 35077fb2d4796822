// What is said of users and their addresses, on the wire.

import { statusCodes } from '#transport/call.js';
import type { Sayings } from '#transport/status-table.js';

const { aborted, alreadyExists, failedPrecondition, invalidArgument, notFound } = statusCodes;

export const ofUsers = {
  'last-owner': {
    code: failedPrecondition,
    id: 'CSIGN-last-owner',
    text: 'Somebody has to stay owner',
  },
  'login-name-claimed': {
    code: aborted,
    id: 'CSIGN-login-name-claimed',
    text: 'Another user is about to have this login name',
  },
  'login-name-taken': { code: alreadyExists, id: 'V3-DKcYh', text: 'User already exists' },
  'metadata-max': {
    code: failedPrecondition,
    id: 'CSIGN-metadata-max',
    text: 'The user has as much metadata as anybody may have',
  },
  'metadata-not-found': {
    code: notFound,
    id: 'CSIGN-metadata-not-found',
    text: 'The user has no metadata of this key',
  },
  'user-already-exists': { code: failedPrecondition, id: 'COMMAND-7yiox1isql', text: 'User already exists' },
  'user-already-inactive': {
    code: failedPrecondition,
    id: 'COMMAND-5gunjw0cd7',
    text: 'User is already inactive',
  },
  'user-already-locked': {
    code: failedPrecondition,
    id: 'COMMAND-lgws8wtsqf',
    text: 'User is neither active nor initial',
  },
  'user-inactive': {
    code: failedPrecondition,
    id: 'CSIGN-user-inactive',
    text: 'User is inactive',
    in: {
      CreateSession: { id: 'SESSION-Gj4ko', text: 'User is not active' },
      LockUser: { id: 'COMMAND-lgws8wtsqf', text: 'User is neither active nor initial' },
    },
  },
  'user-locked': {
    code: failedPrecondition,
    id: 'COMMAND-SF3fg',
    text: 'User is locked',
    in: {
      CreateSession: { id: 'COMMAND-JLK35' },
      RemoveRecoveryCodes: { id: 'COMMAND-d9u8q' },
      VerifyRecoveryCode: { id: 'COMMAND-2w6oa' },
    },
  },
  'user-not-found': {
    code: notFound,
    id: 'QUERY-Dfbg2',
    text: 'User could not be found',
    in: {
      RegisterTOTP: { id: 'COMMAND-SqyJz' },
      VerifyTOTPRegistration: { id: 'COMMAND-4g3xq' },
      GenerateRecoveryCodes: { id: 'COMMAND-uXHNj' },
      LockUser: { id: 'COMMAND-450yxuqrh1' },
      UnlockUser: { id: 'COMMAND-x377t913pw' },
      DeactivateUser: { id: 'COMMAND-5gp2p62iin' },
      ReactivateUser: { id: 'COMMAND-9hy5kzbuk6' },
      DeleteUser: { id: 'COMMAND-bd4ir1mblj' },
    },
  },
  'user-not-human': {
    code: failedPrecondition,
    id: 'CSIGN-user-not-human',
    text: 'A machine has no such thing',
  },
  'user-not-inactive': { code: failedPrecondition, id: 'COMMAND-s5qqcz97hf', text: 'User is not inactive' },
  'user-not-locked': { code: failedPrecondition, id: 'COMMAND-olb9vb0oca', text: 'User is not locked' },
  'user-not-machine': {
    code: failedPrecondition,
    id: 'CSIGN-user-not-machine',
    text: 'A human has no such thing',
  },
} as const satisfies Sayings;

export const ofEmail = {
  'email-already-verified': {
    code: failedPrecondition,
    id: 'CSIGN-email-already-verified',
    text: 'The address is verified already',
  },
  'email-code-exhausted': {
    code: failedPrecondition,
    id: 'CSIGN-email-code-exhausted',
    text: 'Too many wrong guesses at this code; ask for a new one',
  },
  'email-code-expired': {
    code: failedPrecondition,
    id: 'CSIGN-email-code-expired',
    text: 'The code has expired; ask for a new one',
  },
  'email-code-not-found': {
    code: failedPrecondition,
    id: 'CSIGN-email-code-not-found',
    text: 'No code was made for this address',
  },
  'email-code-wrong': { code: invalidArgument, id: 'CSIGN-email-code-wrong', text: 'Another code was sent' },
} as const satisfies Sayings;
