import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { idOfNew } from '#application/idempotency.js';
import { type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import {
  descriptionCharactersMax,
  profileCharactersMax,
  usernameCharactersMax,
} from '#application/limits.js';
import { addNamedUser } from '#application/user/add-named-user.js';
import { machineProfileText } from '#application/user/profile.js';
import type { UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type AddRefusal, addMachine } from '#domain/user/decide.js';

type Outcome = UserOutcome<{ readonly userId: UserId }, AddRefusal | ClaimRefusal>;

export class AddMachineUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  /** Null, and one is made. */
  @MayBeNull() @IsId() readonly userId: UserId | null = null;
  /** Null, and it is the id. */
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @IsText(profileCharactersMax) readonly name!: string;
  @MayBeNull() @IsText(descriptionCharactersMax) readonly description: string | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<AddMachineUser, 'userId' | 'username' | 'description'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(AddMachineUser)
export class AddMachineUserHandler implements ICommandHandler<AddMachineUser> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: AddMachineUser): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const { organizationId, by } = command;
    const userId = command.userId ?? (idOfNew(by, 'user', secrets) as UserId);
    const username = command.username ?? userId;
    const usernameKey = secrets.names.loginKey(username);
    const outcome = await addNamedUser(this.#application, {
      organizationId,
      userId,
      by,
      names: [username],
      decide: (account, context) => {
        const { sealer } = context;
        const profile = sealer.seal('profile', machineProfileText(command));
        const machine = { username: sealer.seal('username', username), usernameKey, profile };
        return addMachine(account, { organizationId, ...machine }, context);
      },
    });
    return outcome.kind === 'rejected' ? outcome : { ...outcome, answer: { userId } };
  }
}
