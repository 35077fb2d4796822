// What commands refuse, and what each code means: the one table that documents are made of and that every
// transport has to map. A code means the same whichever command answers it.

import type { handlers } from '#application/handlers.js';
import type { IdempotencyKeyMalformed } from '#application/idempotency.js';

type Told = Awaited<ReturnType<InstanceType<(typeof handlers)[number]>['execute']>>;

/** Whatever some command answers. */
export type Refusal = Extract<Told, { readonly kind: 'rejected' }>['refusal'] | IdempotencyKeyMalformed;

type OfCode<Code extends Refusal['code']> = Extract<Refusal, { readonly code: Code }>;
type Carried<Of> = Of extends unknown ? Exclude<keyof Of, 'code'> : never;

type Documented = {
  readonly [Code in Refusal['code']]: {
    /** One or two sentences. */
    readonly meaning: string;
    /** The names of what comes with the code. */
    readonly carries: readonly Carried<OfCode<Code>>[];
  };
};

export const refusals = {
  'access-token-expiry-past': {
    meaning: 'The time until which the token should be valid is not ahead.',
    carries: [],
  },
  'access-token-not-found': { meaning: 'The user has no such token, or not any more.', carries: [] },
  'access-token-scopes-invalid': {
    meaning:
      'A token has between one scope and the maximum: lower-case words joined by dots and hyphens, each but once.',
    carries: ['maximum'],
  },
  'access-tokens-max': {
    meaning: 'The user has as many live tokens as anybody may have; one has to be removed first.',
    carries: ['maximum'],
  },
  'attempts-delayed': {
    meaning:
      'Too many guesses failed in a row, of whatever factor. This one was not compared, and costs nothing; where failures only ever delay, no number is left.',
    carries: ['nextAttemptAt', 'attemptsLeft'],
  },
  busy: {
    meaning:
      'More hashes are wanted than may wait. Nothing was compared or recorded, and the same call may succeed later.',
    carries: ['retryAfterMs'],
  },
  'code-already-used': {
    meaning: 'The code was right, and it, or one after it, has been accepted before. It counts as a failure.',
    carries: ['attemptsLeft', 'nextAttemptAt'],
  },
  contended: {
    meaning:
      'Too many others change the same thing at the same time. Nothing was changed, and the same call may succeed later.',
    carries: [],
  },
  'email-already-verified': {
    meaning: 'The address is verified: there is nothing left to prove.',
    carries: [],
  },
  'email-code-exhausted': {
    meaning: 'Too many wrong guesses were made at the code that was sent; a new one may be asked for.',
    carries: [],
  },
  'email-code-expired': {
    meaning: 'The time of the code that was sent is over; a new one may be asked for.',
    carries: [],
  },
  'email-code-not-found': { meaning: 'No code was made for the present address.', carries: [] },
  'email-code-wrong': {
    meaning: 'Another code was sent to the address. With no guesses left that one is void.',
    carries: ['guessesLeft'],
  },
  'idempotency-key-malformed': {
    meaning:
      'An idempotency key is between one and the maximum of printable ASCII characters. Nothing was looked up.',
    carries: ['field', 'maximum'],
  },
  'idempotency-key-reused': {
    meaning:
      'The same caller did something else under this idempotency key in the last 24 hours: another request takes another key. Nothing was changed.',
    carries: [],
  },
  'instance-already-set-up': { meaning: 'There is one instance, and it stays the one it is.', carries: [] },
  'instance-not-set-up': {
    meaning: 'Nothing can be changed before the first start made the instance.',
    carries: [],
  },
  'invalid-input': {
    meaning: 'What was sent breaks a rule of the command. Nothing was looked up.',
    carries: ['violations'],
  },
  'last-owner': {
    meaning:
      'Nobody else may do everything here, or nobody else who may act now: another owner is needed first.',
    carries: [],
  },
  'login-name-claimed': {
    meaning:
      'Another user is about to have the login name, or was cut short on the way; from then on that is settled.',
    carries: ['retryAt'],
  },
  'login-name-taken': { meaning: 'Another user has the login name.', carries: [] },
  'malformed-code': {
    meaning:
      'The code is not as many digits as a device that was asked shows. It was compared with nothing, and costs nothing.',
    carries: ['digits'],
  },
  'malformed-recovery-code': {
    meaning: "The text is nobody's recovery code. It was compared with nothing, and costs nothing.",
    carries: [],
  },
  'member-already-exists': { meaning: 'The user has roles here, which can be changed.', carries: [] },
  'member-not-found': { meaning: 'The user has no roles here.', carries: [] },
  'members-max': {
    meaning: 'There are as many members as there may be; one has to be removed first.',
    carries: ['maximum'],
  },
  'metadata-max': {
    meaning: 'The user would have entries under more keys than anybody may have.',
    carries: ['maximum'],
  },
  'metadata-not-found': {
    meaning: 'The user has nothing under one of the keys; nothing was removed.',
    carries: [],
  },
  'organization-already-exists': {
    meaning: 'The id was given before, and is never given again.',
    carries: [],
  },
  'organization-already-inactive': { meaning: 'There is nothing left to deactivate.', carries: [] },
  'organization-not-active': {
    meaning: 'The organization was deactivated: nobody is added to it and nobody of it verifies anything.',
    carries: [],
  },
  'organization-not-found': { meaning: 'There is no such organization, or not any more.', carries: [] },
  'organization-not-inactive': { meaning: 'There is nothing to reactivate.', carries: [] },
  'password-code-exhausted': {
    meaning: 'Too many wrong guesses were made at the code that was sent; a new one may be asked for.',
    carries: [],
  },
  'password-code-expired': {
    meaning: 'The time of the code that was sent is over; a new one may be asked for.',
    carries: [],
  },
  'password-code-not-deliverable': {
    meaning: 'There is no delivery hook that could bring the code to the user: ask to be told it instead.',
    carries: [],
  },
  'password-code-not-found': {
    meaning: 'No code was made since the password was set last, or the email address changed.',
    carries: [],
  },
  'password-code-wrong': {
    meaning: 'Another code was sent to the user. With no guesses left that one is void.',
    carries: ['guessesLeft'],
  },
  'password-composition': {
    meaning:
      'The organization asks for kinds of characters that the new password does not have: `uppercase`, `lowercase`, `digit` or `symbol`.',
    carries: ['missing'],
  },
  'password-delayed': {
    meaning: 'Too many wrong passwords were given in a row. This one was not compared, and costs nothing.',
    carries: ['nextAttemptAt', 'attemptsLeft'],
  },
  'password-exhausted': {
    meaning:
      'As many wrong passwords were given in a row as are allowed at all: it has to be set anew, by a code or by an administrator. This one was not compared.',
    carries: [],
  },
  'password-hash-unreadable': {
    meaning:
      'The hash is of no kind that could be compared with a password, is damaged, or would be dearer to compare with than is borne here.',
    carries: [],
  },
  'password-not-set': {
    meaning: 'The user has no password that could be changed; a code or an administrator sets the first.',
    carries: [],
  },
  'password-too-common': {
    meaning: 'The new password is among those that are guessed first, or is a name of the user.',
    carries: [],
  },
  'password-too-long': {
    meaning: 'The new password has more characters than anybody needs.',
    carries: ['maximum'],
  },
  'password-too-short': {
    meaning: 'The new password has fewer characters than the organization asks for.',
    carries: ['minimum'],
  },
  'password-wrong': {
    meaning:
      'It is not the password of this user; or there is no such user, or none with a password: nobody can tell which. Where no time is told, waiting does not help: the password has to be set anew.',
    carries: ['failures', 'attemptsLeft', 'nextAttemptAt'],
  },
  'policies-max': {
    meaning: 'The organization has as many policies as there may be; one has to be removed first.',
    carries: ['maximum'],
  },
  'policy-denied': {
    meaning:
      'Roles allow it, and policies of the organization do not: one forbids it, none permits it, or one could not be evaluated. What they say of it comes along.',
    carries: ['notices'],
  },
  'policy-not-found': { meaning: 'The organization has no policy of this name.', carries: [] },
  'proof-required': {
    meaning: 'Removing a factor takes a code of it, a recovery code, or an administrator.',
    carries: [],
  },
  'quota-exhausted': {
    meaning:
      'The organization has used what it may: turns until the period ends, relationships until one is given back or the ceiling is raised. Nothing was changed, and nothing was told of what was shown.',
    carries: ['quota', 'figures'],
  },
  'recovery-codes-not-found': { meaning: 'The user has no recovery code that could be used.', carries: [] },
  'role-missing': { meaning: 'A member without any role would be none.', carries: [] },
  'role-unknown': { meaning: 'There is no role of this name here.', carries: ['role'] },
  'setting-malformed': {
    meaning:
      'An authenticator app would misread the setting: an issuer has neither colons nor control characters.',
    carries: ['name'],
  },
  'setting-out-of-range': {
    meaning:
      'The value, or the number of its characters, is below or above what is allowed, or no whole number.',
    carries: ['name', 'minimum', 'maximum'],
  },
  'session-already-exists': {
    meaning: 'The same call made it, longer ago than a repeat is answered.',
    carries: [],
  },
  'session-expired': {
    meaning: 'Its lifetime is over, or the longest that any session may have.',
    carries: [],
  },
  'session-lifetime-out-of-range': {
    meaning: 'The organization does not let sessions last as long.',
    carries: ['minimum', 'maximum'],
  },
  'session-not-found': {
    meaning: 'Unknown, or not for the caller to see: nobody can tell which.',
    carries: [],
  },
  'session-terminated': {
    meaning:
      'The session was ended, by itself or with all sessions of its user: another one has to be begun.',
    carries: [],
  },
  'session-user-change': {
    meaning:
      'The session is for another user, and stays so: nothing that was shown for one counts for another.',
    carries: [],
  },
  'session-user-missing': {
    meaning:
      'What is about a user can be checked or noted down only in a session that knows its user: nothing else says under whose key it is sealed.',
    carries: ['field'],
  },
  'totp-already-ready': {
    meaning: 'The device is enrolled, and no registration ever replaces it.',
    carries: [],
  },
  'totp-devices-max': {
    meaning: 'The user has as many devices, disabled ones included, as the organization allows.',
    carries: ['maximum'],
  },
  'totp-disabled': {
    meaning:
      'Each device that was asked has had too many failures in a row: it has to be bound anew, or an administrator resets the attempts.',
    carries: [],
  },
  'totp-exhausted': {
    meaning: 'The wrong codes of the last 30 days are as many as are allowed. This one was not compared.',
    carries: ['nextAttemptAt'],
  },
  'totp-not-found': { meaning: 'The user has no such device, or none at all.', carries: [] },
  'totp-not-ready': {
    meaning: 'The only device there is, or the one named, still waits for its first code.',
    carries: [],
  },
  'totp-registration-expired': {
    meaning: 'The first code came too late; the registration has to be started anew.',
    carries: [],
  },
  'totp-registration-not-found': {
    meaning: 'There is no registration under way that the recovery codes could wait for.',
    carries: [],
  },
  'user-already-exists': {
    meaning: 'The id was given before, here or in another organization, and is never given again.',
    carries: [],
  },
  'user-already-inactive': { meaning: 'There is nothing left to deactivate.', carries: [] },
  'user-already-locked': { meaning: 'There is nothing left to lock.', carries: [] },
  'user-inactive': {
    meaning:
      'Until an administrator reactivates the user, nothing is verified, and nothing is there to lock.',
    carries: [],
  },
  'user-locked': { meaning: 'Until an administrator unlocks the user, nothing is verified.', carries: [] },
  'user-not-found': {
    meaning: 'Unknown, removed, erased, or of another organization: nobody can tell which.',
    carries: [],
  },
  'user-not-human': { meaning: 'A machine has no such thing.', carries: [] },
  'user-not-inactive': {
    meaning: 'There is nothing to reactivate; a locked user is unlocked instead.',
    carries: [],
  },
  'user-not-locked': { meaning: 'There is nothing to unlock.', carries: [] },
  'user-not-machine': { meaning: 'A human has no such thing.', carries: [] },
  'wrong-code': {
    meaning:
      'No device that was asked shows this code. Of a first code the likely cause is told. Where no time is told, waiting does not help: every device that was asked is disabled now.',
    carries: ['attemptsLeft', 'nextAttemptAt', 'hint'],
  },
  'wrong-recovery-code': {
    meaning: 'No unspent recovery code is this one.',
    carries: ['nextAttemptAt'],
  },
} as const satisfies Documented;

type Untold = {
  readonly [Code in Refusal['code']]: Exclude<
    Carried<OfCode<Code>>,
    (typeof refusals)[Code]['carries'][number]
  >;
}[Refusal['code']];

/** Whatever comes with a code is named above, or this does not compile. */
null satisfies [Untold] extends [never] ? null : Untold;
