import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import { inTurn, ownershipWithoutOrganization } from '#application/owners.js';
import type { OrganizationId } from '#domain/ids.js';
import { type NotFound, remove } from '#domain/organization/decide.js';
import type { LastOwner } from '#domain/organization/decide-members.js';

type Outcome = OrganizationOutcome<NotFound | LastOwner>;

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
    const application = this.#application;
    return inTurn(application, () =>
      executeForOrganization(application, command, async (organization) =>
        remove(organization, null, await ownershipWithoutOrganization(application, command.organizationId)),
      ),
    );
  }
}
