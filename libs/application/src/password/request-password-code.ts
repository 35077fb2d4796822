import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsTrueOrFalse } from '#application/input.js';
import { eventOf } from '#application/recalled.js';
import { executeForUser, type UserOutcome, withAnswer } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { Instant, OrganizationId, UserId } from '#domain/ids.js';
import { type RequestPasswordCodeRefusal, requestPasswordCode } from '#domain/password/decide.js';

/** NIST SP 800-63B: what is sent out of band lives ten minutes at most. */
const passwordCodeSeconds = 600;

export interface PasswordCodeRequested {
  /** Null where it is sent, and where the call is a repeat. */
  readonly passwordCode: string | null;
  readonly expiresAt: Instant;
}

export type PasswordCodeRefusal =
  | RequestPasswordCodeRefusal
  /** There is no delivery hook that could bring it to the user. */
  | { readonly code: 'password-code-not-deliverable' };

type Outcome = UserOutcome<PasswordCodeRequested, PasswordCodeRefusal>;

/** Makes a code, in place of any before, to be brought to the user by the caller, or by the delivery hook. */
export class RequestPasswordCode extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** By the delivery hook: the caller is not told it. */
  @IsTrueOrFalse() readonly send: boolean = false;
  readonly by!: Caller;

  constructor(fields: Fields<RequestPasswordCode, 'send'>) {
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
    const { secrets, clock, deliversCodes } = this.#application.parts;
    const { organizationId, send } = command;
    // As a code for an address is: typed by a person, and good for a few guesses.
    const text = secrets.newEmailCode();
    const expiresAt = clock() + passwordCodeSeconds * 1_000;
    return executeForUser<PasswordCodeRefusal, PasswordCodeRequested>(this.#application, command, {
      decide: (account, context) => {
        if (send && !deliversCodes) return reject({ code: 'password-code-not-deliverable' });
        const code = context.sealer.seal('password-code', text);
        const requested = requestPasswordCode(account, { organizationId, code, expiresAt, send }, context);
        return withAnswer(requested, { passwordCode: send ? null : text, expiresAt });
      },
      recall: (events) => {
        const { expiresAt: earlier } = eventOf(events, 'user.human.password.code.added');
        return { passwordCode: null, expiresAt: earlier };
      },
    });
  }
}
