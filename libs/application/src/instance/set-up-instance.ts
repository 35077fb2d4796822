import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller, Outcome as OutcomeOf } from '#application/caller.js';
import { acceptAgain, type NotExecuted } from '#application/execute.js';
import { type Fields, IsId } from '#application/input.js';
import { instanceStream } from '#application/surroundings.js';
import type { InvalidInput } from '#application/violations.js';
import { type AlreadySetUp, setUp } from '#domain/instance/decide.js';

type Outcome = OutcomeOf<null, AlreadySetUp | NotExecuted | InvalidInput>;

/** Once, at the first start. */
export class SetUpInstance extends Command<Outcome> {
  @IsId() readonly instanceId!: string;
  readonly by!: Caller;

  constructor(fields: Fields<SetUpInstance>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(SetUpInstance)
export class SetUpInstanceHandler implements ICommandHandler<SetUpInstance> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: SetUpInstance): Promise<Outcome> {
    const { by, instanceId } = command;
    return this.#application.instance.commands.execute<AlreadySetUp, null>({
      stream: instanceStream,
      by,
      resourceOwner: instanceId,
      decide: (instance) => setUp(instance, command),
      recall: acceptAgain,
    });
  }
}
