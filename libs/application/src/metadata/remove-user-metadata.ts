import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTextList } from '#application/input.js';
import { metadataKeyCharactersMax } from '#application/limits.js';
import { metadataKeyHash } from '#application/metadata/entries.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { metadataMax, type RemoveMetadataRefusal, removeMetadata } from '#domain/user-metadata/decide.js';

type Outcome = UserOutcome<null, RemoveMetadataRefusal>;

/** All of them at once; none where one of them is not there. */
export class RemoveUserMetadata extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsTextList(metadataMax, metadataKeyCharactersMax) readonly keys!: readonly string[];
  readonly by!: Caller;

  constructor(fields: Fields<RemoveUserMetadata>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveUserMetadata)
export class RemoveUserMetadataHandler implements ICommandHandler<RemoveUserMetadata> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RemoveUserMetadata): Promise<Outcome> {
    const { organizationId, userId, keys } = command;
    const keyHashes = keys.map((key) => metadataKeyHash(this.#application, userId, key));
    return executeForUser(this.#application, command, (account) =>
      removeMetadata(account, { organizationId, keyHashes }),
    );
  }
}
