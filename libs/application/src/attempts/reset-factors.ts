import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { reasonCharactersMax } from '#application/limits.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { type AttemptsRefusal, resetFactors } from '#domain/attempts/decide.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

type Outcome = UserOutcome<null, AttemptsRefusal>;

/** Takes away all second factors, recovery codes included, for who has lost them all; no session outlives it. */
export class ResetFactors extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Why an administrator does it. */
  @IsText(reasonCharactersMax) readonly reason!: string;
  readonly by!: Caller;

  constructor(fields: Fields<ResetFactors>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ResetFactors)
export class ResetFactorsHandler implements ICommandHandler<ResetFactors> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ResetFactors): Promise<Outcome> {
    const { organizationId } = command;
    return executeForUser<AttemptsRefusal, null>(this.#application, command, (account, { sealer }) =>
      resetFactors(account, { organizationId, reason: sealer.seal('reason', command.reason) }),
    );
  }
}
