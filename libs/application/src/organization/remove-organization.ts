import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { type NotFound, remove } from '#domain/organization/decide.js';

type Outcome = OrganizationOutcome<NotFound>;

/** For good: its id is never given again. */
export class RemoveOrganization extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveOrganization>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveOrganization)
export class RemoveOrganizationHandler implements ICommandHandler<RemoveOrganization> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveOrganization): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) => remove(organization));
  }
}
