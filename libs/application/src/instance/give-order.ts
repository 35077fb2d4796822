import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsOfType } from '#application/input.js';
import { executeForInstance, type InstanceOutcome } from '#application/instances.js';
import { giveOrder } from '#domain/instance/decide.js';
import { type OperatorOrder, operatorOrders } from '#domain/instance/events.js';

type Outcome = InstanceOutcome<never>;

/** Streams have the longest names: an id of up to 200 characters as UTF-8, and what it is of. */
const textCharactersMax = 1_024;

/** Before it is carried out, so that nothing is done that the log does not tell of. */
export class GiveOrder extends Command<Outcome> {
  @IsOfType(operatorOrders, textCharactersMax) readonly order!: OperatorOrder;
  readonly by!: Caller;

  constructor(fields: Fields<GiveOrder>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(GiveOrder)
export class GiveOrderHandler implements ICommandHandler<GiveOrder> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: GiveOrder): Promise<Outcome> {
    return executeForInstance(this.#application, command, (instance) => giveOrder(instance, command));
  }
}
