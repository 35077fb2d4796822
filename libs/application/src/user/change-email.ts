import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsEmailAddress, IsId, IsOneOf } from '#application/input.js';
import { emailCharactersMax } from '#application/limits.js';
import {
  type EmailVerification,
  emailVerifications,
  makeEmailCode,
  sealEmailCode,
} from '#application/user/email-code.js';
import { executeWithNames } from '#application/user/with-names.js';
import { type UserOutcome, withAnswer } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { ClaimRefusal } from '#domain/login-name/decide.js';
import { type HumanRefusal, livingHuman } from '#domain/user/decide.js';
import { changeEmail } from '#domain/user/decide-email.js';

export interface EmailChanged {
  /** Null where none was asked for, where the call is a repeat, or where the address is known to be the user's already. */
  readonly emailCode: string | null;
}

type Outcome = UserOutcome<EmailChanged, HumanRefusal | ClaimRefusal>;

export class ChangeEmail extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsEmailAddress(emailCharactersMax) readonly email!: string;
  @IsOneOf(emailVerifications) readonly emailVerification: EmailVerification = 'none';
  readonly by!: Caller;

  constructor(fields: Fields<ChangeEmail, 'emailVerification'>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(ChangeEmail)
export class ChangeEmailHandler implements ICommandHandler<ChangeEmail> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  execute(command: ChangeEmail): Promise<Outcome> {
    const { secrets, clock } = this.#application.parts;
    const { organizationId, email, emailVerification } = command;
    const made = emailVerification === 'code' ? makeEmailCode(secrets, clock()) : null;
    const emailKey = secrets.names.loginKey(email);
    const verified = emailVerification === 'verified';
    return executeWithNames<HumanRefusal, EmailChanged>(this.#application, command, {
      decide: (account, { sealer }) => {
        const human = livingHuman(account, organizationId);
        if (human.kind === 'rejected') return reject(human.refusal);
        const code = made === null ? null : sealEmailCode(made, sealer);
        const sealed = sealer.sealChanged('email', email, human.email);
        const decision = changeEmail(account, { organizationId, email: sealed, emailKey, verified, code });
        const isAwaited = decision.events.some(({ type }) => type === 'user.human.email.code.added');
        return withAnswer(decision, { emailCode: isAwaited && made !== null ? made.text : null });
      },
      recall: () => ({ emailCode: null }),
    });
  }
}
