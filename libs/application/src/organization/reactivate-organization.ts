import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { type NotFound, type NotInactive, reactivate } from '#domain/organization/decide.js';

type Outcome = OrganizationOutcome<NotFound | NotInactive>;

export class ReactivateOrganization extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  readonly by!: Caller;

  constructor(fields: Fields<ReactivateOrganization>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ReactivateOrganization)
export class ReactivateOrganizationHandler implements ICommandHandler<ReactivateOrganization> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ReactivateOrganization): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) => reactivate(organization));
  }
}
