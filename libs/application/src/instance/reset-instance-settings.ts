import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import type { Fields } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { IsSettingNames } from '#application/organization/settings-fields.js';
import { resetSettings } from '#domain/instance/decide.js';
import type { SettingsRefusal } from '#domain/organization/decide-settings.js';
import type { SettingName } from '#domain/organization/settings.js';

type Outcome = InstanceOutcome<SettingsRefusal>;

/** These have their defaults again. */
export class ResetInstanceSettings extends Command<Outcome> {
  @IsSettingNames() readonly names!: readonly SettingName[];
  readonly by!: Caller;

  constructor(fields: Fields<ResetInstanceSettings>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ResetInstanceSettings)
export class ResetInstanceSettingsHandler implements ICommandHandler<ResetInstanceSettings> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ResetInstanceSettings): Promise<Outcome> {
    return executeForInstance(this.#application, command, (instance) => resetSettings(instance, command));
  }
}
