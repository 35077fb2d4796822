import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { type RemoveAccessTokenRefusal, remove } from '#domain/access-token/decide.js';
import type { AccessTokenId, OrganizationId, UserId } from '#domain/ids.js';

type Outcome = UserOutcome<null, RemoveAccessTokenRefusal>;

export class RemoveAccessToken extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsId() readonly tokenId!: AccessTokenId;
  readonly by!: Caller;

  constructor(fields: Fields<RemoveAccessToken>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveAccessToken)
export class RemoveAccessTokenHandler implements ICommandHandler<RemoveAccessToken> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveAccessToken): Promise<Outcome> {
    return executeForUser<RemoveAccessTokenRefusal, null>(this.#application, command, (account) =>
      remove(account, command),
    );
  }
}
