import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { reasonCharactersMax } from '#application/limits.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { type AttemptsRefusal, resetAttempts } from '#domain/attempts/decide.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

type Outcome = UserOutcome<null, AttemptsRefusal>;

/** Takes back all failures, and enables the devices that they disabled. */
export class ResetAttempts extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Why an administrator does it. */
  @IsText(reasonCharactersMax) readonly reason!: string;
  readonly by!: Caller;

  constructor(fields: Fields<ResetAttempts>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ResetAttempts)
export class ResetAttemptsHandler implements ICommandHandler<ResetAttempts> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ResetAttempts): Promise<Outcome> {
    const { organizationId } = command;
    return executeForUser<AttemptsRefusal, null>(this.#application, command, (account, { sealer }) =>
      resetAttempts(account, { organizationId, reason: sealer.seal('reason', command.reason) }),
    );
  }
}
