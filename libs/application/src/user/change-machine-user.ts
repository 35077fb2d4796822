import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import { descriptionCharactersMax, profileCharactersMax } from '#application/limits.js';
import { machineProfileText } from '#application/user/profile.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { changeMachine, type MachineRefusal } from '#domain/user/decide.js';
import { isAlive } from '#domain/user/state.js';

type Outcome = UserOutcome<null, MachineRefusal>;

/** What is left out is empty afterwards. */
export class ChangeMachineUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(profileCharactersMax) readonly name!: string;
  @MayBeNull() @IsText(descriptionCharactersMax) readonly description: string | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<ChangeMachineUser, 'description'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeMachineUser)
export class ChangeMachineUserHandler implements ICommandHandler<ChangeMachineUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeMachineUser): Promise<Outcome> {
    const { organizationId } = command;
    return executeForUser<MachineRefusal, null>(this.#application, command, (account, { sealer }) => {
      const { user } = account;
      if (!isAlive(user)) return reject({ code: 'user-not-found' });
      const profile = sealer.sealChanged('profile', machineProfileText(command), user.profile);
      return changeMachine(account, { organizationId, profile });
    });
  }
}
