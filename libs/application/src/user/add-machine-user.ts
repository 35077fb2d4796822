import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { idOfNew } from '#application/idempotency.js';
import { type Entry, type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import {
  descriptionCharactersMax,
  profileCharactersMax,
  usernameCharactersMax,
} from '#application/limits.js';
import { hashEntries, IsMetadata, sealEntries } from '#application/metadata/entries.js';
import { addNamedUser } from '#application/user/add-named-user.js';
import { machineProfileText } from '#application/user/profile.js';
import type { UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type AddRefusal, addMachine } from '#domain/user/decide.js';
import { type MetadataFull, withFirstMetadata } from '#domain/user-metadata/decide.js';

type Outcome = UserOutcome<{ readonly userId: UserId }, AddRefusal | MetadataFull | ClaimRefusal>;

export class AddMachineUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  /** Null, and one is made. */
  @MayBeNull() @IsId() readonly userId: UserId | null = null;
  /** Null, and it is the id. */
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @IsText(profileCharactersMax) readonly name!: string;
  @MayBeNull() @IsText(descriptionCharactersMax) readonly description: string | null = null;
  @IsMetadata({ minimum: 0 }) readonly metadata: readonly Entry[] = [];
  readonly by!: Caller;

  constructor(fields: Fields<AddMachineUser, 'userId' | 'username' | 'description' | 'metadata'>) {
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
    const metadata = hashEntries(this.#application, userId, command.metadata);
    const usernameKey = secrets.names.loginKey(username);
    const outcome = await addNamedUser(this.#application, {
      organizationId,
      userId,
      by,
      names: [username],
      decide: (account, context) => {
        const { sealer } = context;
        const machine = {
          userId: sealer.seal('user-id', userId),
          username: sealer.seal('username', username),
          usernameKey,
          profile: sealer.seal('profile', machineProfileText(command)),
        };
        return withFirstMetadata(
          addMachine(account, { organizationId, ...machine }, context),
          sealEntries(metadata, account, sealer),
        );
      },
    });
    return outcome.kind === 'rejected' ? outcome : { ...outcome, answer: { userId } };
  }
}
