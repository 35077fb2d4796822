import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import { inTurn, ownershipWithoutOrganization } from '#application/owners.js';
import type { OrganizationId } from '#domain/ids.js';
import { type AlreadyInactive, deactivate, type NotFound } from '#domain/organization/decide.js';
import type { LastOwner } from '#domain/organization/decide-members.js';

type Outcome = OrganizationOutcome<NotFound | AlreadyInactive | LastOwner>;

/** Nobody is added to it and nobody of it verifies anything until it is reactivated. */
export class DeactivateOrganization extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  readonly by!: Caller;

  constructor(fields: Fields<DeactivateOrganization>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(DeactivateOrganization)
export class DeactivateOrganizationHandler implements ICommandHandler<DeactivateOrganization> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: DeactivateOrganization): Promise<Outcome> {
    const application = this.#application;
    return inTurn(application, () =>
      executeForOrganization(application, command, async (organization) =>
        deactivate(
          organization,
          null,
          await ownershipWithoutOrganization(application, command.organizationId),
        ),
      ),
    );
  }
}
