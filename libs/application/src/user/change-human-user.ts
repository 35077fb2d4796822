import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import {
  type Entry,
  type Fields,
  IsEmailAddress,
  IsFieldsOf,
  IsId,
  IsOneOf,
  IsText,
  MayBeNull,
} from '#application/input.js';
import { emailCharactersMax, phoneCharactersMax, usernameCharactersMax } from '#application/limits.js';
import {
  alsoSetting,
  type HashedEntry,
  hashEntries,
  IsMetadata,
  sealEntries,
} from '#application/metadata/entries.js';
import { changingPassword, type PasswordChanging, PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields, type PasswordHashUnreadable } from '#application/password/chosen.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import type { Sealer } from '#application/sealer.js';
import {
  type EmailVerification,
  emailVerifications,
  makeEmailCode,
  type ShownEmailCode,
  sealEmailCode,
} from '#application/user/email-code.js';
import { changedProfile, HumanProfileChanges, profileText, readProfile } from '#application/user/profile.js';
import { executeWithNames } from '#application/user/with-names.js';
import { type UserContext, type UserOutcome, withAnswer } from '#application/users.js';
import type { AccountEvent } from '#domain/account/events.js';
import type { Account } from '#domain/account/state.js';
import { accept, type Decision, reject } from '#domain/decider.js';
import type { LoginKey, OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import type { PasswordRefusal } from '#domain/password/decide.js';
import { type HumanRefusal, livingHuman } from '#domain/user/decide.js';
import { changeHumanUser } from '#domain/user/decide-change.js';
import type { Human } from '#domain/user/state.js';
import type { MetadataFull } from '#domain/user-metadata/decide.js';

export class EmailFields {
  @IsEmailAddress(emailCharactersMax) readonly email!: string;
  @IsOneOf(emailVerifications) readonly verification: EmailVerification = 'none';

  constructor(fields: Fields<EmailFields, 'verification'>) {
    Object.assign(this, fields);
  }
}

export class PasswordChangeFields {
  @IsFieldsOf(NewPasswordFields) readonly password!: NewPasswordFields;
  @IsFieldsOf(PasswordShown) readonly shown!: PasswordShown;

  constructor(fields: Fields<PasswordChangeFields>) {
    Object.assign(this, fields);
  }
}

export interface HumanUserChanged {
  /** Null where none was asked for, or where the address is known to be the user's already. */
  readonly emailCode: string | null;
}

type Refusal = HumanRefusal | MetadataFull | PasswordRefusal;
type Outcome = UserOutcome<HumanUserChanged, Refusal | ClaimRefusal | PasswordHashUnreadable | Busy>;

/** All of it at once, or nothing. What is left out stays as it is. */
export class ChangeHumanUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @MayBeNull() @IsFieldsOf(HumanProfileChanges) readonly profile: HumanProfileChanges | null = null;
  @MayBeNull() @IsFieldsOf(EmailFields) readonly email: EmailFields | null = null;
  /** Empty, and the person has none afterwards. */
  @MayBeNull() @IsText(phoneCharactersMax, 0) readonly phone: string | null = null;
  @MayBeNull() @IsFieldsOf(PasswordChangeFields) readonly password: PasswordChangeFields | null = null;
  /** Under other keys there stays what there is. */
  @IsMetadata({ minimum: 0 }) readonly metadata: readonly Entry[] = [];
  readonly by!: Caller;

  constructor(fields: Fields<ChangeHumanUser, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

type Optional = 'username' | 'profile' | 'email' | 'phone' | 'password' | 'metadata';

@CommandHandler(ChangeHumanUser)
export class ChangeHumanUserHandler implements ICommandHandler<ChangeHumanUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: ChangeHumanUser): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { organizationId, userId, username, email } = command;
    const password =
      command.password === null ? null : changingPassword({ organizationId, ...command.password }, secrets);
    if (password?.kind === 'rejected') return password;
    const made: Made = {
      metadata: hashEntries(this.#application, userId, command.metadata),
      usernameKey: username === null ? null : secrets.names.loginKey(username),
      emailKey: email === null ? null : secrets.names.loginKey(email.email),
      emailCode: email?.verification === 'code' ? makeEmailCode(secrets, clock()) : null,
      password,
    };
    return unlessBusy(() => this.#change(command, made));
  }

  #change(command: ChangeHumanUser, made: Made): Promise<Outcome> {
    const { organizationId } = command;
    return executeWithNames<Refusal, HumanUserChanged>(this.#application, command, {
      decide: async (account, context) => {
        const { sealer } = context;
        const human = livingHuman(account, organizationId);
        if (human.kind === 'rejected') return reject(human.refusal);
        const changes = changesOf({ human, sealer }, command, made);
        const entries = sealEntries(made.metadata, account, sealer);
        const changed = changeHumanUser(account, { organizationId, ...changes });
        const also = alsoSetting(changed, { account, organizationId, entries });
        const decision = await alsoChanging(also, { account, context }, { command, made });
        const isAwaited = decision.events.some(({ type }) => type === 'user.human.email.code.added');
        return withAnswer(decision, { emailCode: isAwaited ? (made.emailCode?.text ?? null) : null });
      },
      recall: () => ({ emailCode: null }),
      isDear: made.password !== null,
      guesses: command.password !== null && command.password.shown.way !== 'administrator',
    });
  }
}

/** Last of all: what is refused anyway is refused before anything is hashed or counted. */
async function alsoChanging(
  changed: Decision<AccountEvent, HumanRefusal | MetadataFull>,
  { account, context }: { readonly account: Account; readonly context: UserContext },
  { command, made }: { readonly command: ChangeHumanUser; readonly made: Made },
): Promise<Decision<AccountEvent, Refusal>> {
  if (made.password === null || changed.outcome.kind === 'rejected') return changed;
  const names = [command.username, command.email?.email].filter((name) => name != null);
  const set = await made.password.decide(account, context, names);
  return set.outcome.kind === 'rejected' ? set : accept(...changed.events, ...set.events);
}

interface Made {
  readonly metadata: readonly HashedEntry[];
  readonly usernameKey: LoginKey | null;
  readonly emailKey: LoginKey | null;
  readonly emailCode: ShownEmailCode | null;
  readonly password: PasswordChanging | null;
}

interface Present {
  readonly human: Human;
  readonly sealer: Sealer;
}

function changesOf(
  present: Present,
  { username, profile, email, phone }: ChangeHumanUser,
  { usernameKey, emailKey, emailCode }: Made,
) {
  const { human, sealer } = present;
  return {
    username:
      username === null || usernameKey === null
        ? null
        : { username: sealer.sealChanged('username', username, human.username), usernameKey },
    profile: profile === null ? null : sealedProfile(present, profile),
    email:
      email === null || emailKey === null
        ? null
        : {
            email: sealer.sealChanged('email', email.email, human.email),
            emailKey,
            verified: email.verification === 'verified',
            code: emailCode === null ? null : sealEmailCode(emailCode, sealer),
          },
    phone: phone === null ? null : { number: phone === '' ? null : sealedPhone(present, phone) },
  };
}

function sealedProfile({ human, sealer }: Present, changes: HumanProfileChanges) {
  const profile = readProfile(sealer.openText('profile', human.profile));
  return sealer.sealChanged('profile', profileText(changedProfile(profile, changes)), human.profile);
}

const sealedPhone = ({ human, sealer }: Present, phone: string) =>
  human.phone === null ? sealer.seal('phone', phone) : sealer.sealChanged('phone', phone, human.phone);
