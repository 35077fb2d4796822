import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import { IsPolicyName } from '#application/policy/fields.js';
import type { OrganizationId } from '#domain/ids.js';
import type { NotFound } from '#domain/organization/decide.js';
import { type PolicyNotFound, removePolicy } from '#domain/policy/decide.js';

type Outcome = OrganizationOutcome<NotFound | PolicyNotFound>;

/** Without any, roles decide alone again. */
export class RemovePolicy extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsPolicyName() readonly name!: string;
  readonly by!: Caller;

  constructor(fields: Fields<RemovePolicy>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemovePolicy)
export class RemovePolicyHandler implements ICommandHandler<RemovePolicy> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemovePolicy): Promise<Outcome> {
    return executeForOrganization(this.#application, command, (organization) =>
      removePolicy(organization, command),
    );
  }
}
