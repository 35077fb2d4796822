import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId } from '#application/input.js';
import { eventOf } from '#application/recalled.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { type RequestPasswordCodeRefusal, requestPasswordCode } from '#domain/password/decide.js';

/** NIST SP 800-63B: what is sent out of band lives ten minutes at most. */
const passwordCodeSeconds = 600;

export interface PasswordCodeRequested {
  /** Null where the call is a repeat. */
  readonly passwordCode: string | null;
  readonly expiresAt: Instant;
}

type Outcome = UserOutcome<PasswordCodeRequested, RequestPasswordCodeRefusal>;

/** Makes a code, in place of any before, to be brought to the user by the caller. */
export class RequestPasswordCode extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  readonly by!: Caller;

  constructor(fields: Fields<RequestPasswordCode>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RequestPasswordCode)
export class RequestPasswordCodeHandler implements ICommandHandler<RequestPasswordCode> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: RequestPasswordCode): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { organizationId } = command;
    // As a code for an address is: typed by a person, and good for a few guesses.
    const text = secrets.newEmailCode();
    const expiresAt = clock() + passwordCodeSeconds * 1_000;
    return executeForUser<RequestPasswordCodeRefusal, PasswordCodeRequested>(this.#application, command, {
      decide: (account, context) => {
        const code = context.sealer.seal('password-code', text);
        const requested = requestPasswordCode(account, { organizationId, code, expiresAt }, context);
        return withAnswer(requested, { passwordCode: text, expiresAt });
      },
      recall: (events) => {
        const { expiresAt: earlier } = eventOf(events, 'user.human.password.code.added');
        return { passwordCode: null, expiresAt: earlier };
      },
    });
  }
}
