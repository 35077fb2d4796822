import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { organizationNameCharactersMax } from '#application/limits.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { type NotFound, rename } from '#domain/organization/decide.js';

type Outcome = OrganizationOutcome<NotFound>;

export class RenameOrganization extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsText(organizationNameCharactersMax) readonly name!: string;
  readonly by!: Caller;

  constructor(fields: Fields<RenameOrganization>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RenameOrganization)
export class RenameOrganizationHandler implements ICommandHandler<RenameOrganization> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RenameOrganization): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) =>
      rename(organization, command),
    );
  }
}
