import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsFieldsOf, IsId } from '#application/input.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { changeSettings, type NotFound } from '#domain/organization/decide.js';
import type { SettingsRefusal } from '#domain/organization/decide-settings.js';

type Outcome = OrganizationOutcome<NotFound | SettingsRefusal>;

/** What is left out stays as it is. */
export class ChangeOrganizationSettings extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsFieldsOf(SettingsFields) readonly changed!: SettingsFields;
  readonly by!: Caller;

  constructor(fields: Fields<ChangeOrganizationSettings>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeOrganizationSettings)
export class ChangeOrganizationSettingsHandler implements ICommandHandler<ChangeOrganizationSettings> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: ChangeOrganizationSettings): Promise<Outcome> {
    const inherited = await this.#application.surroundings.inherited();
    return executeForOrganization(this.#application, command, (organization) =>
      changeSettings(organization, command, { inherited }),
    );
  }
}
