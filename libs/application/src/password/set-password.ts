import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsFieldsOf, IsId, IsTrueOrFalse } from '#application/input.js';
import { changingPassword, PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields, type PasswordHashUnreadable } from '#application/password/chosen.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { PasswordRefusal } from '#domain/password/decide.js';

type Outcome = UserOutcome<null, PasswordRefusal | PasswordHashUnreadable | Busy>;

/** By an administrator, with the present one, or with a code. */
export class SetPassword extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsFieldsOf(NewPasswordFields) readonly password!: NewPasswordFields;
  @IsFieldsOf(PasswordShown) readonly shown!: PasswordShown;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<SetPassword, 'endOtherSessions'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(SetPassword)
export class SetPasswordHandler implements ICommandHandler<SetPassword> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: SetPassword): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const changing = changingPassword(command, secrets);
    if (changing.kind === 'rejected') return changing;
    return unlessBusy(async () => {
      const ending = await endingOf(this.#application, command);
      return executeForUser<PasswordRefusal, null>(this.#application, command, {
        decide: async (account, context) =>
          withOthersEnded(await changing.decide(account, context), ending, account),
        recall: () => null,
        isDear: true,
        guesses: command.shown.way !== 'administrator',
      });
    });
  }
}
