import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { inOwnersTurn } from '#application/owners.js';
import { eraseUser } from '#application/user/erase.js';
import type { UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { RemoveRefusal } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, RemoveRefusal>;

/** What is known of the person is gone for good; that there was somebody stays. May be asked again. */
export class EraseUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<EraseUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(EraseUser)
export class EraseUserHandler implements ICommandHandler<EraseUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: EraseUser): Promise<Outcome> {
    const application = this.#application;
    return inOwnersTurn(application, command.userId, () => eraseUser(application, command));
  }
}
