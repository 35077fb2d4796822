import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { inOwnersTurn, ownershipWithoutUser } from '#application/owners.js';
import type { UserId } from '#domain/ids.js';
import { removeMember } from '#domain/instance/decide.js';
import type { RemoveMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = InstanceOutcome<RemoveMemberRefusal>;

export class RemoveInstanceMember extends Command<Outcome> {
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveInstanceMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveInstanceMember)
export class RemoveInstanceMemberHandler implements ICommandHandler<RemoveInstanceMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveInstanceMember): Promise<Outcome> {
    const application = this.#application;
    const { userId } = command;
    return inOwnersTurn(application, userId, () =>
      executeForInstance(application, command, async (instance) =>
        removeMember(instance, command, await ownershipWithoutUser(application, userId)),
      ),
    );
  }
}
