import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { inOwnersTurn, ownershipWithoutUser } from '#application/owners.js';
import { executeWithNames } from '#application/user/with-names.js';
import type { UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type RemoveRefusal, remove } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, RemoveRefusal | ClaimRefusal>;

/** For good: the id is never given again. What was sealed stays readable until the user is erased. */
export class RemoveUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveUser>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveUser)
export class RemoveUserHandler implements ICommandHandler<RemoveUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveUser): Promise<Outcome> {
    const application = this.#application;
    const { userId } = command;
    return inOwnersTurn(application, userId, () =>
      executeWithNames<RemoveRefusal>(application, command, async (account) =>
        remove(account, command, await ownershipWithoutUser(application, userId)),
      ),
    );
  }
}
