import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, MayBeNull } from '#application/input.js';
import { audienceCharactersMax, codeCharactersMax } from '#application/limits.js';
import {
  type Busy,
  type MalformedRecoveryCode,
  readRecoveryCode,
  unlessBusy,
} from '#application/recovery-codes/compare.js';
import type { Proven } from '#application/signing-keys/signer.js';
import { executeForUser, type OnAppended, type UserOutcome } from '#application/users.js';
import { reject } from '#domain/decider.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import type { NotSetUp } from '#domain/instance/decide.js';
import {
  type CodeSpent,
  codeSpent,
  type RecoveryGuessRefusal,
  recoveryTarget,
  verifyRecoveryCode,
} from '#domain/recovery-codes/decide.js';

type Verified = CodeSpent & Proven;
type GuessRefusal = RecoveryGuessRefusal | MalformedRecoveryCode | Busy;
type Outcome = UserOutcome<Verified, GuessRefusal | NotSetUp>;

/** Checks a recovery code, and spends it. */
export class VerifyRecoveryCode extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  @IsText(codeCharactersMax) readonly code!: string;
  /** For whom a proof of it is signed; null, and none is. */
  @MayBeNull() @IsText(audienceCharactersMax) readonly proofAudience: string | null = null;
  readonly by!: Caller;

  constructor(fields: Fields<VerifyRecoveryCode, 'proofAudience'>) {
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

  execute(command: VerifyRecoveryCode): Promise<Outcome> {
    const { proofAudience: audience } = command;
    if (audience === null) return this.#verify(command);
    return this.#application.signer.proving<Verified, GuessRefusal>(
      { ...command, audience },
      {
        run: (onAppended) => this.#verify(command, onAppended),
        shown: () => ({ amr: ['recovery_code'], factor: 'recovery_code' }),
      },
    );
  }

  async #verify(
    command: VerifyRecoveryCode,
    onAppended?: OnAppended,
  ): Promise<UserOutcome<Verified, GuessRefusal>> {
    const guess = readRecoveryCode(command.code, this.#application.parts.secrets);
    if (guess.kind === 'rejected') return guess;
    const { organizationId } = command;
    const { selector } = guess;
    return unlessBusy(() =>
      executeForUser<RecoveryGuessRefusal, Verified>(this.#application, command, {
        decide: async (account, context) => {
          const found = recoveryTarget(account, { organizationId, selector }, context);
          if (found.kind === 'rejected') return reject(found.refusal);
          const matches = await guess.matches(found.hash);
          return verifyRecoveryCode(account, { organizationId, selector, matches }, context);
        },
        onAppended,
        isDear: true,
        recall: (_, account) => codeSpent(account.recoveryCodes.codes.length),
      }),
    );
  }
}
