import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { IsSettingNames } from '#application/organization/settings-fields.js';
import { executeForOrganization, type OrganizationOutcome } from '#application/organizations.js';
import type { OrganizationId } from '#domain/ids.js';
import { type NotFound, resetSettings } from '#domain/organization/decide.js';
import type { SettingsRefusal } from '#domain/organization/decide-settings.js';
import type { SettingName } from '#domain/organization/settings.js';

type Outcome = OrganizationOutcome<NotFound | SettingsRefusal>;

/** These follow the instance again. */
export class ResetOrganizationSettings extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsSettingNames() readonly names!: readonly SettingName[];
  readonly by!: Caller;

  constructor(fields: Fields<ResetOrganizationSettings>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ResetOrganizationSettings)
export class ResetOrganizationSettingsHandler implements ICommandHandler<ResetOrganizationSettings> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: ResetOrganizationSettings): Promise<Outcome> {
    const inherited = await this.#application.surroundings.inherited();
    return executeForOrganization(this.#application, command, (organization) =>
      resetSettings(organization, command, { inherited }),
    );
  }
}
