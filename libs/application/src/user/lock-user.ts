import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { inOwnersTurn, ownershipWithoutUser } from '#application/owners.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type LockRefusal, lock } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, LockRefusal>;

export class LockUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<LockUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(LockUser)
export class LockUserHandler implements ICommandHandler<LockUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: LockUser): Promise<Outcome> {
    const application = this.#application;
    const { userId } = command;
    return inOwnersTurn(application, userId, () =>
      executeForUser(application, command, async (account) =>
        lock(account, command, await ownershipWithoutUser(application, userId)),
      ),
    );
  }
}
