import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { eventOf } from '#application/recalled.js';
import { makeEmailCode, sealEmailCode } from '#application/user/email-code.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { type RequestEmailCodeRefusal, requestEmailCode } from '#domain/user/decide-email.js';

export interface EmailCodeRequested {
  /** Null where the call is a repeat. */
  readonly emailCode: string | null;
  readonly expiresAt: Instant;
}

type Outcome = UserOutcome<EmailCodeRequested, RequestEmailCodeRefusal>;

/** Makes a code, in place of any before, to be brought to the address by the caller. */
export class RequestEmailCode extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RequestEmailCode>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RequestEmailCode)
export class RequestEmailCodeHandler implements ICommandHandler<RequestEmailCode> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RequestEmailCode): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { organizationId } = command;
    const made = makeEmailCode(secrets, clock());
    return executeForUser<RequestEmailCodeRefusal, EmailCodeRequested>(this.#application, command, {
      decide: (account, context) => {
        const code = sealEmailCode(made, context.sealer);
        const shown = { emailCode: made.text, expiresAt: made.expiresAt };
        return withAnswer(requestEmailCode(account, { organizationId, ...code }, context), shown);
      },
      recall: (events) => {
        const { expiresAt } = eventOf(events, 'user.human.email.code.added');
        return { emailCode: null, expiresAt };
      },
    });
  }
}
