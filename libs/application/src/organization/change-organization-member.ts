import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTextList } from '#application/input.js';
import { roleCharactersMax, rolesMax } from '#application/limits.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { changeMember, type NotFound } from '#domain/organization/decide.js';
import type { ChangeMemberRefusal } from '#domain/organization/decide-members.js';

type Outcome = OrganizationOutcome<NotFound | ChangeMemberRefusal>;

export class ChangeOrganizationMember extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** In place of those that the member has. */
  @IsTextList(rolesMax, roleCharactersMax) readonly roles!: readonly string[];
  readonly by!: Caller;

  constructor(fields: Fields<ChangeOrganizationMember>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeOrganizationMember)
export class ChangeOrganizationMemberHandler implements ICommandHandler<ChangeOrganizationMember> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeOrganizationMember): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) =>
      changeMember(organization, command),
    );
  }
}
