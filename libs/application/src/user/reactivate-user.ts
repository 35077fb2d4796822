import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type ReactivateRefusal, reactivate } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, ReactivateRefusal>;

export class ReactivateUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<ReactivateUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ReactivateUser)
export class ReactivateUserHandler implements ICommandHandler<ReactivateUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ReactivateUser): Promise<Outcome> {
    return executeForUser(this.#application, command, (account) => reactivate(account, command));
  }
}
