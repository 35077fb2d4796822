// The three ways to another password: an administrator sets it, the present one is shown for it, or a code is.

import type { Refused } from '#application/caller.js';
import { type Fields, IsOneOf, IsText } from '#application/input.js';
import { passwordUnitsMax } from '#application/limits.js';
import type { Secrets } from '#application/parts.js';
import {
  type ChosenPassword,
  choosePassword,
  type NewPasswordFields,
  type PasswordHashUnreadable,
} from '#application/password/chosen.js';
import { guessPassword } from '#application/password/compare.js';
import { type Busy, busyWithPasswords } from '#application/recovery-codes/compare.js';
import type { Sealer } from '#application/sealer.js';
import type { UserContext } from '#application/users.js';
import type { Account } from '#domain/account/state.js';
import { type Decision, reject } from '#domain/decider.js';
import type { OrganizationId } from '#domain/ids.js';
import {
  changePassword,
  type PasswordRefusal,
  type ProvenPassword,
  passwordCodeToCompare,
  passwordToChange,
  resetPassword,
  setPassword,
  type WantedPassword,
} from '#domain/password/decide.js';
import type { PasswordEvent } from '#domain/password/events.js';
import { refusedByRules } from '#domain/password/rules.js';
import { livingHuman } from '#domain/user/decide.js';
import type { Human } from '#domain/user/state.js';

/** What it is changed by. */
export type PasswordWay = 'administrator' | 'current-password' | 'code';
const ways: readonly PasswordWay[] = ['administrator', 'current-password', 'code'];

export class PasswordShown {
  @IsOneOf(ways) readonly way!: PasswordWay;
  /** The present password, or the code; an administrator shows nothing. */
  @IsText(passwordUnitsMax, 0) readonly text: string = '';

  constructor(fields: Fields<PasswordShown, 'text'>) {
    Object.assign(this, fields);
  }
}

type Decided = Promise<Decision<PasswordEvent, PasswordRefusal>>;

export interface PasswordChanging {
  readonly kind: 'changing';
  /** @param names that the user is about to have besides those of now */
  decide(account: Account, context: UserContext, names?: readonly string[]): Decided;
}

export interface PasswordChange {
  readonly organizationId: OrganizationId;
  readonly password: NewPasswordFields;
  readonly shown: PasswordShown;
}

/** Made once for each command, however often it is decided. */
export function changingPassword(
  { organizationId, password, shown }: PasswordChange,
  secrets: Pick<Secrets, 'passwords' | 'sameCode'>,
): PasswordChanging | Refused<PasswordHashUnreadable | Busy> {
  // One that comes as a hash is not hashed, but the present one is compared all the same.
  const busy = shown.way === 'current-password' ? busyWithPasswords(secrets) : null;
  if (busy !== null) return busy;
  const chosen = choosePassword(password, secrets);
  if (chosen.kind === 'rejected') return chosen;
  const way = wayOf(shown, secrets);
  return {
    kind: 'changing',
    decide: async (account, context, names = []) => {
      const human = livingHuman(account, organizationId);
      if (human.kind === 'rejected') return reject(human.refusal);
      const traits = chosen.traits([...namesOf(human, context.sealer), ...names]);
      const wanted = { changeRequired: chosen.changeRequired, traits };
      return way({ account, organizationId, wanted, chosen }, context);
    },
  };
}

interface Subject {
  readonly account: Account;
  readonly organizationId: OrganizationId;
  readonly wanted: WantedPassword;
  readonly chosen: ChosenPassword;
}

type Way = (subject: Subject, context: UserContext) => Decided;

function wayOf({ way, text }: PasswordShown, secrets: Pick<Secrets, 'passwords' | 'sameCode'>): Way {
  switch (way) {
    case 'administrator':
      return byAdministrator;
    case 'current-password':
      return byCurrentPassword(text, secrets);
    case 'code':
      return byCode(text, secrets);
  }
}

async function byAdministrator(subject: Subject, context: UserContext): Decided {
  const { account, organizationId, wanted } = subject;
  const refused = refusedByRules(wanted.traits, context.settings);
  if (refused !== null) return reject(refused.refusal);
  const password = { ...wanted, hash: await sealedHash(subject, context) };
  return setPassword(account, { organizationId, password }, context);
}

function byCurrentPassword(text: string, { passwords }: Pick<Secrets, 'passwords'>): Way {
  const guess = guessPassword(text, {
    // Another password takes its place: what is compared is not made anew.
    passwords: {
      verify: (stored, password) => passwords.verify(stored, password),
      hash: (password) => passwords.hash(password),
      needsRehash: () => false,
    },
  });
  return async (subject, context) => {
    const { account, organizationId, wanted } = subject;
    const target = passwordToChange(account, { organizationId, password: wanted }, context);
    if (target.kind === 'rejected') return reject(target.refusal);
    const { matches } = await guess.compare(context.sealer.openText('password-hash', target.hash));
    const password = await proven(subject, context, matches);
    return changePassword(account, { organizationId, password }, context);
  };
}

function byCode(text: string, { sameCode }: Pick<Secrets, 'sameCode'>): Way {
  return async (subject, context) => {
    const { account, organizationId, wanted } = subject;
    const awaited = passwordCodeToCompare(account, { organizationId, password: wanted }, context);
    if (awaited.kind === 'rejected') return reject(awaited.refusal);
    const isRight = sameCode(text, context.sealer.openText('password-code', awaited.answer));
    const password = await proven(subject, context, isRight);
    return resetPassword(account, { organizationId, password }, context);
  };
}

async function proven(subject: Subject, context: UserContext, isRight: boolean): Promise<ProvenPassword> {
  const { wanted } = subject;
  if (!isRight) return { guess: 'wrong', ...wanted };
  return { guess: 'right', ...wanted, hash: await sealedHash(subject, context) };
}

const sealedHash = async ({ chosen }: Subject, { sealer }: UserContext) =>
  sealer.seal('password-hash', await chosen.hash());

const namesOf = ({ username, email }: Human, sealer: Sealer): readonly string[] => [
  sealer.openText('username', username),
  sealer.openText('email', email),
];
