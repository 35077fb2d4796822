import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type NotFound, removeMember } from '#domain/organization/decide.js';
import type { RemoveMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = OrganizationOutcome<NotFound | RemoveMemberRefusal>;

export class RemoveOrganizationMember extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveOrganizationMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveOrganizationMember)
export class RemoveOrganizationMemberHandler implements ICommandHandler<RemoveOrganizationMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveOrganizationMember): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) =>
      removeMember(organization, command),
    );
  }
}
