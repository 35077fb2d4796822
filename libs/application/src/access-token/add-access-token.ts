import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsInstant, IsText, IsTextList, MayBeNull } from '#application/input.js';
import { nameCharactersMax } from '#application/limits.js';
import { eventOf } from '#application/recalled.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import {
  type AddAccessTokenRefusal,
  add,
  scopeCharactersMax,
  scopesMax,
} from '#domain/access-token/decide.js';
import type { AccessTokenId, Instant, OrganizationId, UserId } from '#domain/ids.js';

export interface AccessTokenAdded {
  readonly tokenId: AccessTokenId;
  /** What has to be sent along. It is told here, and never again: null where the call is a repeat. */
  readonly token: string | null;
}

type Outcome = UserOutcome<AccessTokenAdded, AddAccessTokenRefusal>;

export class AddAccessToken extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(nameCharactersMax) readonly name!: string;
  @IsTextList(scopesMax, scopeCharactersMax) readonly scopes!: readonly string[];
  /** Null, and it lasts until it is removed. */
  @MayBeNull() @IsInstant() readonly expiresAt: Instant | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<AddAccessToken, 'expiresAt'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(AddAccessToken)
export class AddAccessTokenHandler implements ICommandHandler<AddAccessToken> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: AddAccessToken): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const tokenId = secrets.newId() as AccessTokenId;
    const userStream = secrets.names.streamId(command.userId);
    const { text: token, hash } = secrets.newAccessToken({ userStream, tokenId });
    return executeForUser<AddAccessTokenRefusal, AccessTokenAdded>(this.#application, command, {
      decide: (account, context) => {
        const name = context.sealer.seal('token-name', command.name, tokenId);
        return withAnswer(add(account, { ...command, tokenId, name, hash }, context), { tokenId, token });
      },
      recall: (events) => ({ tokenId: eventOf(events, 'user.pat.added').tokenId, token: null }),
    });
  }
}
