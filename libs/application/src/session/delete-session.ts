import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { acceptAgain } from '#application/execute.js';
import { type Fields, IsId } from '#application/input.js';
import { instanceOf, type SessionOutcome } from '#application/session/sessions.js';
import type { SessionId } from '#domain/ids.js';
import { type TerminateSessionRefusal, terminateSession } from '#domain/session/decide.js';

type Outcome = SessionOutcome<null, TerminateSessionRefusal>;

/** One that has ended is left as it is. */
export class DeleteSession extends Command<Outcome> {
  @IsId() readonly sessionId!: SessionId;
  readonly by!: Caller;

  constructor(fields: Fields<DeleteSession>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(DeleteSession)
export class DeleteSessionHandler implements ICommandHandler<DeleteSession> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute({ sessionId, by }: DeleteSession): Promise<Outcome> {
    const instance = await instanceOf(this.#application);
    if (instance.kind === 'rejected') return instance;
    return this.#application.sessions.commands.execute<TerminateSessionRefusal, null>({
      stream: this.#application.sessionStream(sessionId),
      by,
      resourceOwner: instance.instanceId,
      decide: (session) => terminateSession(session),
      recall: acceptAgain,
    });
  }
}
