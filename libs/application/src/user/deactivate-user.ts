import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { inOwnersTurn, ownershipWithoutUser } from '#application/owners.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type DeactivateRefusal, deactivate } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, DeactivateRefusal>;

export class DeactivateUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<DeactivateUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(DeactivateUser)
export class DeactivateUserHandler implements ICommandHandler<DeactivateUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: DeactivateUser): Promise<Outcome> {
    const application = this.#application;
    const { userId } = command;
    return inOwnersTurn(application, userId, () =>
      executeForUser(application, command, async (account) =>
        deactivate(account, command, await ownershipWithoutUser(application, userId)),
      ),
    );
  }
}
