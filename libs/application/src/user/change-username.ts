import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { usernameCharactersMax } from '#application/limits.js';
import { executeWithNames } from '#application/user/with-names.js';
import type { UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { changeUsername, type KnownRefusal } from '#domain/user/decide.js';
import { isAlive } from '#domain/user/state.js';

type Outcome = UserOutcome<null, ClaimRefusal>;

export class ChangeUsername extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(usernameCharactersMax) readonly username!: string;
  readonly by!: Caller;

  constructor(fields: Fields<ChangeUsername>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeUsername)
export class ChangeUsernameHandler implements ICommandHandler<ChangeUsername> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeUsername): Promise<Outcome> {
    const { organizationId } = command;
    const usernameKey = this.#application.parts.secrets.names.loginKey(command.username);
    return executeWithNames<KnownRefusal, null>(this.#application, command, (account, { sealer }) => {
      const { user } = account;
      if (!isAlive(user)) return reject({ code: 'user-not-found' });
      const username = sealer.sealChanged('username', command.username, user.username);
      return changeUsername(account, { organizationId, username, usernameKey });
    });
  }
}
