import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { idOfNew } from '#application/idempotency.js';
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
import {
  emailCharactersMax,
  phoneCharactersMax,
  seedCharactersMax,
  usernameCharactersMax,
} from '#application/limits.js';
import { type HashedEntry, hashEntries, IsMetadata, sealEntries } from '#application/metadata/entries.js';
import type { Secrets } from '#application/parts.js';
import { NewPasswordFields, type PasswordHashUnreadable } from '#application/password/chosen.js';
import { type FirstPassword, firstPassword } from '#application/password/first.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import type { Sealer } from '#application/sealer.js';
import { readSeed } from '#application/totp/imported-seed.js';
import { algorithms, digits, parametersOf, periods } from '#application/totp/shown.js';
import { addedBefore, addNamedUser } from '#application/user/add-named-user.js';
import {
  type EmailVerification,
  emailVerifications,
  makeEmailCode,
  type ShownEmailCode,
  sealEmailCode,
} from '#application/user/email-code.js';
import { HumanProfileFields, profileText } from '#application/user/profile.js';
import type { UserOutcome } from '#application/users.js';
import type { OrganizationId, TotpId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { defaultSettings } from '#domain/organization/settings.js';
import { withFirstPassword } from '#domain/password/decide.js';
import type { PasswordRuleRefusal } from '#domain/password/rules.js';
import type { TotpParameters } from '#domain/totp/events.js';
import { type AddRefusal, addHuman, type ImportedTotp } from '#domain/user/decide.js';
import { type MetadataFull, withFirstMetadata } from '#domain/user-metadata/decide.js';

export interface HumanUserAdded {
  readonly userId: UserId;
  /** Null where none was asked for, and where the call is a repeat. */
  readonly emailCode: string | null;
  /** Of the imported seed. */
  readonly totpId: TotpId | null;
}

type Outcome = UserOutcome<
  HumanUserAdded,
  AddRefusal | MetadataFull | ClaimRefusal | PasswordRuleRefusal | PasswordHashUnreadable | Busy
>;

export class AddHumanUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  /** Null, and one is made. */
  @MayBeNull() @IsId() readonly userId: UserId | null = null;
  /** Null, and it is the email address. */
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @IsFieldsOf(HumanProfileFields) readonly profile!: HumanProfileFields;
  @IsEmailAddress(emailCharactersMax) readonly email!: string;
  @IsOneOf(emailVerifications) readonly emailVerification: EmailVerification = 'none';
  @MayBeNull() @IsText(phoneCharactersMax) readonly phone: string | null = null;
  /** In base32: who was enrolled elsewhere is enrolled here, without a code. */
  @MayBeNull() @IsText(seedCharactersMax) readonly totpSecret: string | null = null;
  @MayBeNull() @IsOneOf(algorithms) readonly totpAlgorithm: TotpParameters['algorithm'] | null = null;
  @MayBeNull() @IsOneOf(digits) readonly totpDigits: TotpParameters['digits'] | null = null;
  @MayBeNull() @IsOneOf(periods) readonly totpPeriodSeconds: TotpParameters['periodSeconds'] | null = null;
  @MayBeNull() @IsFieldsOf(NewPasswordFields) readonly password: NewPasswordFields | null = null;
  @IsMetadata({ minimum: 0 }) readonly metadata: readonly Entry[] = [];
  readonly by!: Caller;

  constructor(fields: Fields<AddHumanUser, Optional>) {
    super();
    Object.assign(this, fields);
  }
}

type Optional =
  | 'userId'
  | 'username'
  | 'emailVerification'
  | 'phone'
  | 'totpSecret'
  | 'totpAlgorithm'
  | 'totpDigits'
  | 'totpPeriodSeconds'
  | 'password'
  | 'metadata';

