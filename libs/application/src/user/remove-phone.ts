import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type HumanRefusal, removePhone } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, HumanRefusal>;

export class RemovePhone extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RemovePhone>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemovePhone)
export class RemovePhoneHandler implements ICommandHandler<RemovePhone> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemovePhone): Promise<Outcome> {
    return executeForUser(this.#application, command, (account) => removePhone(account, command));
  }
}
