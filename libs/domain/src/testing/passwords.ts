// Passwords, and what becomes of them, for specs.

import type { PasswordChange, PasswordEvent } from '#domain/password/events.js';
import type { PasswordTraits } from '#domain/password/rules.js';
import { sealed } from '#domain/testing/people.js';
import { now } from '#domain/testing/specification.js';

export const fine: PasswordTraits = { characters: 12, kinds: ['lowercase'], isCommon: false };

export const changed = (
  name = 'old',
  how: PasswordChange = 'set',
  changeRequired = false,
): PasswordEvent => ({
  type: 'user.human.password.changed',
  hash: sealed(`hash of ${name}`),
  changeRequired,
  how,
});
export const rehashed: PasswordEvent = {
  type: 'user.human.password.hash.updated',
  hash: sealed('new hash of old'),
};
export const right: PasswordEvent = { type: 'user.human.password.check.succeeded' };
export const wrong: PasswordEvent = { type: 'user.human.password.check.failed' };
export const resetCode = { code: sealed('K7PX2M'), expiresAt: now + 600_000, send: false };
export const resetCodeAdded = {
  type: 'user.human.password.code.added',
  ...resetCode,
} as const satisfies PasswordEvent;
export const wrongResetCode: PasswordEvent = { type: 'user.human.password.code.check.failed' };

/** Another password, which nothing can be said against. */
export const another = {
  guess: 'right',
  hash: sealed('hash of new'),
  changeRequired: false,
  traits: fine,
} as const;
export const notAnother = { ...another, guess: 'wrong' } as const;
