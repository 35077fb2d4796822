// Users, and what happens to them, for specs.

import type { LoginKey, OrganizationId, Sealed, TotpId } from '#domain/ids.js';
import { now } from '#domain/testing/specification.js';
import type { TotpParameters } from '#domain/totp/events.js';
import type { AddHuman, AddMachine } from '#domain/user/decide.js';
import type { ChangeEmail } from '#domain/user/decide-email.js';
import { emailGuessesMax } from '#domain/user/decide-email.js';

export const sealed = (text: string) => `sealed ${text}` as Sealed;
export const key = (name: string) => `key of ${name}` as LoginKey;
export const organizationId = 'acme' as OrganizationId;
const otherOrganizationId = 'umbrella' as OrganizationId;
export const here = { organizationId };
export const elsewhere = { organizationId: otherOrganizationId };

export const machine: AddMachine = {
  userId: sealed('id of printer'),
  organizationId,
  username: sealed('printer'),
  usernameKey: key('printer'),
  profile: sealed('the printer'),
};
const person = {
  userId: sealed('id of anna'),
  organizationId,
  username: sealed('anna'),
  usernameKey: key('anna'),
  profile: sealed('Anna'),
  email: sealed('anna@acme.example'),
  emailKey: key('anna@acme.example'),
  emailVerified: false,
  phone: sealed('+41 1'),
};
export const human: AddHuman = { ...person, code: null, totp: null };

export const humanAdded = { type: 'user.human.added', ...person } as const;
export const verifiedHumanAdded = { ...humanAdded, emailVerified: true };
export const machineAdded = { type: 'user.machine.added', ...machine } as const;
export const deactivated = { type: 'user.deactivated' } as const;
export const reactivated = { type: 'user.reactivated' } as const;
export const locked = { type: 'user.locked' } as const;
export const unlocked = { type: 'user.unlocked' } as const;
export const removed = { type: 'user.removed' } as const;
export const erased = { type: 'user.erased' } as const;
export const emailVerified = { type: 'user.human.email.verified' } as const;
export const wrongGuess = { type: 'user.human.email.verification.failed' } as const;

export const code = { code: sealed('K7PX2M'), expiresAt: now + 600_000 };
export const newCode = { code: sealed('9ZQ4TD'), expiresAt: now + 900_000 };
export const codeAdded = { type: 'user.human.email.code.added', ...code } as const;
export const newCodeAdded = { type: 'user.human.email.code.added', ...newCode } as const;
export const allGuesses = Array.from({ length: emailGuessesMax }, () => wrongGuess);

const parameters: TotpParameters = { algorithm: 'SHA1', digits: 6, periodSeconds: 30 };
export const seed = { totpId: 'phone' as TotpId, name: null, secret: sealed('seed'), parameters };

export const renamed = { username: sealed('anne'), usernameKey: key('anne') };
export const otherProfile = sealed('Anne');
export const otherPhone = sealed('+41 2');
export const otherEmail = { email: sealed('anne@acme.example'), emailKey: key('anne@acme.example') };
export const sameEmail = { email: human.email, emailKey: human.emailKey };
export const toOtherEmail: ChangeEmail = { organizationId, ...otherEmail, verified: false, code: null };

/** Guesses at the code of an email address. */
export const right = { organizationId, guess: 'right' } as const;
export const wrong = { organizationId, guess: 'wrong' } as const;