@CommandHandler(AddHumanUser)
export class AddHumanUserHandler implements ICommandHandler<AddHumanUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: AddHumanUser): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const seed = command.totpSecret === null ? null : readSeed(command.totpSecret, 'totpSecret', secrets);
    if (seed !== null && 'code' in seed) return { kind: 'rejected', refusal: seed };
    const usernames = [command.username ?? command.email, command.email];
    const password = firstPassword(command.password, usernames, secrets);
    const ids = idsOf(command, seed, secrets);
    if (password.kind === 'first') return unlessBusy(() => this.#add(command, { ...ids, seed, password }));
    // What is sent again needs no hash, however many wait for one.
    const isBusy = password.refusal.code === 'busy';
    return (isBusy && (await this.#addedBefore(command, ids))) || password;
  }

  async #addedBefore({ organizationId, by }: AddHumanUser, ids: Ids): Promise<Outcome | null> {
    const outcome = await addedBefore(this.#application, { organizationId, userId: ids.userId, by });
    return outcome && told(outcome, { ...ids, emailCode: null });
  }

  async #add(command: AddHumanUser, given: Given): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { userId } = given;
    const made: Made = {
      ...given,
      metadata: hashEntries(this.#application, userId, command.metadata),
      emailCode: command.emailVerification === 'code' ? makeEmailCode(secrets, clock()) : null,
    };
    return told(await this.#addMade(command, made), made);
  }

  #addMade(command: AddHumanUser, made: Made) {
    const { names } = this.#application.parts.secrets;
    const username = command.username ?? command.email;
    const keys = { usernameKey: names.loginKey(username), emailKey: names.loginKey(command.email) };
    const verified = command.emailVerification === 'verified' ? [command.email] : [];
    return addNamedUser<PasswordRuleRefusal>(this.#application, {
      organizationId: command.organizationId,
      userId: made.userId,
      by: command.by,
      names: [username, ...verified],
      prepare: ({ settings }) => made.password.prepare(settings),
      decide: async (account, context) => {
        const { sealer } = context;
        const added = addHuman(account, { ...keys, ...sealed(command, made, sealer) }, context);
        const password = await made.password.sealedBy(sealer);
        return withFirstMetadata(
          withFirstPassword(added, password, context),
          sealEntries(made.metadata, account, sealer),
        );
      },
    });
  }
}

interface Ids {
  readonly userId: UserId;
  /** Of the imported seed. */
  readonly totpId: TotpId | null;
}

/** A repeat has the same. */
const idsOf = ({ userId, by }: AddHumanUser, seed: Buffer | null, secrets: Secrets): Ids => ({
  userId: userId ?? (idOfNew(by, 'user', secrets) as UserId),
  totpId: seed === null ? null : (idOfNew(by, 'totp', secrets) as TotpId),
});

interface Given extends Ids {
  readonly seed: Buffer | null;
  readonly password: FirstPassword;
}

interface Made extends Given {
  readonly metadata: readonly HashedEntry[];
  readonly emailCode: ShownEmailCode | null;
}

function told(
  outcome: UserOutcome<null, Extract<Outcome, { readonly kind: 'rejected' }>['refusal']>,
  { userId, totpId, emailCode }: Pick<Made, 'userId' | 'totpId' | 'emailCode'>,
): Outcome {
  if (outcome.kind === 'rejected') return outcome;
  const shown = outcome.repeated ? null : (emailCode?.text ?? null);
  return { ...outcome, answer: { userId, emailCode: shown, totpId } };
}

function sealed(command: AddHumanUser, { userId, seed, totpId, emailCode }: Made, sealer: Sealer) {
  const { organizationId, username, profile, email, phone } = command;
  return {
    userId: sealer.seal('user-id', userId),
    organizationId,
    username: sealer.seal('username', username ?? email),
    profile: sealer.seal('profile', profileText(profile)),
    email: sealer.seal('email', email),
    emailVerified: command.emailVerification === 'verified',
    phone: sealer.sealNullable('phone', phone),
    code: emailCode === null ? null : sealEmailCode(emailCode, sealer),
    totp: seed === null || totpId === null ? null : importedTotp(command, { seed, totpId }, sealer),
  };
}

function importedTotp(
  { totpAlgorithm, totpDigits, totpPeriodSeconds }: AddHumanUser,
  { seed, totpId }: { readonly seed: Buffer; readonly totpId: TotpId },
  sealer: Sealer,
): ImportedTotp {
  const chosen = { algorithm: totpAlgorithm, digits: totpDigits, periodSeconds: totpPeriodSeconds };
  // Whoever exports a seed without its parameters means those that nearly all authenticators use.
  const parameters = parametersOf(chosen, defaultSettings.totpParameters);
  return { totpId, name: null, secret: sealer.seal('totp-secret', seed, totpId), parameters };
}
