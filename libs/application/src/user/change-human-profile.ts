import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsFieldsOf, IsId } from '#application/input.js';
import { HumanProfileFields, profileText } from '#application/user/profile.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { changeHumanProfile, type HumanRefusal, livingHuman } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, HumanRefusal>;

export class ChangeHumanProfile extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** In place of the present one, as a whole. */
  @IsFieldsOf(HumanProfileFields) readonly profile!: HumanProfileFields;
  readonly by!: Caller;

  constructor(fields: Fields<ChangeHumanProfile>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeHumanProfile)
export class ChangeHumanProfileHandler implements ICommandHandler<ChangeHumanProfile> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeHumanProfile): Promise<Outcome> {
    const { organizationId } = command;
    return executeForUser<HumanRefusal, null>(this.#application, command, (account, { sealer }) => {
      const human = livingHuman(account, organizationId);
      if (human.kind === 'rejected') return reject(human.refusal);
      const profile = sealer.sealChanged('profile', profileText(command.profile), human.profile);
      return changeHumanProfile(account, { organizationId, profile });
    });
  }
}
