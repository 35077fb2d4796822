import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';

import { Application } from '#application/application.js';
import type { Caller } from '#application/caller.js';
import { type Fields, IsId, IsText, IsTrueOrFalse, MayBeNull } from '#application/input.js';
import { codeCharactersMax } from '#application/limits.js';
import {
  isDear,
  proofFor,
  readProof,
  type UnreadProof,
  withoutProof,
  withProof,
} from '#application/proof.js';
import { type Busy, unlessBusy } from '#application/recovery-codes/compare.js';
import { endedWithLastFactor, endingOf, withOthersEnded } from '#application/session/end-others.js';
import { executeForUser, type UserOutcome } from '#application/users.js';
import type { OrganizationId, UserId } from '#domain/ids.js';
import { removeRecoveryCodes } from '#domain/recovery-codes/decide.js';
import type { ProofRefusal } from '#domain/totp/decide.js';

type Outcome = UserOutcome<null, ProofRefusal | UnreadProof | Busy>;

export class RemoveRecoveryCodes extends Command<Outcome> {
  @IsId() readonly organizationId!: OrganizationId;
  @IsId() readonly userId!: UserId;
  /** Of any device. Whether a proof is needed is for the caller to know; one that is given has to hold. */
  @MayBeNull() @IsText(codeCharactersMax) readonly code: string | null = null;
  /** Looked at where there is no code. */
  @MayBeNull() @IsText(codeCharactersMax) readonly recoveryCode: string | null = null;
  /** Whoever sends this has made sure that it is one. */
  @IsTrueOrFalse() readonly byAdministrator: boolean = false;
  /** Whether all other sessions of the user are over with it. */
  @IsTrueOrFalse() readonly endOtherSessions: boolean = false;
  readonly by!: Caller;

  constructor(
    fields: Fields<RemoveRecoveryCodes, 'code' | 'recoveryCode' | 'byAdministrator' | 'endOtherSessions'>,
  ) {
    super();
    Object.assign(this, fields);
  }
}

@CommandHandler(RemoveRecoveryCodes)
export class RemoveRecoveryCodesHandler implements ICommandHandler<RemoveRecoveryCodes> {
  readonly #application: Application;

  constructor(@Inject(Application) application: Application) {
    this.#application = application;
  }

  async execute(command: RemoveRecoveryCodes): Promise<Outcome> {
    const { secrets } = this.#application.parts;
    const read = readProof(proofFor(command), secrets);
    if (read.kind === 'rejected') return read;
    const { organizationId, byAdministrator } = command;
    const ending = await endingOf(this.#application, command);
    return unlessBusy(() =>
      executeForUser<ProofRefusal, null>(this.#application, withoutProof(command), {
        decide: async (account, context) => {
          const subject = { account, organizationId, context, secrets };
          const removed = removeRecoveryCodes(account, { organizationId });
          const proven = await withProof(removed, read.proof, subject);
          const all = byAdministrator
            ? endedWithLastFactor(proven, ending, { account, now: context.now })
            : ending;
          return withOthersEnded(proven, all, account);
        },
        recall: () => null,
        isDear: isDear(read.proof),
      }),
    );
  }
}
