import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import {
  type Busy,
  type MalformedRecoveryCode,
  readRecoveryCode,
  unlessBusy,
} from '#application/recovery-codes/compare.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import {
  type CodeSpent,
  codeSpent,
  type RecoveryGuessRefusal,
  recoveryTarget,
  verifyRecoveryCode,
} from '#domain/recovery-codes/decide.js';

type Outcome = UserOutcome<CodeSpent, RecoveryGuessRefusal | MalformedRecoveryCode | Busy>;

/** Checks a recovery code, and spends it. */
export class VerifyRecoveryCode extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyRecoveryCode>) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(VerifyRecoveryCode)
export class VerifyRecoveryCodeHandler implements ICommandHandler<VerifyRecoveryCode> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: VerifyRecoveryCode): Promise<Outcome> {
    const guess = readRecoveryCode(command.code, this.#application.parts.secrets);
    if (guess.kind === 'rejected') return guess;
    const { organizationId } = command;
    const { selector } = guess;
    return unlessBusy(() =>
      executeForUser<RecoveryGuessRefusal, CodeSpent>(this.#application, command, {
        decide: async (account, context) => {
          const found = recoveryTarget(account, { organizationId, selector }, context);
          if (found.kind === 'rejected') return reject(found.refusal);
          const matches = await guess.matches(found.hash);
          return verifyRecoveryCode(account, { organizationId, selector, matches }, context);
        },
        recall: (_, account) => codeSpent(account.recoveryCodes.codes.length),
      }),
    );
  }
}
