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
import { type UserOutcome, withAnswer } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { LoginKey, OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
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

export interface HumanUserChanged {
  /** Null where none was asked for, or where the address is known to be the user's already. */
  readonly emailCode: string | null;
}

type Refusal = HumanRefusal | MetadataFull;
type Outcome = UserOutcome<HumanUserChanged, Refusal | ClaimRefusal>;

/** All of it at once, or nothing. What is left out stays as it is. */
export class ChangeHumanUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @MayBeNull() @IsFieldsOf(HumanProfileChanges) readonly profile: HumanProfileChanges | null = null;
  @MayBeNull() @IsFieldsOf(EmailFields) readonly email: EmailFields | null = null;
  /** Empty, and the person has none afterwards. */
  @MayBeNull() @IsText(phoneCharactersMax, 0) readonly phone: string | null = null;
  /** Under other keys there stays what there is. */
  @IsMetadata({ minimum: 0 }) readonly metadata: readonly Entry[] = [];
  readonly by!: Caller;

  constructor(fields: Fields<ChangeHumanUser, 'username' | 'profile' | 'email' | 'phone' | 'metadata'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeHumanUser)
export class ChangeHumanUserHandler implements ICommandHandler<ChangeHumanUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeHumanUser): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { organizationId, userId, username, email } = command;
    const made: Made = {
      metadata: hashEntries(this.#application, userId, command.metadata),
      usernameKey: username === null ? null : secrets.names.loginKey(username),
      emailKey: email === null ? null : secrets.names.loginKey(email.email),
      emailCode: email?.verification === 'code' ? makeEmailCode(secrets, clock()) : null,
    };
    return executeWithNames<Refusal, HumanUserChanged>(this.#application, command, {
      decide: (account, { sealer }) => {
        const human = livingHuman(account, organizationId);
        if (human.kind === 'rejected') return reject(human.refusal);
        const changes = changesOf({ human, sealer }, command, made);
        const entries = sealEntries(made.metadata, account, sealer);
        const changed = changeHumanUser(account, { organizationId, ...changes });
        const decision = alsoSetting(changed, { account, organizationId, entries });
        const isAwaited = decision.events.some(({ type }) => type === 'user.human.email.code.added');
        return withAnswer(decision, { emailCode: isAwaited ? (made.emailCode?.text ?? null) : null });
      },
      recall: () => ({ emailCode: null }),
    });
  }
}

interface Made {
  readonly metadata: readonly HashedEntry[];
  readonly usernameKey: LoginKey | null;
  readonly emailKey: LoginKey | null;
  readonly emailCode: ShownEmailCode | null;
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
