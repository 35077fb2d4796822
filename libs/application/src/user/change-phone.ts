import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { phoneCharactersMax } from '#application/limits.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { changePhone, type HumanRefusal, livingHuman } from '#domain/user/decide.js';

type Outcome = UserOutcome<null, HumanRefusal>;

export class ChangePhone extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(phoneCharactersMax) readonly phone!: string;
  readonly by!: Caller;

  constructor(fields: Fields<ChangePhone>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangePhone)
export class ChangePhoneHandler implements ICommandHandler<ChangePhone> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangePhone): Promise<Outcome> {
    const { organizationId } = command;
    return executeForUser<HumanRefusal, null>(this.#application, command, (account, { sealer }) => {
      const human = livingHuman(account, organizationId);
      if (human.kind === 'rejected') return reject(human.refusal);
      const phone =
        human.phone === null
          ? sealer.seal('phone', command.phone)
          : sealer.sealChanged('phone', command.phone, human.phone);
      return changePhone(account, { organizationId, phone });
    });
  }
}
