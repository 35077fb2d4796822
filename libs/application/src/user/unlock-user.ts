import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type UnlockRefusal, unlock } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, UnlockRefusal>;

export class UnlockUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<UnlockUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(UnlockUser)
export class UnlockUserHandler implements ICommandHandler<UnlockUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: UnlockUser): Promise<Outcome> {
    return executeForUser(this.#application, command, (account) => unlock(account, command));
  }
}
