import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTextList } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { roleCharactersMax, rolesMax } from '#application/limits.js';
import { presenceOf } from '#application/users.js';
import type { UserId } from '#domain/ids.js';
import { addMember } from '#domain/instance/decide.js';
import type { AddMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = InstanceOutcome<AddMemberRefusal>;

export class AddInstanceMember extends Command<Outcome> {
  @IsId() readonly userId!: UserId;
  @IsTextList(rolesMax, roleCharactersMax) readonly roles!: readonly string[];
  readonly by!: Caller;

  constructor(fields: Fields<AddInstanceMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(AddInstanceMember)
export class AddInstanceMemberHandler implements ICommandHandler<AddInstanceMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: AddInstanceMember): Promise<Outcome> {
    const application = this.#application;
    const { userId, roles } = command;
    return executeForInstance(application, command, async (instance) =>
      addMember(instance, { userId, roles, user: await presenceOf(application, userId) }),
    );
  }
}
