import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import { executeWithNames } from '#application/user/with-names.js';
import type { UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { emailCodeToCompare, type VerifyEmailRefusal, verifyEmail } from '#domain/user/decide-email.js';

type Outcome = UserOutcome<null, VerifyEmailRefusal | ClaimRefusal>;

/** A verified address is a login name: a right code is not spent where another user has that name. */
export class VerifyEmail extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyEmail>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(VerifyEmail)
export class VerifyEmailHandler implements ICommandHandler<VerifyEmail> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: VerifyEmail): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const { organizationId } = command;
    return executeWithNames<VerifyEmailRefusal, null>(this.#application, command, (account, context) => {
      const awaited = emailCodeToCompare(account, command, context);
      if (awaited.kind === 'rejected') return reject(awaited.refusal);
      const sent = context.sealer.openText('email-code', awaited.answer);
      const guess = secrets.sameCode(command.code, sent) ? 'right' : 'wrong';
      return verifyEmail(account, { organizationId, guess }, context);
    });
  }
}
