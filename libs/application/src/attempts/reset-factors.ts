import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse } from '#application/input.js';
import { reasonCharactersMax } from '#application/limits.js';
import { endingOf, withOthersEnded } from '#application/session/end-others.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { type AttemptsRefusal, resetFactors } from '#domain/attempts/decide.js';
import type { OrganizationId, UserId } from '#domain/ids.js';

type Outcome = UserOutcome<null, AttemptsRefusal>;

/** Takes away all second factors, recovery codes included: for who has lost them all. */
export class ResetFactors extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Why an administrator does it. */
  @IsText(reasonCharactersMax) readonly reason!: string;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<ResetFactors, 'endOtherSessions'>) {
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

  async execute(command: ResetFactors): Promise<Outcome> {
    const { organizationId } = command;
    const ending = await endingOf(this.#application, command);
    return executeForUser<AttemptsRefusal, null>(this.#application, command, (account, { sealer }) => {
      const reset = resetFactors(account, { organizationId, reason: sealer.seal('reason', command.reason) });
      return withOthersEnded(reset, ending, account);
    });
  }
}
