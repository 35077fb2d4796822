import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsFieldsOf, IsId } from '#application/input.js';
import { changingPassword, PasswordShown } from '#application/password/changing.js';
import { NewPasswordFields, type PasswordHashUnreadable } from '#application/password/chosen.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
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
  readonly by!: Caller;

  constructor(fields: Fields<SetPassword>) {
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
    const changing = changingPassword(command, this.#application.parts.secrets);
    if (changing.kind === 'rejected') return changing;
    return unlessBusy(() =>
      executeForUser<PasswordRefusal, null>(this.#application, command, (account, context) =>
        changing.decide(account, context),
      ),
    );
  }
}
