import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTextList } from '#application/input.js';
import { roleCharactersMax, rolesMax } from '#application/limits.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import { presenceOf } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { addMember, type NotFound } from '#domain/organization/decide.js';
import type { AddMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = OrganizationOutcome<NotFound | AddMemberRefusal>;

/** Lets a user, of whichever organization, act in this one. */
export class AddOrganizationMember extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsTextList(rolesMax, roleCharactersMax) readonly roles!: readonly string[];
  readonly by!: Caller;

  constructor(fields: Fields<AddOrganizationMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(AddOrganizationMember)
export class AddOrganizationMemberHandler implements ICommandHandler<AddOrganizationMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: AddOrganizationMember): Promise<Outcome> {
    const application = this.#application;
    const { userId, roles } = command;
    return executeForOrganization(application, command, async (organization) =>
      addMember(organization, { userId, roles, user: await presenceOf(application, userId) }),
    );
  }
}
