import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Entry, type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import {
  descriptionCharactersMax,
  profileCharactersMax,
  usernameCharactersMax,
} from '#application/limits.js';
import { alsoSetting, hashEntries, IsMetadata, sealEntries } from '#application/metadata/entries.js';
import { changedMachineProfile, machineProfileText, readMachineProfile } from '#application/user/profile.js';
import { executeWithNames } from '#application/user/with-names.js';
import type { UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { livingMachine, type MachineRefusal } from '#domain/user/decide.js';
import { changeMachineUser } from '#domain/user/decide-change.js';
import type { MetadataFull } from '#domain/user-metadata/decide.js';

type Refusal = MachineRefusal | MetadataFull;
type Outcome = UserOutcome<null, Refusal | ClaimRefusal>;

/** All of it at once, or nothing. What is left out stays as it is. */
export class ChangeMachineUser extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @MayBeNull() @IsText(usernameCharactersMax) readonly username: string | null = null;
  @MayBeNull() @IsText(profileCharactersMax) readonly name: string | null = null;
  /** Empty, and there is none afterwards. */
  @MayBeNull() @IsText(descriptionCharactersMax, 0) readonly description: string | null = null;
  /** Under other keys there stays what there is. */
  @IsMetadata({ minimum: 0 }) readonly metadata: readonly Entry[] = [];
  readonly by!: Caller;

  constructor(fields: Fields<ChangeMachineUser, 'username' | 'name' | 'description' | 'metadata'>) {
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
    const { organizationId, userId } = command;
    const metadata = hashEntries(this.#application, userId, command.metadata);
    const { names } = this.#application.parts.secrets;
    const usernameKey = command.username === null ? null : names.loginKey(command.username);
    return executeWithNames<Refusal, null>(this.#application, command, (account, { sealer }) => {
      const machine = livingMachine(account, organizationId);
      if (machine.kind === 'rejected') return reject(machine.refusal);
      const present = readMachineProfile(sealer.openText('profile', machine.profile));
      const profile = machineProfileText(changedMachineProfile(present, command));
      const username =
        command.username === null || usernameKey === null
          ? null
          : { username: sealer.sealChanged('username', command.username, machine.username), usernameKey };
      const changed = changeMachineUser(account, {
        organizationId,
        username,
        profile: sealer.sealChanged('profile', profile, machine.profile),
      });
      const entries = sealEntries(metadata, account, sealer);
      return alsoSetting(changed, { account, organizationId, entries });
    });
  }
}
