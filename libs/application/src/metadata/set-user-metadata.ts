import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Entry, type Fields, IsId } from '#application/input.js';
import { hashEntries, IsMetadata, sealEntries } from '#application/metadata/entries.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { type SetMetadataRefusal, setMetadata } from '#domain/user-metadata/decide.js';

type Outcome = UserOutcome<null, SetMetadataRefusal>;

/** All of them at once, or none. Other keys stay as they are. */
export class SetUserMetadata extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsMetadata({ minimum: 1 }) readonly metadata!: readonly Entry[];
  readonly by!: Caller;

  constructor(fields: Fields<SetUserMetadata>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(SetUserMetadata)
export class SetUserMetadataHandler implements ICommandHandler<SetUserMetadata> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: SetUserMetadata): Promise<Outcome> {
    const { organizationId, userId, metadata } = command;
    const hashed = hashEntries(this.#application, userId, metadata);
    return executeForUser(this.#application, command, (account, { sealer }) =>
      setMetadata(account, { organizationId, entries: sealEntries(hashed, account, sealer) }),
    );
  }
}
