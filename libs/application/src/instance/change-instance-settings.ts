import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsFieldsOf } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { SettingsFields } from '#application/organization/settings-fields.js';
import { changeSettings } from '#domain/instance/decide.js';
import type { SettingsRefusal } from '#domain/organization/decide-settings.js';

type Outcome = InstanceOutcome<SettingsRefusal>;

/** What is left out stays as it is, and holds wherever an organization chose nothing. */
export class ChangeInstanceSettings extends Command<Outcome> {
  @IsFieldsOf(SettingsFields) readonly changed!: SettingsFields;
  readonly by!: Caller;

  constructor(fields: Fields<ChangeInstanceSettings>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeInstanceSettings)
export class ChangeInstanceSettingsHandler implements ICommandHandler<ChangeInstanceSettings> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeInstanceSettings): Promise<Outcome> {
    return executeForInstance(this.#application, command, (instance) => changeSettings(instance, command));
  }
}
