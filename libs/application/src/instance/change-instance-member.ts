import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTextList } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { roleCharactersMax, rolesMax } from '#application/limits.js';
import { inOwnersTurn, ownershipWithoutUser } from '#application/owners.js';
import type { UserId } from '#domain/ids.js';
import { changeMember } from '#domain/instance/decide.js';
import type { ChangeMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = InstanceOutcome<ChangeMemberRefusal>;

export class ChangeInstanceMember extends Command<Outcome> {
  @IsId() readonly userId!: UserId;
  /** In place of those that the member has. */
  @IsTextList(rolesMax, roleCharactersMax) readonly roles!: readonly string[];
  readonly by!: Caller;

  constructor(fields: Fields<ChangeInstanceMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeInstanceMember)
export class ChangeInstanceMemberHandler implements ICommandHandler<ChangeInstanceMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeInstanceMember): Promise<Outcome> {
    const application = this.#application;
    const { userId } = command;
    return inOwnersTurn(application, userId, () =>
      executeForInstance(application, command, async (instance) =>
        changeMember(instance, command, await ownershipWithoutUser(application, userId)),
      ),
    );
  }
}
